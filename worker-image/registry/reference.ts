import { createHash } from "node:crypto";
import { dockerHub, parseReference, type Reference } from "../../lambdas/jobs/rules/image-reference.ts";

/** Whether a reference names a digest rather than a tag. */
export const isPinned = ({ version }: Reference): boolean => version.startsWith("sha256:");

/** The one name of an image that people may spell in several ways. What is not valid stays as it is. */
export function fullName(image: string): string {
  const reference = parseReference(image);
  if (reference === null) return image;
  const { registry, path, version } = reference;
  return `${registry === dockerHub ? "docker.io" : registry}/${path}${isPinned(reference) ? "@" : ":"}${version}`;
}

/** Name of a registry for people. */
export const registryLabel = ({ registry }: Pick<Reference, "registry">): string =>
  registry === dockerHub ? "Docker Hub" : registry;

/** Whether workers can reach a registry: their network allows only port 443. */
export const isOnUsualPort = (registry: string): boolean => isLoopback(registry) || /^[^:]+(:443)?$/.test(registry);

/**
 * Whether a host name is loopback and so needs no TLS, as in container engines. `ImageImporter` decides whether
 * loopback is allowed at all.
 */
export const isLoopback = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+)(:|$)/.test(host);

/**
 * The tag of our copy of a digest. The digest may be that of an index for several architectures. Copies of private images
 * belong to a queue.
 */
export const copyTag = (digest: string, queue: string | null): string =>
  `${queue === null ? "" : `${queue}-`}${digest.replace(":", "-")}`;

/** The tag of the copy of one of our images that has no entry point. */
export const bareTag = (digest: string): string => `bare-${digest.replace(":", "-")}`;

/** The tag of the copy to which a reference resolved last. Different references have different tags. */
export function lastTag({ registry, path, version }: Reference, queue: string | null): string {
  const name = `${queue === null ? "" : `${queue} `}${registry}/${path}:${version}`;
  const readable = `${path}-${version}`.replaceAll(/[^\w.-]+/g, "-").slice(-80);
  return `last-${createHash("sha256").update(name).digest("hex").slice(0, 32)}-${readable}`;
}
