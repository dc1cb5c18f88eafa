/** Decompresses bzip2 block by block, so that neither a large file nor one of zeros fills the memory. */
import Bunzip from "seek-bzip";
import { UnusableArchive } from "../../../jobs/rules/archives/entries.ts";

/** A block has at most 900,000 symbols of 20 bits, and its tables. With so much input ahead, it is there as a whole. */
const maxBlockBytes = 2_500_000;
const pieceBytes = 65_536;

/** What is decompressed next. Bytes come from `feed` and are taken by the decompressor one by one. */
class Input {
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;

  get ahead(): number {
    return this.#buffer.length - this.#at;
  }

  /** Reads on until a whole block is there or the source ends. */
  async fill(source: AsyncIterator<Buffer>): Promise<void> {
    if (this.ahead >= maxBlockBytes) return;
    const pieces = [this.#buffer.subarray(this.#at)];
    for (let length = this.ahead; length < 2 * maxBlockBytes;) {
      const next = await source.next();
      if (next.done) break;
      pieces.push(next.value);
      length += next.value.length;
    }
    this.#buffer = Buffer.concat(pieces);
    this.#at = 0;
  }

  readByte(): number {
    const byte = this.#buffer[this.#at++];
    if (byte === undefined) throw new UnusableArchive("ends too early");
    return byte;
  }

  read(buffer: Buffer, offset: number, length: number): number {
    const copied = this.#buffer.copy(buffer, offset, this.#at, this.#at + length);
    this.#at += copied;
    return copied;
  }
}

/** Collects the bytes of one block, at most 46 MB. */
class Output {
  #full: Buffer[] = [];
  #piece = Buffer.allocUnsafe(pieceBytes);
  #length = 0;

  writeByte(byte: number): void {
    if (this.#length === pieceBytes) {
      this.#full.push(this.#piece);
      this.#piece = Buffer.allocUnsafe(pieceBytes);
      this.#length = 0;
    }
    this.#piece[this.#length++] = byte;
  }

  *take(): Iterable<Buffer> {
    for (let piece = this.#full.shift(); piece; piece = this.#full.shift()) yield piece;
    yield this.#piece.subarray(0, this.#length);
    this.#piece = Buffer.allocUnsafe(pieceBytes);
    this.#length = 0;
  }
}

/** The content of a bzip2 file, also of several that follow each other. Throws `UnusableArchive` if it is damaged. */
export async function* bunzip2(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const pieces = source[Symbol.asyncIterator]();
  const input = new Input();
  const output = new Output();
  try {
    await input.fill(pieces);
    const stream = checked(() => new Bunzip(input, output));
    for (;;) {
      await input.fill(pieces);
      if (checked(() => stream._init_block())) {
        checked(() => stream._read_bunzip());
        yield* output.take();
        continue;
      }
      if (checked(() => stream.reader.read(32)) >>> 0 !== stream.streamCRC)
        throw new UnusableArchive("is damaged: its checksum is wrong");
      if (input.ahead === 0) return;
      checked(() => stream._start_bunzip(input, output));
    }
  } finally {
    await pieces.return?.();
  }
}

/** The library says what is wrong with a `TypeError`. */
function checked<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof TypeError) throw new UnusableArchive(`is no bzip2 file, or is damaged: ${error.message}`);
    throw error;
  }
}
