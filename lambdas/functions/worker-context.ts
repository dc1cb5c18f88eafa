import type { Context } from "../kernel/context.ts";
import { readEnvironment } from "../kernel/environment.ts";
import { closeCurrentContext, contextOf, currentContext } from "./context.ts";

let ofWorkers: Context | undefined;

/**
 * The context of requests of workers. On AWS their function has its own database role. Where all functions share a process,
 * the platform may give these requests another connection.
 */
export function contextOfWorkers(): Context {
  const { WORKER_DATABASE_URL: DATABASE_URL } = readEnvironment("inside");
  if (DATABASE_URL === undefined) return currentContext();
  return (ofWorkers ??= contextOf({ ...readEnvironment("inside"), DATABASE_URL }));
}

/** Closes all contexts of this process. The next use creates others, from the environment of then. */
export async function closeContexts(): Promise<void> {
  const closing = ofWorkers;
  ofWorkers = undefined;
  await closeCurrentContext();
  await closing?.db.destroy();
}
