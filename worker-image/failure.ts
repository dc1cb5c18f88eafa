import type { FailureCode } from "../contract/job.ts";

/** Ends an attempt as failed. The message is for the participant: what happened and what to do. */
export class StepFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Anything thrown as a failure. What was not meant for a participant stays in `cause`, for the worker's own log. */
export function asStepFailure(error: unknown): StepFailure {
  if (error instanceof StepFailure) return error;
  const what = isDiskFull(error) ? "The disk of the worker is full." : "The worker failed in a way it did not expect.";
  return new StepFailure("WORKER_ERROR", `${what} This is not the program's fault.`, { cause: error });
}

const isDiskFull = (error: unknown) => (error as NodeJS.ErrnoException | null | undefined)?.code === "ENOSPC";

/** What a step gets to hear that filled a disk which it has to itself, as in a task. */
export const ownDiskFull = {
  code: "DISK_LIMIT",
  message: "The step filled the whole disk of its task and was stopped.",
} as const;

/** A failure of a step that has its disk to itself: when that is full, nobody else has filled it. */
export const onOwnDisk = (failure: StepFailure): { code: FailureCode; message: string } =>
  isDiskFull(failure.cause) ? ownDiskFull : { code: failure.code, message: failure.message };

/**
 * Why an attempt is stopped from outside:
 * - `cancelled`: its owner cancelled it.
 * - `superseded`: the platform gave the job to someone else, so nothing of this attempt may be reported any more.
 * - `released`: this worker is told to stop at once, and gives the job back.
 */
export type Interruption = "cancelled" | "superseded" | "released";

/** Thrown by whatever an interruption stops; the reason of the attempt's abort signal. */
export class Interrupted extends Error {
  readonly interruption: Interruption;

  constructor(interruption: Interruption) {
    super(`the attempt was ${interruption}`);
    this.interruption = interruption;
  }
}

/** Waits for something that cannot be stopped, but not when the signal is aborted: then its reason is thrown. */
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

/** A number of bytes in a sentence. */
export function readableSize(bytes: number): string {
  const units = ["KB", "MB", "GB", "TB"];
  const power = Math.min(units.length, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return power === 0 ? `${bytes} bytes` : `${Number((bytes / 1000 ** power).toFixed(2))} ${units[power - 1]}`;
}
