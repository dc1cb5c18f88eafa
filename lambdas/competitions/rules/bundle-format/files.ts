/** Paths in a bundle, and keys of datasets where a path is expected. */
import type { BundleListing, FileSource } from "../competition.ts";
import type { Draft } from "./draft.ts";
import type { Fields, Placed } from "./fields.ts";
import type { ErrorName } from "./problems.ts";
import { describe } from "./wording.ts";

/**
 * A path relative to the bundle's root as its listing has it: `./a//b/` is `a/b`, and the root itself is "". Null for a
 * path that is absolute, climbs with `..`, or could mean something else to another system (`\`, `C:/`).
 */
export function normalPath(text: string): string | null {
  if (/^\/|\\|^[A-Za-z]:\//.test(text)) return null;
  const steps = text.split("/").filter((step) => step !== "" && step !== ".");
  return steps.includes("..") ? null : steps.join("/");
}

/** A UUID in its usual spelling, from any spelling Python's uuid module takes; null when the text is none. */
export function uuidOf(text: string): string | null {
  const digits = text
    .trim()
    .replace(/^urn:/i, "")
    .replace(/^uuid:/i, "")
    .replace(/[{}-]/g, "")
    .toLowerCase();
  const parts = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(digits);
  return parts && parts.slice(1).join("-");
}

/** A file or folder of the bundle, else a dataset by its key; null when the text names neither. */
export function findSource(listing: BundleListing, text: string): FileSource | null {
  const path = normalPath(text);
  if (path && listing.kind(path)) return { from: "bundle", path };
  const key = uuidOf(text);
  return key ? { from: "dataset", key } : null;
}

/** The same for a value, reporting what it does not name. */
export function fileSource(draft: Draft, listing: BundleListing, { node, path }: Placed): FileSource | null {
  if (node.kind !== "text") {
    draft.error("BND-20:path", path, describe(node));
    return null;
  }
  const source = findSource(listing, node.value);
  if (source) return source;
  const wanted = normalPath(node.value);
  if (wanted === null) draft.error("BND-12", path, node.value);
  else if (wanted === "") draft.error("BND-10:all", path, node.value);
  else draft.error("BND-10", path, node.value, nearMiss(listing, wanted));
  return null;
}

/** The file source of a key that may be missing. */
export function optionalSource(fields: Fields, listing: BundleListing, key: string): FileSource | null {
  const value = fields.get(key);
  return value ? fileSource(fields.draft, listing, value) : null;
}

function nearMiss(listing: BundleListing, path: string): string {
  const other = path.endsWith(".zip") ? path.slice(0, -".zip".length) : `${path}.zip`;
  return other !== "" && listing.kind(other) ? `There is a ${listing.kind(other)} "${other}"; write that.` : "";
}

/** The path of a file that has to be in the bundle itself; "", and reported under `missing`, when it is not. */
export function bundleFile(draft: Draft, listing: BundleListing, { node, path }: Placed, missing: ErrorName): string {
  if (node.kind !== "text") {
    draft.error("BND-20:path", path, describe(node));
    return "";
  }
  const found = normalPath(node.value);
  if (found && listing.kind(found) === "file") return found;
  draft.error(found === null ? "BND-12" : missing, path, node.value);
  return "";
}

/** The path of a page, which unlike in version 1.5 may not be empty. */
export function pageFile(draft: Draft, listing: BundleListing, value: Placed): string {
  const found = bundleFile(draft, listing, value, "BND-25");
  if (found !== "" && listing.size(found) === 0) draft.error("BND-26", value.path, found);
  return found;
}
