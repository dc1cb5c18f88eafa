/** A stream of a run as far as it was read: the page has its lines, and asks only for what follows. */
import { Terminal, type Line } from "../../../submissions/log/terminal.ts";

/** When more than this waits to be read, only its end is. */
const maxPieceBytes = 1024 ** 2;

export class Tail {
  readonly lines: Line[] = [];
  /** Whether something before the first line was left out. */
  isCut = false;
  readonly #decoder = new TextDecoder();
  readonly #terminal: Terminal;
  #read = 0;
  /** Until the next end of a line, after a part was left out. */
  #skipsLine = false;

  constructor(isError: boolean) {
    this.#terminal = new Terminal(() => {
      const line: Line = { spans: [], isError };
      this.lines.push(line);
      return line;
    });
  }

  /** The bytes to ask for, of a stream that now has a size; null if there is nothing new. */
  wanted(size: number): readonly [number, number] | null {
    if (size <= this.#read) return null;
    if (size - this.#read <= maxPieceBytes) return [this.#read, size];
    return [size - maxPieceBytes, size];
  }

  /** Adds the bytes that begin at a place. */
  add(from: number, bytes: Uint8Array): void {
    if (from > this.#read) this.isCut = this.#skipsLine = true;
    this.#read = from + bytes.length;
    const text = this.#decoder.decode(bytes, { stream: true });
    if (!this.#skipsLine) return this.#terminal.write(text);
    const end = text.indexOf("\n");
    if (end < 0) return;
    this.#skipsLine = false;
    // A gap is a line without words, unless nothing is before it.
    this.#terminal.write(`${this.lines.length > 0 ? "\n" : ""}${text.slice(end + 1)}`);
  }
}
