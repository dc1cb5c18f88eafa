import { S3Error } from "./errors.ts";

const incomplete = () => new S3Error(400, "IncompleteBody", "The body ended before the number of bytes it announced.");

/** Reads a stream of buffers by lines, counts and delimiters, holding no more than one buffer and a delimiter. */
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

  /** What comes before the delimiter, which is consumed with it. */
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

  /** The next `count` bytes. */
  async *take(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      if (this.#pending.length === 0) await this.#fill();
      const piece = this.#pending.subarray(0, left);
      this.#pending = this.#pending.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** The text before the delimiter, refused when longer than `maxBytes`. */
  async text(delimiter: Buffer, maxBytes: number): Promise<string> {
    return (await readAll(this.until(delimiter), maxBytes)).toString("utf8");
  }

  /** Consumes the rest, which has to be there for the sender to have finished but means nothing. */
  async discard(): Promise<void> {
    while (!(await this.#source.next()).done);
  }
}

/** A small body as one buffer. */
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
