/** Cuts bytes into pieces of one size; the last may be smaller. A piece is valid until the next is asked for. */
export async function* piecesOf(source: AsyncIterable<Buffer>, size: number): AsyncIterable<Buffer> {
  const piece = Buffer.allocUnsafeSlow(size);
  let length = 0;
  for await (const chunk of source)
    for (let taken = 0; taken < chunk.length;) {
      const copied = chunk.copy(piece, length, taken);
      taken += copied;
      length += copied;
      if (length < size) continue;
      yield piece;
      length = 0;
    }
  if (length > 0) yield piece.subarray(0, length);
}
