/**
 * Splits a growing log into lines, as a terminal shows them: what follows a carriage return is written over the line, so
 * a progress bar is one line that changes.
 */
export class LogLines {
  readonly #updates: boolean;
  #rest = "";
  /** The state of the unfinished line that was returned last. */
  #update = "";

  /** `updates` returns each new state of a line that is written over, where nothing else shows it. */
  constructor({ updates }: { updates: boolean }) {
    this.#updates = updates;
  }

  /** Adds what was printed. Returns the lines that are complete now. */
  add(text: string): string[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    const complete = lines.map(visible).filter((line, i) => i > 0 || this.#update === "" || line !== this.#update);
    if (lines.length > 0) this.#update = "";
    const state = this.unfinished;
    if (this.#updates && this.#rest.includes("\r") && state !== "" && state !== this.#update) {
      complete.push(state);
      this.#update = state;
    }
    return complete;
  }

  /** The line that has no end yet; empty if there is none. */
  get unfinished(): string {
    return visible(this.#rest);
  }

  /** Forgets and returns the last line when the log ends without a line end. */
  end(): string {
    const line = this.unfinished;
    this.#rest = "";
    return line === this.#update ? "" : line;
  }
}

const visible = (line: string): string => line.replace(/\r+$/, "").split("\r").at(-1)!;
