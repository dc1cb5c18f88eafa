import type { FailureCode, StoppedEcsTask } from "../../../contract/job.ts";
import { ownDiskFull } from "../../failure.ts";

/**
 * What the cluster says when a task does not run, or does not run to its end, and what is to be done about it. The texts
 * are AWS's: "API failure reasons", "Stopped task error codes", "CannotPullContainer task errors".
 */

/** Why no task was started: the cluster lacks something for now, or the request will never do. */
export type RunRefusal =
  | { kind: "capacity"; lacking: string }
  /** The request was too much for now. */
  | { kind: "throttled" }
  /** A request with this client token was made before. */
  | { kind: "conflict" }
  | { kind: "broken"; message: string };

const lackingByReason: [reason: RegExp, lacking: string][] = [
  [/^RESOURCE:GPU/i, "GPU"],
  [/^RESOURCE:(MEMORY|MEM)/i, "memory"],
  [/^RESOURCE:CPU/i, "CPU"],
  [/^RESOURCE:(ENI|PORTS)/i, "network interfaces"],
  [/^RESOURCE:(\w+)/i, "hosts"],
  [/^AGENT|^INACTIVE|^EMPTY|no container instances/i, "hosts"],
  [/^ATTRIBUTE|^memberOf|^distinctInstance|placement constraint/i, "hosts of the right kind"],
  [/capacity is unavailable|capacity provider|provisioning capacity limit/i, "capacity"],
  [/limit on the number of (tasks|vCPUs)|vCPU limit/i, "the account's quota"],
];

/** A reason of the `failures` that RunTask answers with HTTP 200. */
export function refusalOfReason(reason: string): RunRefusal {
  const found = lackingByReason.find(([pattern]) => pattern.test(reason));
  if (found) return { kind: "capacity", lacking: found[1] };
  return { kind: "broken", message: `The cluster does not run the task: ${reason}.` };
}

const throttles: ReadonlySet<string> = new Set([
  "ThrottlingException",
  "Throttling",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "ServerException",
  "ServiceUnavailableException",
  "InternalFailure",
  "TimeoutError",
  "RequestTimeout",
]);

/** An exception of RunTask. One without a name of AWS's is the network's, and is tried again. */
export function refusalOfException(error: unknown): RunRefusal {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  if (name === "ConflictException") return { kind: "conflict" };
  if ($metadata === undefined || throttles.has(name) || ($metadata.httpStatusCode ?? 0) >= 500)
    return { kind: "throttled" };
  const byText = refusalOfReason(message);
  return byText.kind === "capacity" ? byText : { kind: "broken", message: `The cluster refused the task: ${message}` };
}

/** What a stop without a result means. */
export type StopVerdict =
  /** Another launch of the step. `interrupted`: the capacity was taken back, by no fault of anybody. */
  | { kind: "again"; interrupted: boolean; why: string }
  /** Our repository does not have the task's image any more: it went after it was looked up. */
  | { kind: "image lost"; why: string }
  | { kind: "failed"; code: FailureCode; message: string };

/** Tasks pull from our own repository only, so what it lacks was there, and what it denies is nothing of the image's. */
const imageLost = /not found|manifest unknown|name unknown|repository does not exist/i;
/** Pull errors that no second try helps. */
const imageUnfit =
  /no matching manifest|does not match the specified platform|image manifest does not contain|exec format error|invalid reference/i;

/** Judges a task that stopped before there was a result of its step. */
export function judgeStop({ code, reason, containers }: StoppedEcsTask): StopVerdict {
  const reasons = [reason, ...containers.flatMap((container) => container.reason ?? [])];
  const say = reasons.find((text) => text !== "") ?? "it was not told why";
  if (code === "SpotInterruption") return { kind: "again", interrupted: true, why: "The capacity was taken back." };
  if (
    code === "TerminationNotice" ||
    /^Host EC2|instance .*terminated|agent.*disconnected|scaling activity/i.test(reason)
  ) {
    return { kind: "again", interrupted: true, why: "The host of the task was lost." };
  }
  const pull = reasons.find((text) =>
    /CannotPullContainer|CannotPullImage|CannotPullECRContainer|pull image manifest/i.test(text),
  );
  if (pull !== undefined) {
    if (imageUnfit.test(pull))
      return { kind: "failed", code: "IMAGE_NOT_FOUND", message: `The image cannot be pulled: ${pull}` };
    if (imageLost.test(pull)) return { kind: "image lost", why: pull };
    return { kind: "failed", code: "IMAGE_PULL", message: `The image could not be pulled: ${pull}` };
  }
  if (reasons.some((text) => /OutOfMemory/i.test(text))) {
    return {
      kind: "failed",
      code: "OUT_OF_MEMORY",
      message: "The step needed more memory than its task has and was stopped.",
    };
  }
  if (reasons.some((text) => /no space left on device/i.test(text))) {
    return { kind: "failed", ...ownDiskFull };
  }
  if (code === "TaskFailedToStart" || code === null)
    return { kind: "again", interrupted: false, why: `The task did not start: ${say}` };
  if (code === "UserInitiated")
    return { kind: "again", interrupted: false, why: `The task was stopped from outside: ${say}` };
  return { kind: "again", interrupted: false, why: `The task ended without a result: ${say}` };
}
