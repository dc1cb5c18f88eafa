import { wakeWorkers } from "../jobs/service/scaling.ts";
import { connectContext, type Context } from "../kernel/context.ts";
import { readEnvironment, type Environment } from "../kernel/environment.ts";

/** Makes a context that can wake workers. */
export const contextOf = (environment: Environment): Context =>
  connectContext(environment, { doorbellsRung: wakeWorkers });

let current: Context | undefined;

/** The context of this process, created on first use. Throws when an environment variable is missing. */
export const currentContext = (): Context => (current ??= contextOf(readEnvironment("inside")));

/** Closes the context of this process. The next use creates another one, from the environment of then. */
export async function closeCurrentContext(): Promise<void> {
  const closing = current;
  current = undefined;
  await closing?.db.destroy();
}
