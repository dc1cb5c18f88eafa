import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { ByteSink } from "../launchers/launcher.ts";

const pieceBytes = 65_536;

/**
 * Follows a file that the wrapper of a program appends to. The file is made here and held by its inode, so whatever the
 * program puts in its place is not read; what it writes into the file is its own log.
 */
export class LogTail {
  readonly #file: FileHandle;
  readonly #sink: ByteSink;
  /** No more is read: the sink keeps less, and the program could write for ever. */
  readonly #maxBytes: number;
  #offset = 0;
  readonly #buffer = Buffer.allocUnsafe(pieceBytes);

  private constructor(file: FileHandle, sink: ByteSink, maxBytes: number) {
    this.#file = file;
    this.#sink = sink;
    this.#maxBytes = maxBytes;
  }

  /** `path` must be new. The file may be written by anyone. */
  static async create(path: string, sink: ByteSink, maxBytes: number): Promise<LogTail> {
    const file = await open(
      path,
      constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    // Not by the mode above, which the process's umask cuts.
    await file.chmod(0o666);
    return new LogTail(file, sink, maxBytes);
  }

  /** Hands on what was written since the last time. */
  async read(): Promise<void> {
    while (this.#offset < this.#maxBytes) {
      const wanted = Math.min(pieceBytes, this.#maxBytes - this.#offset);
      const { bytesRead } = await this.#file.read(this.#buffer, 0, wanted, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      await this.#sink.write(Buffer.from(this.#buffer.subarray(0, bytesRead)));
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
