import { StepFailure } from "../../failure.ts";
import { loginNeeded, notFound } from "../../registry/image-failures.ts";
import { parseReference } from "../../../lambdas/jobs/rules/image-reference.ts";
import { registryLabel } from "../../registry/reference.ts";

/** Contains words of the other kinds: "You have reached your unauthenticated pull rate limit". */
const asksToWait = /toomanyrequests|too many requests|rate limit/i;
/** What registries say, and what engines say about them, when they refuse this engine. */
const refused =
  /(?<!permission )\bdenied\b|denied: permission|unauthori[sz]ed|unauthenticated|authentication required|authorization failed|insufficient_scope|no basic auth credentials|not authorized|forbidden|needed permissions|(HTTP|status:?|code) 40[13]\b/i;
const missing =
  /not found|manifest unknown|name unknown|no such image|does not exist|no matching manifest|invalid reference format|(HTTP|status:?|code) 404\b/i;
/** The engine would have to be configured for such a registry. */
const withoutTls = /server gave HTTP response to HTTPS client/i;

/**
 * The failure of a pull, from the engine's message. IMAGE_PULL is an outage, which another try may survive; everything
 * else is for the organizer or the owner of the worker to change. `hasLogin`: the pull was made with a login.
 */
export function pullFailure(image: string, message: string, hasLogin: boolean): StepFailure {
  if (!asksToWait.test(message)) {
    if (refused.test(message)) return loginNeeded(image, message, cureOf(image, hasLogin));
    if (missing.test(message)) return notFound(image, message);
    if (withoutTls.test(message)) return notFound(image, "its registry does not use TLS");
  }
  return new StepFailure("IMAGE_PULL", `The image ${image} could not be pulled: ${message.replace(/\.$/, "")}.`);
}

function cureOf(image: string, hasLogin: boolean): string {
  const reference = parseReference(image);
  const registry = reference ? registryLabel(reference) : "the registry";
  const command = registry === "Docker Hub" ? "docker login" : `docker login ${registry}`;
  return hasLogin
    ? `Check the name. This worker has a login for ${registry}, which may have expired or may not read this image: its owner can renew it with "${command}".`
    : `Check the name, and make the image public. Or the owner of this worker logs in with "${command}", as the user that runs the worker.`;
}
