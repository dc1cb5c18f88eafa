import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { readableSize } from "./failure.ts";
import type { ByteSink } from "./launchers/launcher.ts";

/** One output stream of a container in a file, truncated after `maxBytes`. */
export class LogFile implements ByteSink {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #maxBytes: number;
  /** Bytes in the file. */
  #bytes = 0;
  /** Bytes of the program's output in the file, without lines of the worker. */
  #kept = 0;
  #truncated = false;
  #lastByte = newline;
  #onGrowth: () => void = () => {};

  private constructor(path: string, file: FileHandle, maxBytes: number) {
    this.path = path;
    this.#file = file;
    this.#maxBytes = maxBytes;
  }

  static async create(path: string, maxBytes: number): Promise<LogFile> {
    return new LogFile(path, await open(path, "wx+", 0o600), maxBytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get truncated(): boolean {
    return this.#truncated;
  }

  /** Calls `listener` after each write. */
  set onGrowth(listener: () => void) {
    this.#onGrowth = listener;
  }

  /** Writes what fits. Output after the limit is discarded without waiting, so that it never slows the program. */
  write(bytes: Buffer): Promise<void> | undefined {
    if (this.#truncated) return undefined;
    const kept = bytes.subarray(0, this.#maxBytes - this.#kept);
    this.#kept += kept.length;
    if (kept.length === bytes.length) return this.#append(kept);
    this.#truncated = true;
    return this.#append(
      Buffer.concat([
        kept,
        this.#line(kept.at(-1), `[log truncated at ${readableSize(this.#maxBytes)}: the rest was not kept]`),
      ]),
    );
  }

  /** Adds a line of the worker, even to a truncated log. Call it only after the program has ended. */
  async note(sentence: string): Promise<void> {
    await this.#append(this.#line(undefined, sentence));
  }

  /** Reads at most `length` bytes from an offset. */
  async read(offset: number, length: number): Promise<Buffer> {
    const wanted = Math.min(length, this.#bytes - offset);
    const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(wanted), 0, wanted, offset);
    return buffer.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #append(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    await this.#file.appendFile(bytes);
    this.#bytes += bytes.length;
    this.#lastByte = bytes.at(-1) as number;
    this.#onGrowth();
  }

  #line(previousByte: number | undefined, text: string): Buffer {
    return Buffer.from(`${(previousByte ?? this.#lastByte) === newline ? "" : "\n"}${text}\n`);
  }
}

const newline = 10;

/** Seconds between two uploads of a log: 1 at first, 10 after ten minutes. */
export const shippingPauseSeconds = (runningSeconds: number): number => Math.min(10, Math.max(1, runningSeconds / 60));

/** The platform returns at most this many bytes in one answer. */
const maxPieceBytes = 1_048_576;

/**
 * Uploads a growing log in pieces, so that people can follow it. A piece that cannot be uploaded is sent again with the
 * next one; the whole log is uploaded at the end anyway.
 */
export class LogShipper {
  readonly #log: LogFile;
  readonly #ship: (offset: number, piece: Buffer) => Promise<void>;
  readonly #startedAt = performance.now();
  #shipped = 0;
  #timer: NodeJS.Timeout | undefined;
  #shipping: Promise<void> | undefined;
  #stopped = false;

  /** `ship` uploads a piece that starts at `offset`; its errors are ignored. */
  constructor(log: LogFile, ship: (offset: number, piece: Buffer) => Promise<void>) {
    this.#log = log;
    this.#ship = ship;
    log.onGrowth = () => this.#schedule();
  }

  /** Stops, and returns when the last upload has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#shipping;
  }

  #schedule(): void {
    if (this.#stopped || this.#timer || this.#shipping) return;
    const pauseMs = shippingPauseSeconds((performance.now() - this.#startedAt) / 1000) * 1000;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#shipping = this.#shipAll().finally(() => {
        this.#shipping = undefined;
        if (this.#shipped < this.#log.bytes) this.#schedule();
      });
    }, pauseMs);
  }

  async #shipAll(): Promise<void> {
    try {
      while (!this.#stopped && this.#shipped < this.#log.bytes) {
        const piece = await this.#log.read(this.#shipped, maxPieceBytes);
        await this.#ship(this.#shipped, piece);
        this.#shipped += piece.length;
      }
    } catch {
      // Sent again with the next piece.
    }
  }
}
