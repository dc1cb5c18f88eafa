import { wakeWorkers } from "../jobs/service/scaling.ts";
import { connectContext, type Context } from "../kernel/context.ts";
import { readEnvironment, type Environment } from "../kernel/environment.ts";

/** A context of the whole platform: doorbells that are rung in it wake workers. */
export const contextOf = (environment: Environment): Context =>
  connectContext(environment, { doorbellsRung: wakeWorkers });

let current: Context | undefined;

/** The context of this process, made on first use. Throws when the environment is incomplete. */
export const currentContext = (): Context => (current ??= contextOf(readEnvironment("inside")));
