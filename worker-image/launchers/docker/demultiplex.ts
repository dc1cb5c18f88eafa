import { Writable } from "node:stream";
import type { ByteSink } from "../launcher.ts";

const headerLength = 8;
/** First byte of a frame's header for stderr, as the Docker Engine API defines for "attach". */
const stderrFrame = 2;

/**
 * Splits the attach stream of a container into stdout and stderr. The stream consists of frames: a header of 8 bytes
 * (stream number, three zero bytes, length as a big-endian 32-bit number) and that many bytes. Frames can be very
 * small, so each read causes at most one write per output.
 */
export class Demultiplexer extends Writable {
  readonly #stdout: ByteSink;
  readonly #stderr: ByteSink;
  readonly #header = Buffer.alloc(headerLength);
  #headerBytes = 0;
  /** Remaining bytes of the current frame. */
  #left = 0;

  constructor(stdout: ByteSink, stderr: ByteSink) {
    super();
    this.#stdout = stdout;
    this.#stderr = stderr;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    for (let at = 0; at < chunk.length;) {
      if (this.#left === 0) {
        const taken = chunk.copy(this.#header, this.#headerBytes, at, at + headerLength - this.#headerBytes);
        at += taken;
        this.#headerBytes += taken;
        if (this.#headerBytes < headerLength) break;
        this.#headerBytes = 0;
        this.#left = this.#header.readUInt32BE(4);
        continue;
      }
      const piece = chunk.subarray(at, at + this.#left);
      (this.#header[0] === stderrFrame ? stderr : stdout).push(piece);
      at += piece.length;
      this.#left -= piece.length;
    }
    const writes = [write(this.#stdout, stdout), write(this.#stderr, stderr)].filter(
      (pending) => pending !== undefined,
    );
    // Avoids a promise, which costs a turn of the event loop, for the many small reads of a flood.
    if (writes.length === 0) done();
    else Promise.all(writes).then(() => done(), done);
  }
}

const write = (sink: ByteSink, pieces: Buffer[]): Promise<void> | undefined =>
  pieces.length === 0 ? undefined : sink.write(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces));
