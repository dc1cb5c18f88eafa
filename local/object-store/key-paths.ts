/**
 * Converts keys to paths. A key can contain anything (`../`, empty parts, NUL, letters that differ only in case), and
 * both `a` and `a/b` can be objects; a file system supports neither. Therefore each part of a key becomes a name of
 * lower-case letters, digits and `._-`; other bytes of its UTF-8 form become %XX. The last character tells the kind:
 * `=` an object, `+` a piece of a part that is too long for one file name, none a folder.
 *
 * S3 orders keys by their bytes, but JavaScript orders strings by UTF-16 units. Therefore this file handles keys as
 * byte strings, with one character (U+0000 to U+00FF) for each byte of the UTF-8 form.
 */
export const toBytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
export const fromBytes = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8");

/** 80 bytes have at most 240 characters in encoded form. Every file system supports names of that length. */
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

/** Relative path of an object's file, as a list of names. */
export function objectPath(key: string): string[] {
  const parts = toBytes(key).split("/");
  return parts.flatMap((part, at) => names(part, at < parts.length - 1 ? "" : "="));
}

/** Relative path of the folder for keys that begin with `base`, as a list of names. `base` is "" or ends in "/". */
export const folderPath = (base: string): string[] =>
  base
    .split("/")
    .slice(0, -1)
    .flatMap((part) => names(part, ""));

/** Decodes the name of a file or folder on disk. */
export function readName(name: string): { kind: "object" | "piece" | "folder"; bytes: string } {
  if (name.endsWith("=")) return { kind: "object", bytes: decode(name.slice(0, -1)) };
  if (name.endsWith("+")) return { kind: "piece", bytes: decode(name.slice(0, -1)) };
  return { kind: "folder", bytes: decode(name) };
}
