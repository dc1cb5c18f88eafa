import { readableSize } from "../worker-image/failure.ts";
import { Screen } from "./screen.ts";

const patienceMs = 1000;
/** Time between two changes of the bar. */
const pauseMs = 100;
const barWidth = 24;

/** A progress bar on standard error, for work that takes longer than a second. Only terminals show it. */
export class Progress {
  readonly #screen = new Screen(process.stderr);
  readonly #what: string;
  #shownAt = performance.now() + patienceMs - pauseMs;

  /** `what` names the work, for example `Uploading a.zip`. */
  constructor(what: string) {
    this.#what = what;
  }

  /** Shows how many bytes are done, and of how many if that is known. */
  update(done: number, total?: number): void {
    const now = performance.now();
    if (now - this.#shownAt < pauseMs) return;
    this.#shownAt = now;
    this.#screen.live(`${this.#what} ${total ? barOf(done, total) : readableSize(done)}`);
  }

  /** Removes the bar. */
  end(): void {
    this.#screen.live("");
  }
}

function barOf(done: number, total: number): string {
  const part = Math.min(done / total, 1);
  const full = Math.floor(part * barWidth);
  return `[${"#".repeat(full).padEnd(barWidth, "-")}] ${Math.floor(part * 100)} %, ${readableSize(done)} of ${readableSize(total)}`;
}
