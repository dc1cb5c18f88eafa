/** How the content of a large entry is compressed: in pieces that can be decompressed by themselves. */
import { constants, deflateRawSync } from "node:zlib";

/** Files are read, compressed and written in pieces of this size. A larger one hardly compresses better. */
export const pieceBytes = 1_048_576;
/** The fastest level: people wait for packing, and the archive grows by only a few percent. */
export const level = 1;
/** A piece is not compressed when the sample at its beginning does not become smaller than this share. */
const worthwhile = 0.97;
const sampleBytes = 16_384;

export const zeros = Buffer.alloc(pieceBytes);
/** The end of a sequence of pieces in the deflate format: an empty last block. */
export const lastBlock = Buffer.from([3, 0]);

/** Options of zlib for a piece. Pieces end at a byte, and none refers to an earlier one, so any can follow any other. */
export const pieceOptions = (piece: Buffer) => ({
  level: mayShrink(piece) ? level : constants.Z_NO_COMPRESSION,
  finishFlush: constants.Z_FULL_FLUSH,
});

/** A piece of zeros, compressed. Files with holes may have very many. */
export const deflatedZeros = deflateRawSync(zeros, {
  level: constants.Z_BEST_COMPRESSION,
  finishFlush: constants.Z_FULL_FLUSH,
});

/** Whether compressing is worth its time, which it is not for images and models, for instance. */
export function mayShrink(piece: Buffer): boolean {
  if (piece.length < 4 * sampleBytes) return true;
  return deflateRawSync(piece.subarray(0, sampleBytes), { level }).length < worthwhile * sampleBytes;
}
