import { exitCodes } from "./command.ts";

/** Ctrl-C aborts `interrupted`, so that waits and requests end and everything cleans up; a second one ends at once. */
const controller = new AbortController();

/** Aborted when the person interrupts the command. */
export const interrupted: AbortSignal = controller.signal;

/** The command was interrupted. The message says what goes on without it. */
export class Interrupted extends Error {}

/** Starts to listen for the signals that end a command. */
export function listenForInterruption(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      if (interrupted.aborted) process.exit(exitCodes.interrupted);
      controller.abort(new Interrupted("Interrupted."));
    });
}
