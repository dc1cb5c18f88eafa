/**
 * Keys as paths. A key may hold anything (`../`, empty parts, NUL, letters that differ only in case), a path may not;
 * `a` and `a/b` may both be objects, a file and a folder may not share a name. So each part of a key becomes a name of
 * lower-case letters, digits and `._-`, everything else as %XX of its UTF-8 bytes, and a last character tells what it is:
 * `=` ends an object, `+` ends a piece of a part too long for one file name, a folder has no mark.
 *
 * S3 orders keys by their bytes, JavaScript orders strings by UTF-16 units. Keys are therefore handled here as byte
 * strings: one character, U+0000 to U+00FF, for each byte of the UTF-8 form.
 */
export const toBytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
export const fromBytes = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8");

/** 80 bytes are at most 240 characters encoded, which every file system takes as one name. */
const maxPieceBytes = 80;

function encode(bytes: string): string {
  if (bytes === "") return "%";
  const escape = (character: string) => `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  return bytes.replace(/^\.|[^a-z0-9._-]/g, escape);
}

const decode = (name: string): string =>
  name === "%" ? "" : name.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

function names(part: string, mark: string): string[] {
  const pieces = part.match(new RegExp(`[^]{1,${maxPieceBytes}}`, "g")) ?? [""];
  return pieces.map((piece, at) => encode(piece) + (at < pieces.length - 1 ? "+" : mark));
}

/** Relative path, as names, of the file of an object. */
export function objectPath(key: string): string[] {
  const parts = toBytes(key).split("/");
  return parts.flatMap((part, at) => names(part, at < parts.length - 1 ? "" : "="));
}

/** Relative path, as names, of the folder with the objects whose key starts with `base`: "" or ending in "/". */
export const folderPath = (base: string): string[] =>
  base
    .split("/")
    .slice(0, -1)
    .flatMap((part) => names(part, ""));

/** What a file or folder found on disk stands for. */
export function readName(name: string): { kind: "object" | "piece" | "folder"; bytes: string } {
  if (name.endsWith("=")) return { kind: "object", bytes: decode(name.slice(0, -1)) };
  if (name.endsWith("+")) return { kind: "piece", bytes: decode(name.slice(0, -1)) };
  return { kind: "folder", bytes: decode(name) };
}
