import { HostFault, StepFailure } from "../../failure.ts";
import { loginNeeded, notFound } from "../../registry/image-failures.ts";
import { parseReference } from "../../../lambdas/jobs/rules/image-reference.ts";
import { registryLabel } from "../../registry/reference.ts";
import { machineFault } from "../start-faults.ts";

/** Contains words of the other kinds: "You have reached your unauthenticated pull rate limit". */
const asksToWait = /toomanyrequests|too many requests|rate limit/i;
/** What registries say, and what engines say about them, when they refuse this engine. */
const refused =
  /(?<!permission )\bdenied\b|denied: permission|unauthori[sz]ed|unauthenticated|authentication required|authorization failed|insufficient_scope|no basic auth credentials|not authorized|forbidden|needed permissions|(HTTP|status:?|code) 40[13]\b/i;
const otherPlatform = /no matching manifest|cannot be used on this platform|does not match the specified platform/i;
const missing =
  /not found|manifest unknown|name unknown|no such image|does not exist|invalid reference format|(HTTP|status:?|code) 404\b/i;
/** The engine would have to be configured for such a registry. */
const withoutTls = /server gave HTTP response to HTTPS client/i;
/** The engine has the layers and cannot keep them. */
const unkept =
  /no space left on device|disk quota exceeded|read-only file system|input\/output error|cannot allocate memory|too many open files/i;

/** Why an image cannot be pulled now, as the end of a sentence about its registry. */
const outages: [message: RegExp, why: string][] = [
  [/no such host|server misbehaving|name resolution/i, "has a name that cannot be resolved"],
  [/connection refused/i, "refused the connection"],
  [/no route to host|network is unreachable/i, "cannot be reached from the network of the worker"],
  [/timeout|timed out|deadline exceeded|does not answer/i, "does not answer"],
  [/x509|certificate|tls:/i, "has a TLS certificate that the worker does not trust"],
  [/\b5\d\d\b|internal server error|bad gateway|unavailable/i, "fails"],
  [/EOF|connection reset|broken pipe/i, "broke off the connection"],
];

/**
 * The failure of a pull, from the engine's message, which only the log of the worker shows: a registry may have chosen it.
 * IMAGE_PULL is an outage, which another try may survive; everything else is for the organizer or the owner of the worker to
 * change. `hasLogin`: the pull was made with a login.
 */
export function pullFailure(image: string, message: string, hasLogin: boolean): StepFailure {
  const cause = new Error(message);
  const outage = (why: string) =>
    new StepFailure("IMAGE_PULL", `The image ${image} could not be pulled: its registry ${why}.`, { cause });
  if (asksToWait.test(message)) return outage("limits how often images are pulled, and asks to wait");
  if (unkept.test(message))
    return new HostFault("IMAGE_PULL", `The worker could not keep the image ${image}: ${machineFault(message)}.`, {
      cause,
    });
  if (refused.test(message)) return loginNeeded(image, "", cureOf(image, hasLogin), { cause });
  if (otherPlatform.test(message))
    return notFound(image, "it is not made for the operating system and processor of the worker", { cause });
  if (missing.test(message)) return notFound(image, "its registry does not have it", { cause });
  if (withoutTls.test(message)) return notFound(image, "its registry does not use TLS", { cause });
  return outage(
    outages.find(([pattern]) => pattern.test(message))?.[1] ?? "or the engine failed; the log of the worker says how",
  );
}

function cureOf(image: string, hasLogin: boolean): string {
  const reference = parseReference(image);
  const registry = reference ? registryLabel(reference) : "the registry";
  const command = registry === "Docker Hub" ? "docker login" : `docker login ${registry}`;
  return hasLogin
    ? `Check the name. This worker has a login for ${registry}, which may have expired or may not read this image: its owner can renew it with "${command}".`
    : `Check the name, and make the image public. Or the owner of this worker logs in with "${command}", as the user that runs the worker.`;
}
