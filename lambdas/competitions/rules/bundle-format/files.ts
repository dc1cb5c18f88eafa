/** Paths in a bundle, and dataset keys where a path is expected. */
import type { BundleListing, FileSource } from "../competition.ts";
import type { Draft } from "./draft.ts";
import type { Fields, Placed } from "./fields.ts";
import type { ErrorName } from "./problems.ts";
import { describe } from "./wording.ts";

/**
 * Normalizes a path relative to the bundle's root: `./a//b/` becomes `a/b`, and the root itself is "". Returns null if
 * the path is absolute, contains `..`, or could have another meaning on another system (`\`, `C:/`).
 */
export function normalPath(text: string): string | null {
  if (/^\/|\\|^[A-Za-z]:\//.test(text)) return null;
  const steps = text.split("/").filter((step) => step !== "" && step !== ".");
  return steps.includes("..") ? null : steps.join("/");
}

/** Normalizes a UUID from any spelling that Python's uuid module accepts. Returns null if the text is not one. */
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

/** Looks up a file or folder of the bundle, otherwise reads a dataset key. Returns null if the text is neither. */
export function findSource(listing: BundleListing, text: string): FileSource | null {
  const path = normalPath(text);
  if (path && listing.kind(path)) return { from: "bundle", path };
  const key = uuidOf(text);
  return key ? { from: "dataset", key } : null;
}

/** Reads a file source from a YAML value. Reports an error if it is neither a path in the bundle nor a dataset key. */
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
  else draft.error("BND-10", path, node.value, spellingHint(listing, wanted));
  return null;
}

/** Reads the file source of an optional key. */
export function optionalSource(fields: Fields, listing: BundleListing, key: string): FileSource | null {
  const value = fields.get(key);
  return value ? fileSource(fields.draft, listing, value) : null;
}

function spellingHint(listing: BundleListing, path: string): string {
  const other = path.endsWith(".zip") ? path.slice(0, -".zip".length) : `${path}.zip`;
  return other !== "" && listing.kind(other) ? `There is a ${listing.kind(other)} "${other}". Write that instead.` : "";
}

/**
 * The path of a file that must be in the bundle. Reports an error under the code `missing` and returns "" if it is not.
 */
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

/** The path of a page, which must not be empty. Version 1.5 allows empty pages. */
export function pageFile(draft: Draft, listing: BundleListing, value: Placed): string {
  const found = bundleFile(draft, listing, value, "BND-25");
  if (found !== "" && listing.size(found) === 0) draft.error("BND-26", value.path, found);
  return found;
}
