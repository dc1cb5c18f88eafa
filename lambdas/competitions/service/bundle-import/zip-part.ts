import { tailBytes, zipBounds } from "../../../jobs/rules/archives/bounds.ts";
import type { ByteSource } from "./bundle-archive.ts";

/** The part of a source that is a zip: other bytes may precede and follow it. */
export async function zipPart(source: ByteSource): Promise<ByteSource> {
  const { size } = source;
  if (size === 0) return source;
  const { start, end } = zipBounds(await source.bytes(Math.max(0, size - tailBytes), size), size);
  if (start === 0 && end === size) return source;
  return {
    size: end - start,
    bytes: (from, to) => source.bytes(start + from, start + to),
    pieces: (from, to) => source.pieces(start + from, start + to),
  };
}
