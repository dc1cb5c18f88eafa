/** What the headers of requests for contents say, and those of the answers. */
import { lookup } from "mime-types";

/** Types that browsers run, or that may contain something they run. */
const active = /html|xml|javascript|ecmascript|shockwave|pdf/;
/** Endings of compressed files, which a browser must not unpack by itself. */
const compressed = /\.(gz|tgz|taz|tz|bz2|tbz2|tbz|xz|txz|z|br|zst)$/i;

/** The type that a file seems to have by its name, as the reference guesses it. */
export function guessedType(fileName: string): string {
  if (compressed.test(fileName)) return "application/octet-stream";
  return lookup(fileName) || "text/plain";
}

/** The type under which another host may show a file: nothing that it would run. */
export const passiveType = (type: string): string => (active.test(type) ? "text/plain" : type);

/** The Content-Disposition header of contents. Names that are no plain text are encoded as well. */
export function disposition(kind: "inline" | "attachment", fileName: string): string {
  const plain = fileName.replace(/[^\x20-\x7e]|["\\]/g, "_");
  if (plain === fileName) return `${kind}; filename="${plain}"`;
  const encoded = encodeURIComponent(fileName.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** The bytes that a Range header asks for, the end exclusive. Null: none, or none that is understood. */
export function rangeOf(header: string | undefined, size: number): { start: number; end: number } | null {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})?$/.exec(header ?? "") ?? [];
  if (first === undefined) return null;
  const start = Math.min(Number(first), size);
  return { start, end: Math.max(start, Math.min(size, last === undefined ? size : Number(last) + 1)) };
}

/** Whether an answer may be compressed. */
export const acceptsGzip = (header: string | undefined): boolean =>
  (header ?? "").split(",").some((coding) => /^\s*(gzip|x-gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(coding));
