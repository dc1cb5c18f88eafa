import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { ByteSink } from "../launchers/launcher.ts";

const pieceBytes = 65_536;

/**
 * Follows a file that the wrapper of a program appends to. The file is created here and stays open, so a file that the
 * program puts in its place is not read. What the program writes into the file is its own log.
 */
export class LogTail {
  readonly #file: FileHandle;
  readonly #sink: ByteSink;
  /** Reading stops here: the sink keeps fewer bytes, and a program could write endlessly. */
  readonly #maxBytes: number;
  #offset = 0;
  readonly #buffer = Buffer.allocUnsafe(pieceBytes);

  private constructor(file: FileHandle, sink: ByteSink, maxBytes: number) {
    this.#file = file;
    this.#sink = sink;
    this.#maxBytes = maxBytes;
  }

  /** Creates the file, which must not exist. Everybody may write to it. */
  static async create(path: string, sink: ByteSink, maxBytes: number): Promise<LogTail> {
    const file = await open(
      path,
      constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    // A separate call, because the umask of the process restricts the mode above.
    await file.chmod(0o666);
    return new LogTail(file, sink, maxBytes);
  }

  /** Writes everything new to the sink. */
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
