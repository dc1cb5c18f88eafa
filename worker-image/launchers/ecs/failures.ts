/**
 * Decides what to do when ECS does not start an ECS task, or stops it before its end. The texts are those of AWS: "API
 * failure reasons", "Stopped task error codes", "CannotPullContainer task errors".
 */
import type { StoppedEcsTask } from "../../../contract/job.ts";
import { ownDiskFull } from "../../failure.ts";
import type { PlaceRefusal, StopVerdict } from "../placed/backend.ts";
import { imageOrCommandFault, machineFault } from "../start-faults.ts";

/** Why ECS started no ECS task. */
export type RunRefusal =
  | PlaceRefusal
  /** Another request with this client token was made before. */
  | { kind: "conflict" };

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

/** Classifies a reason in the `failures` of a RunTask answer with HTTP 200. */
export function refusalOfReason(reason: string): PlaceRefusal {
  const found = lackingByReason.find(([pattern]) => pattern.test(reason));
  if (found) return { kind: "capacity", lacking: found[1] };
  return { kind: "broken", message: `The cluster does not run the ECS task: ${reason}.` };
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

/**
 * Classifies an exception of RunTask. An exception without a status of AWS comes from the network, and the call is
 * repeated.
 */
export function refusalOfException(error: unknown): RunRefusal {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  if (name === "ConflictException") return { kind: "conflict" };
  const status = $metadata?.httpStatusCode;
  if (status === undefined || throttles.has(name) || status >= 500) return { kind: "throttled" };
  const byText = refusalOfReason(message);
  return byText.kind === "capacity"
    ? byText
    : { kind: "broken", message: `The cluster refused the ECS task: ${message}` };
}

/** ECS tasks pull only from our own repository. An image that it does not have was there before. */
const imageLost = /not found|manifest unknown|name unknown|repository does not exist/i;
/** Pull errors that another try would repeat. */
const imageUnfit =
  /no matching manifest|does not match the specified platform|image manifest does not contain|exec format error|invalid reference/i;

/** All that ECS says about the end of an ECS task. */
export const reasonsOf = ({ reason, containers }: StoppedEcsTask): string[] =>
  [reason, ...containers.map((container) => container.reason ?? "")].filter((text) => text !== "");

/** Decides what to do about an ECS task that stopped before there was a result of its step. */
export function judgeStop(stopped: StoppedEcsTask): StopVerdict {
  const { code, reason } = stopped;
  const reasons = reasonsOf(stopped);
  const say = reasons[0] ?? "ECS gave no reason";
  if (code === "SpotInterruption") return { kind: "again", interrupted: true, why: "AWS took the capacity back." };
  if (
    code === "TerminationNotice" ||
    /^Host EC2|instance .*terminated|agent.*disconnected|scaling activity/i.test(reason)
  ) {
    return { kind: "again", interrupted: true, why: "The host of the ECS task was lost." };
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
      message: "The step needed more memory than its ECS task has, and was stopped.",
    };
  }
  const start = reasons.find((text) => /Cannot(Start|Create)Container|OCI runtime|failed to create shim/i.test(text));
  const fault = start === undefined ? null : imageOrCommandFault(start);
  if (fault !== null)
    return { kind: "failed", code: "BAD_COMMAND", message: `The image cannot start its program: ${fault}.` };
  // A disk that was full before the program was started is the host's.
  if (start === undefined && reasons.some((text) => /no space left on device/i.test(text)))
    return { kind: "failed", ...ownDiskFull };
  if (start !== undefined)
    return { kind: "again", interrupted: false, why: `The ECS task did not start: ${machineFault(start)}.` };
  if (code === "TaskFailedToStart" || code === null)
    return { kind: "again", interrupted: false, why: `The ECS task did not start: ${say}` };
  if (code === "UserInitiated")
    return { kind: "again", interrupted: false, why: `The ECS task was stopped from outside: ${say}` };
  return { kind: "again", interrupted: false, why: `The ECS task ended without a result: ${say}` };
}
