import { pipeline, type Readable, type Transform } from "node:stream";

/** Sends a source through a transform. An error of the source is thrown to the reader, and a reader that stops ends the source. */
export async function* through(source: AsyncIterable<Buffer>, transform: Transform): AsyncIterable<Buffer> {
  // The reader gets the error of the transform.
  yield* pipeline(source, transform, () => undefined) as Readable as AsyncIterable<Buffer>;
}
