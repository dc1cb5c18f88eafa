import { S3Error } from "./errors.ts";

const incomplete = () => new S3Error(400, "IncompleteBody", "The body ended before the number of bytes it announced.");

/** Reads a stream of buffers by delimiters and byte counts. Holds at most one buffer and one delimiter in memory. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #pending: Buffer;

  constructor(source: AsyncIterable<Buffer>, start = "") {
    this.#source = source[Symbol.asyncIterator]();
    this.#pending = Buffer.from(start);
  }

  async #fill(): Promise<void> {
    const { done, value } = await this.#source.next();
    if (done) throw incomplete();
    this.#pending = this.#pending.length === 0 ? value : Buffer.concat([this.#pending, value]);
  }

  /** Reads the bytes before the delimiter, and skips the delimiter. */
  async *until(delimiter: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#pending.indexOf(delimiter);
      const ready = at >= 0 ? at : this.#pending.length - delimiter.length + 1;
      if (ready > 0) yield this.#pending.subarray(0, ready);
      if (at >= 0) {
        this.#pending = this.#pending.subarray(at + delimiter.length);
        return;
      }
      if (ready > 0) this.#pending = this.#pending.subarray(ready);
      await this.#fill();
    }
  }

  /** Reads the next `count` bytes. */
  async *take(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      if (this.#pending.length === 0) await this.#fill();
      const piece = this.#pending.subarray(0, left);
      this.#pending = this.#pending.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** Reads the text before the delimiter. Throws `S3Error` when it is longer than `maxBytes`. */
  async text(delimiter: Buffer, maxBytes: number): Promise<string> {
    return (await readAll(this.until(delimiter), maxBytes)).toString("utf8");
  }

  /** Reads and ignores the rest, so that the sender can finish. */
  async discard(): Promise<void> {
    while (!(await this.#source.next()).done);
  }
}

/** Reads a small body. Throws `S3Error` when it is longer than `maxBytes`. */
export async function readAll(chunks: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const held: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maxBytes) throw new S3Error(400, "MaxMessageLengthExceeded", "Your request was too big.");
    held.push(chunk);
  }
  return Buffer.concat(held);
}
