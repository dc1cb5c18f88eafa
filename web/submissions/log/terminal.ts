/** What a program printed, as the lines that a terminal would show. */
import { StyleState } from "./style.ts";

/** A part of a line in one style, which is a list of classes. */
export interface Span {
  text: string;
  classes: string;
}

export interface Line {
  spans: Span[];
  isError: boolean;
}

export const textOf = ({ spans }: Line): string => spans.map(({ text }) => text).join("");

/** Sequences that are longer end here, so that a broken one does not swallow what follows. */
const maxSequence = 4096;
/** Printable text, and tabs. */
const printable = /[^\u0000-\u0008\u000a-\u001f\u007f-\u009f]+/y;

type State = "text" | "escape" | "intermediate" | "control" | "string" | "string-escape";

/**
 * Reads one stream. It follows carriage returns, backspaces, styles and erased parts of lines, and drops every other
 * sequence. However the text is cut into pieces, the lines are the same.
 */
export class Terminal {
  readonly #newLine: () => Line;
  readonly #style = new StyleState();
  #state: State = "text";
  #sequence = "";
  #line: Line | undefined;
  #length = 0;
  #column = 0;

  /** `newLine` adds a line where the next one belongs. Lines of several streams can stand in one list. */
  constructor(newLine: () => Line) {
    this.#newLine = newLine;
  }

  write(text: string): void {
    let at = 0;
    while (at < text.length) {
      if (this.#state === "text") {
        printable.lastIndex = at;
        const run = printable.exec(text)?.[0];
        if (run !== undefined) {
          this.#print(run);
          at += run.length;
          continue;
        }
      }
      this.#control(text[at]!);
      at++;
    }
  }

  #control(char: string): void {
    const code = char.charCodeAt(0);
    switch (this.#state) {
      case "text":
        this.#single(char);
        return;
      case "escape":
        this.#sequence = "";
        if (char === "[") this.#state = "control";
        else if ("]PX^_".includes(char)) this.#state = "string";
        else if (code >= 0x20 && code <= 0x2f) this.#state = "intermediate";
        else this.#end(code);
        return;
      case "intermediate":
        if (code < 0x20 || code > 0x2f) this.#end(code);
        return;
      case "control":
        if (code >= 0x20 && code <= 0x3f && this.#sequence.length < maxSequence) {
          this.#sequence += char;
          return;
        }
        if (code >= 0x40 && code <= 0x7e) this.#run(char);
        this.#end(code);
        return;
      case "string":
        this.#sequence += char;
        if (char === "\u001b") this.#state = "string-escape";
        else if (char === "\u0007" || char === "\n" || this.#sequence.length >= maxSequence) this.#end(code);
        return;
      case "string-escape":
        this.#end(code);
    }
  }

  /** A sequence is over. A control character that does not belong to it has its own meaning. */
  #end(code: number): void {
    this.#state = "text";
    this.#sequence = "";
    if (code < 0x20 && code !== 0x07) this.#single(String.fromCharCode(code));
  }

  #single(char: string): void {
    if (char === "\n") {
      this.#current();
      this.#line = undefined;
      this.#length = this.#column = 0;
    } else if (char === "\r") this.#column = 0;
    else if (char === "\b") this.#column = Math.max(0, this.#column - 1);
    else if (char === "\u001b") this.#state = "escape";
  }

  #run(final: string): void {
    if (final === "m") this.#style.apply(this.#sequence);
    else if (final === "K" && this.#line) {
      const { spans } = this.#line;
      if (this.#sequence === "" || this.#sequence === "0") this.#line.spans = cut(spans, 0, this.#column);
      else if (this.#sequence === "2") this.#line.spans = [];
      this.#length = lengthOf(this.#line.spans);
    }
  }

  #current(): Line {
    this.#line ??= this.#newLine();
    return this.#line;
  }

  #print(text: string): void {
    const line = this.#current();
    const written = { text, classes: this.#style.classes };
    const end = this.#column + text.length;
    if (this.#column === this.#length) join(line.spans, written);
    else {
      const gap = this.#column - this.#length;
      const spans = cut(line.spans, 0, this.#column);
      if (gap > 0) join(spans, { text: " ".repeat(gap), classes: "" });
      join(spans, written);
      for (const span of cut(line.spans, end, this.#length)) join(spans, span);
      line.spans = spans;
    }
    this.#column = end;
    this.#length = Math.max(this.#length, end);
  }
}

const lengthOf = (spans: readonly Span[]) => spans.reduce((sum, { text }) => sum + text.length, 0);

/** Adds a part to the end. Neighbours of one style are one part. */
function join(spans: Span[], { text, classes }: Span): void {
  const last = spans.at(-1);
  if (last?.classes === classes) last.text += text;
  else spans.push({ text, classes });
}

/** The parts of a line from one column to another. */
export function cut(spans: readonly Span[], from: number, to: number): Span[] {
  let at = 0;
  const found: Span[] = [];
  for (const { text, classes } of spans) {
    const part = text.slice(Math.max(0, from - at), Math.max(0, to - at));
    if (part !== "") found.push({ text: part, classes });
    at += text.length;
  }
  return found;
}
