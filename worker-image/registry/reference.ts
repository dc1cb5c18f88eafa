import { createHash } from "node:crypto";

/** An image reference in its parts: `name:tag` or `name@digest`, of Docker Hub unless it names a registry. */
export interface Reference {
  /** Host, with a port where one is named. */
  registry: string;
  path: string;
  /** A tag or a digest. */
  version: string;
}

const dockerHub = "registry-1.docker.io";

/** Reads an image reference as engines do; null when it is none. */
export function parseReference(image: string): Reference | null {
  const match =
    /^(?:([a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?)\/)?([a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
      image,
    );
  if (!match) return null;
  const [, first = "docker.io", rest = "", tag = "latest", pinned] = match;
  const version = pinned ?? tag;
  if (first === "docker.io") return { registry: dockerHub, path: officialPath(rest), version };
  // A first part is a registry only if it looks like a host; else it is the first of the path.
  if (/[.:]|^localhost$/.test(first)) return { registry: first, path: rest, version };
  return first === first.toLowerCase() ? { registry: dockerHub, path: `${first}/${rest}`, version } : null;
}

const officialPath = (path: string): string => (path.includes("/") ? path : `library/${path}`);

/** Whether a reference names the content itself rather than a tag that may move. */
export const isPinned = ({ version }: Reference): boolean => version.startsWith("sha256:");

/** What people call a registry. */
export const registryLabel = ({ registry }: Pick<Reference, "registry">): string =>
  registry === dockerHub ? "Docker Hub" : registry;

/** Whether workers get through to a registry: nothing leaves their network but to this port of TLS. */
export const isOnUsualPort = (registry: string): boolean => isLoopback(registry) || /^[^:]+(:443)?$/.test(registry);

/**
 * Whether a host is this very machine by its name and so needs no TLS, as engines have it. Whether it may be asked at all is
 * another question: see `ImageImporter`.
 */
export const isLoopback = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+)(:|$)/.test(host);

/** The tag of the copy that was made of what has this digest, which may be an index of several architectures. */
export const copyTag = (digest: string): string => digest.replace(":", "-");

/** The tag of the copy that a reference stood for last. Two references never share one. */
export function lastTag({ registry, path, version }: Reference): string {
  const name = `${registry}/${path}:${version}`;
  const readable = `${path}-${version}`.replaceAll(/[^\w.-]+/g, "-").slice(-80);
  return `last-${createHash("sha256").update(name).digest("hex").slice(0, 32)}-${readable}`;
}
