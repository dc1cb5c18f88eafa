import stringWidth from "string-width";
import { harmless, isRich } from "./terminal.ts";

const clearLine = "\r\u001b[K";

/** Prints lines and, on a terminal, one changing line below them, for example a progress bar. */
export class Screen {
  readonly #stream: NodeJS.WriteStream;
  /** Whether there is a changing line: on terminals only. */
  readonly isRich: boolean;
  #live = "";

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.isRich = isRich(stream);
  }

  /** Prints a line that stays. */
  line(text: string): void {
    this.#write(`${harmless(text, this.isRich)}\n`, this.#live);
  }

  /** Shows text in the changing line, if there is one; "" removes it. */
  live(text: string): void {
    if (!this.isRich) return;
    const shown = fitted(harmless(text, false), this.#stream.columns - 1);
    if (shown !== this.#live) this.#write("", shown);
  }

  #write(lines: string, live: string): void {
    this.#stream.write(`${this.#live === "" ? "" : clearLine}${lines}${live}`);
    this.#live = live;
  }
}

const graphemes = new Intl.Segmenter();

/** Shortens text to a width in columns of a terminal, with an ellipsis. */
export function fitted(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = "";
  let used = 1;
  for (const { segment } of graphemes.segment(text)) {
    used += stringWidth(segment);
    if (used > width) break;
    kept += segment;
  }
  return `${kept}…`;
}
