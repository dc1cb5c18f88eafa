/** What the end of a job says about the run. The sentences are those of CodaLab Worksheets, which programs look for. */
import type { AttemptReport, JobFailure } from "../../../contract/job.ts";
import type { BundleState } from "./bundle.ts";
import type { Metadata } from "./metadata.ts";
import { durationText, sizeText } from "./quantities.ts";
import { runStep } from "./compile-run.ts";

/** What a run asked for, and whether the rest of its owner's quota is less. */
export interface RunBounds {
  seconds: number;
  memoryBytes: number;
  diskBytes: number;
  timeIsQuota: boolean;
  diskIsQuota: boolean;
}

export interface RunEnd {
  state: Extract<BundleState, "ready" | "failed" | "killed">;
  metadata: Metadata;
}

/** What `cl kill` has as its message. */
export const killMessage = "Kill requested";
export const quotaMessage = (what: "time" | "disk") =>
  `User ${what} quota exceeded. To apply for more quota, please visit the following link: https://codalab-worksheets.readthedocs.io/en/latest/FAQ/#how-do-i-request-more-disk-quota-or-time-quota`;

/** How the reason begins for which a run waits that asks for more GPUs than there are. */
export const noMachine = "No machine here has";

const killedExitCode = 137;

/** How a run ended. `failure` is null if its job succeeded, and `cancelled` if it was stopped before it ran. */
export function runEnd(
  failure: JobFailure | "cancelled" | null,
  report: AttemptReport | null,
  bounds: RunBounds,
): RunEnd {
  const step = report?.steps.find(({ name }) => name === runStep);
  const container = step?.containers[0];
  const exitcode = container?.exitCode ?? null;
  const known: Metadata = {
    ...(step && {
      time: step.usage.wallSeconds,
      time_user: step.usage.cpuSeconds,
      time_system: 0,
      memory_max: step.usage.peakMemoryBytes,
      memory: step.usage.peakMemoryBytes,
      time_preparing: step.usage.preparingSeconds,
      time_running: step.usage.wallSeconds,
    }),
    ...(exitcode !== null && { exitcode }),
  };
  if (failure === null) return { state: "ready", metadata: known };
  const message = messageOf(failure, exitcode, step?.usage.wallSeconds ?? 0, bounds);
  const isKilled = message.startsWith(killMessage);
  return { state: isKilled ? "killed" : "failed", metadata: { ...known, failure_message: message } };
}

function messageOf(
  failure: JobFailure | "cancelled",
  exitcode: number | null,
  seconds: number,
  bounds: RunBounds,
): string {
  if (failure === "cancelled") return killMessage;
  switch (failure.code) {
    case "ENDED":
      return failure.message;
    case "TIME_LIMIT":
      if (bounds.timeIsQuota) return `${killMessage}: ${quotaMessage("time")}`;
      return `Time limit exceeded. (Container uptime ${durationText(Math.max(seconds, bounds.seconds))} > time limit ${durationText(bounds.seconds)})`;
    case "OUT_OF_MEMORY":
      return `Memory limit ${sizeText(bounds.memoryBytes)} exceeded.`;
    case "DISK_LIMIT":
      return bounds.diskIsQuota ? `${killMessage}: ${quotaMessage("disk")}` : diskLimit(bounds);
    // It has ended by itself, so that nothing was killed.
    case "OUTPUT_TOO_LARGE":
      return bounds.diskIsQuota ? quotaMessage("disk") : diskLimit(bounds);
    case "PROGRAM_EXIT":
      return exitcode === killedExitCode
        ? `Memory limit ${sizeText(bounds.memoryBytes)} exceeded.`
        : `Exit code ${exitcode}`;
    default:
      return failure.message;
  }
}

const diskLimit = ({ diskBytes }: RunBounds): string => `Disk limit ${sizeText(diskBytes)}b exceeded.`;
