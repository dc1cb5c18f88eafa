import { Transform } from "node:stream";

/** A stream that passes bytes on, and calls `onBytes` with how many it has passed on so far. */
export function countBytes(onBytes: (bytes: number) => void): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      onBytes(bytes);
      done(null, chunk);
    },
  });
}
