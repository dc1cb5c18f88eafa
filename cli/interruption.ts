import { exitCodes } from "./command.ts";

/** Ctrl-C aborts `interrupted`, so that waits and requests end and everything cleans up; a later one ends at once. */
const controller = new AbortController();

/** Aborted when the person interrupts the command. */
export const interrupted: AbortSignal = controller.signal;

/** The command was interrupted. The message says what goes on without it. */
export class Interrupted extends Error {}

/** Ctrl-C reaches the command from the terminal and from the process that started it: within this time, it is one. */
const sameSignalMs = 500;

/** Starts to listen for the signals that end a command, in place of what listened before. */
export function listenForInterruption(): void {
  let since = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.removeAllListeners(signal).on(signal, () => {
      if (!interrupted.aborted) since = performance.now();
      else if (performance.now() - since > sameSignalMs) process.exit(exitCodes.interrupted);
      controller.abort(new Interrupted("Interrupted."));
    });
}
