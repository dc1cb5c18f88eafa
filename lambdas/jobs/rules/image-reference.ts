/** A parsed image reference: `name:tag` or `name@digest`, from Docker Hub unless it names a registry. */
export interface Reference {
  /** Host, optionally with a port. */
  registry: string;
  path: string;
  /** A tag or a digest. */
  version: string;
}

/** The registry of images whose reference names none. */
export const dockerHub = "registry-1.docker.io";

/** Parses an image reference as container engines do; null when it is invalid. */
export function parseReference(image: string): Reference | null {
  const match =
    /^(?:([a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?)\/)?([a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
      image,
    );
  if (!match) return null;
  const [, first = "docker.io", rest = "", tag = "latest", pinned] = match;
  const version = pinned ?? tag;
  if (first === "docker.io") return { registry: dockerHub, path: officialPath(rest), version };
  // The first part is a registry if it looks like a host, else it belongs to the path.
  if (/[.:]|^localhost$/.test(first)) return { registry: first, path: rest, version };
  return first === first.toLowerCase() ? { registry: dockerHub, path: `${first}/${rest}`, version } : null;
}

const officialPath = (path: string): string => (path.includes("/") ? path : `library/${path}`);

/**
 * What is wrong with an image that no engine can pull, as the end of a sentence about it, or null if the reference is
 * valid.
 */
export function imageFault(image: string): string | null {
  if (parseReference(image)) return null;
  const page =
    /^https?:\/\/hub\.docker\.com\/(?:r\/|_\/|layers\/)?([^?#]*?)(?:\/(?:tags|general))?\/?(?:[?#].*)?$/.exec(image);
  if (page?.[1]) return withCure("is the address of a web page", page[1]);
  if (/^[a-z]+:\/\//i.test(image)) return withCure("is an address", image.replace(/^[a-z]+:\/\//i, ""));
  const words = image.replace(/^docker\s+(?:pull|run)\s+/, "");
  if (/\s/.test(image)) return withCure("contains blanks", words);
  if (image !== image.toLowerCase()) return withCure("has capital letters", lowerName(image));
  return "is not the name of an image. Write it as in docker pull, for instance python:3.12";
}

const withCure = (what: string, cure: string): string =>
  parseReference(cure)
    ? `${what}. Write ${cure}`
    : `${what}. Write the name as in docker pull, for instance python:3.12`;

/** The name in lower case, with its tag and digest as they are. */
function lowerName(image: string): string {
  const tag = /(?::[^:/@]+)?(?:@.*)?$/.exec(image)?.[0] ?? "";
  return image.slice(0, image.length - tag.length).toLowerCase() + tag;
}
