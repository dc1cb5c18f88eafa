/** Reads a file in the zip of a folder, or a range of it, with one GET. */
import { constants, createInflateRaw } from "node:zlib";
import { pieceBytes } from "../../../jobs/rules/archives/zip-pieces.ts";
import type { FolderEntry, Stored } from "../../rules/contents/folder-entry.ts";
import { through } from "./streams.ts";

/** A part of a file, in bytes. The end is exclusive. */
export interface Range {
  start: number;
  end: number;
}

/** Opens bytes of an object. */
export type OpenRange = (range: Range) => AsyncIterable<Buffer>;

/** The bytes of a range of a file. Of a large file, only the pieces around the range are read. */
export async function* storedFile(
  open: OpenRange,
  { stored, size }: Pick<FolderEntry, "stored" | "size">,
  { start, end }: Range = { start: 0, end: size },
): AsyncIterable<Buffer> {
  if (!stored || start >= end) return;
  if (!stored.deflated) {
    yield* open({ start: stored.start + start, end: stored.start + end });
    return;
  }
  const { from, to, skipped } = piecesAround(stored, { start, end });
  // The range may end before the last block.
  const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH });
  yield* part(through(open({ start: stored.start + from, end: stored.start + to }), inflate), {
    start: start - skipped,
    end: end - skipped,
  });
}

/** Where the pieces with a range are in the stored content, and where the first of them begins in the file. */
function piecesAround({ points, bytes }: Stored, { start, end }: Range): { from: number; to: number; skipped: number } {
  if (points === null) return { from: 0, to: bytes, skipped: 0 };
  const first = Math.floor(start / pieceBytes);
  const after = Math.ceil(end / pieceBytes);
  const point = (index: number) => (8 * index < points.length ? Number(points.readBigUInt64BE(8 * index)) : bytes);
  return { from: point(first), to: point(after), skipped: first * pieceBytes };
}

/** A part of bytes that arrive in order. */
export async function* part(source: AsyncIterable<Buffer>, { start, end }: Range): AsyncIterable<Buffer> {
  let at = 0;
  for await (const piece of source) {
    const taken = piece.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += piece.length;
    if (taken.length > 0) yield taken;
    if (at >= end) return;
  }
}
