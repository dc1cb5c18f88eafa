/**
 * What AWS Batch says about a job, in the words of an ECS task, which a job is. The texts are those of AWS: "Jobs stuck in a
 * RUNNABLE status", "AWS Batch job states", "Job timeouts".
 */
import type { JobDetail } from "@aws-sdk/client-batch";
import type { StoppedEcsTask } from "../../../contract/job.ts";
import type { PlaceRefusal, SeenPlacement } from "../placed/backend.ts";

/** Before these, no host was found. */
const withHost: ReadonlySet<string> = new Set(["STARTING", "RUNNING", "SUCCEEDED", "FAILED"]);

/** The state of a job. */
export function seenJob(job: JobDetail): SeenPlacement {
  const { status = "", statusReason } = job;
  return {
    hasHost: withHost.has(status),
    lacking: statusReason === undefined ? undefined : lackingOf(statusReason),
    stopped: status === "SUCCEEDED" || status === "FAILED" ? endOf(job) : null,
  };
}

const lackingByReason: [reason: RegExp, lacking: string][] = [
  [/INSUFFICIENT_INSTANCE_CAPACITY/, "hosts, which AWS does not have at the moment"],
  [/COMPUTE_ENVIRONMENT_MAX_RESOURCE/, "a place in the job queue, whose compute environments are at their maximum"],
  [/JOB_RESOURCE_REQUIREMENT/, "a compute environment of the job queue that is large enough. Tell the administrator"],
  [/SERVICE_ROLE_PERMISSIONS/, "permissions of the compute environment. Tell the administrator"],
  [/^MISCONFIGURATION|UNDETERMINED/, "a compute environment that works. Tell the administrator"],
];

/** What a job lacks that stays RUNNABLE. */
export const lackingOf = (reason: string): string =>
  lackingByReason.find(([pattern]) => pattern.test(reason))?.[1] ?? "a place in the job queue";

/** An administrator of the job queue can have it cancel jobs for which it finds no host. */
const gaveUp = /JobStateTimeLimit/;

function endOf({ statusReason = "", isTerminated, isCancelled, attempts = [] }: JobDetail): StoppedEcsTask | "no host" {
  if (gaveUp.test(statusReason)) return "no host";
  const last = attempts.at(-1);
  const reason = statusReason || (last?.statusReason ?? "");
  return {
    code: codeOf(reason, isTerminated === true || isCancelled === true),
    reason,
    containers: containersOf(last),
  };
}

/** The stop code that ECS would have for the same end. */
function codeOf(reason: string, terminated: boolean): string {
  if (/spot.*interrupt/i.test(reason)) return "SpotInterruption";
  if (/^Host EC2/i.test(reason)) return "TerminationNotice";
  if (terminated) return "UserInitiated";
  return /Essential container/i.test(reason) ? "EssentialContainerExited" : "TaskFailedToStart";
}

/** The containers of the last attempt at a job. There is one: steps are launched again by workers. */
export const containersOf = (attempt: NonNullable<JobDetail["attempts"]>[number] | undefined) =>
  (attempt?.taskProperties?.[0]?.containers ?? []).map(({ name = "", exitCode, reason }) => ({
    name,
    exitCode: exitCode ?? null,
    reason: reason ?? null,
  }));

const throttles: ReadonlySet<string> = new Set(["TooManyRequestsException", "ThrottlingException", "ServerException"]);

/** Classifies an exception of SubmitJob. One without a status of AWS comes from the network. */
export function refusalOfException(error: unknown): PlaceRefusal {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (status === undefined || throttles.has(name) || status === 429 || status >= 500) return { kind: "throttled" };
  // The queue of an institution: it may be switched off for a while.
  if (/job queue .*(disabled|DISABLED)|is not in the ENABLED state/i.test(message))
    return { kind: "capacity", lacking: "the job queue, which is disabled" };
  return { kind: "broken", message: `AWS Batch refused the job: ${message}` };
}
