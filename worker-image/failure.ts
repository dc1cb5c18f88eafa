import type { FailureCode } from "../contract/job.ts";
import { messageOf } from "../contract/log.ts";

/** Makes the attempt fail. The message tells the participant what happened and what to do. */
export class StepFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * A failure that the machine of the worker may have caused: its container engine, its disk or its kernel. The worker then
 * examines itself before it reports (`Health`).
 */
export class HostFault extends StepFailure {
  /** What happened, as a sentence. */
  readonly what: string;

  constructor(code: FailureCode, what: string, options?: ErrorOptions) {
    super(code, `${what} The program did not cause this.`, options);
    this.what = what;
  }
}

/** The cause of a failure as a sentence, for the person at this machine: others do not see causes. Empty without one. */
export const causeOf = ({ cause }: StepFailure): string =>
  cause === undefined ? "" : `The cause: ${messageOf(cause).replace(/\.?$/, ".")}`;

/** The message of an error, with that of its cause if it is a failure of a step. */
export const withCause = (error: unknown): string =>
  error instanceof StepFailure ? `${error.message} ${causeOf(error)}`.trimEnd() : messageOf(error);

/** The failure of a step that occupied too much of a disk. Its output is not kept: packing it would take more space. */
export class DiskFailure extends StepFailure {}

/** Converts any error to a failure. Details that are not for participants stay in `cause`, for the worker's log. */
export function asStepFailure(error: unknown): StepFailure {
  if (error instanceof StepFailure) return error;
  const what = isDiskFull(error) ? "The disk of the worker is full." : "The worker failed unexpectedly.";
  return new HostFault("WORKER_ERROR", what, { cause: error });
}

const isDiskFull = (error: unknown) => (error as NodeJS.ErrnoException | null | undefined)?.code === "ENOSPC";

/** The failure of a step that filled the disk of its own ECS task. */
export const ownDiskFull = {
  code: "DISK_LIMIT",
  message: "The step filled the disk of its task and was stopped.",
} as const;

/** Converts the failure of a step with its own disk: when that disk is full, the step itself has filled it. */
export const onOwnDisk = (failure: StepFailure): { code: FailureCode; message: string } =>
  isDiskFull(failure.cause) ? ownDiskFull : { code: failure.code, message: failure.message };

/**
 * Why an attempt is stopped:
 * - `cancelled`: its owner or an organizer cancelled the submission.
 * - `superseded`: the platform gave the job to another attempt, so nothing of this one may be reported.
 * - `released`: this worker has to stop at once and returns the job.
 */
export type Interruption = "cancelled" | "superseded" | "released";

/** Thrown by work that an interruption stops. It is the reason of the attempt's abort signals. */
export class Interrupted extends Error {
  readonly interruption: Interruption;

  constructor(interruption: Interruption) {
    super(`the attempt was ${interruption}`);
    this.interruption = interruption;
  }
}

/** Waits for work that cannot be aborted. Throws the signal's reason as soon as the signal is aborted. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** A signal that is aborted for the same reason, `ms` later. Counts from now if the signal is aborted already. */
export function abortedLater(signal: AbortSignal, ms: number): AbortSignal {
  const later = new AbortController();
  const start = () => setTimeout(() => later.abort(signal.reason), ms).unref();
  if (signal.aborted) start();
  else signal.addEventListener("abort", start, { once: true });
  return later.signal;
}

/** Formats a number of bytes for messages, for example `1.5 GB`. */
export function readableSize(bytes: number): string {
  const units = ["KB", "MB", "GB", "TB"];
  const power = Math.min(units.length, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return power === 0 ? `${bytes} bytes` : `${Number((bytes / 1000 ** power).toFixed(2))} ${units[power - 1]}`;
}
