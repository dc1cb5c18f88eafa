import type { Submission } from "../client/api-client.ts";

const clear = "\r\u001b[2K";
const bars = { Submitted: 0, Running: 1, Preparing: 1, Scoring: 3, Finished: 4, Failed: 4, Cancelled: 4 } as Record<
  string,
  number
>;

/**
 * Prints lines above a progress line. When the output is not a terminal, it prints the progress whenever it changes.
 */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #started = Date.now();
  #progress = "";
  #shown = "";

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  say(text: string): void {
    this.#out.write(this.#out.isTTY && this.#progress !== "" ? `${clear}${text}\n${this.#progress}` : `${text}\n`);
  }

  done(text: string): void {
    this.say(`${this.#paint("32", "✔")} ${text}`);
  }

  /** Prints a line of a program's output. */
  log(who: string, task: string, line: string): void {
    this.say(`${this.#paint("36", who)} ${this.#paint("2", `${task.padEnd(8)} │`)} ${line}`);
  }

  progress(submissions: Submission[]): void {
    const done = submissions.reduce((sum, { status }) => sum + (bars[status] ?? 0), 0);
    const width = submissions.length * 4;
    const bar = "█".repeat(done) + "░".repeat(width - done);
    const counts = [...Map.groupBy(submissions, ({ status }) => status)].map(
      ([status, all]) => `${all.length} ${status}`,
    );
    const text = `${bar} ${counts.join(", ")}`;
    if (this.#out.isTTY) {
      this.#progress = `${text} ${((Date.now() - this.#started) / 1000).toFixed(0)} s`;
      this.#out.write(clear + this.#progress);
      if (done === width) {
        this.#progress = "";
        this.#out.write(clear);
      }
    } else if (text !== this.#shown) this.#out.write(`${text}\n`);
    this.#shown = text;
  }

  #paint(code: string, text: string): string {
    return this.#out.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}
