import { readableSize, StepFailure, unlessAborted } from "../failure.ts";

/** The lowest average speed of a copy, checked after a grace period. */
export interface Pace {
  graceMs: number;
  bytesPerSecond: number;
}

/** Small images may come over any connection. An image of 20 GB has less than six hours. */
export const minPace: Pace = { graceMs: 5 * 60_000, bytesPerSecond: 1_000_000 };

/** Measures the speed of one copy. Pauses between calls of `during` do not count. */
export class PaceKeeper {
  readonly #pace: Pace;
  #bytes = 0;
  #workedMs = 0;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  received(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Runs a part of the copy until it ends or `stop` is aborted. Throws `StepFailure` when the copy is too slow. */
  async during<T>(image: string, stop: AbortSignal, work: (until: AbortSignal) => Promise<T>): Promise<T> {
    const { graceMs, bytesPerSecond } = this.#pace;
    const end = new AbortController();
    let since = performance.now();
    const look = () => {
      const now = performance.now();
      this.#workedMs += now - since;
      since = now;
      if (this.#workedMs > graceMs + (this.#bytes / bytesPerSecond) * 1000)
        end.abort(tooSlow(image, this.#bytes, this.#workedMs));
    };
    const timer = setInterval(look, graceMs / 10);
    const until = AbortSignal.any([stop, end.signal]);
    try {
      return await unlessAborted(work(until), until);
    } finally {
      clearInterval(timer);
      look();
      // After an error, the parallel parts of the work stop too.
      end.abort();
    }
  }
}

function tooSlow(image: string, bytes: number, ms: number): StepFailure {
  const message = `The image ${image} comes too slowly from its registry: ${readableSize(bytes)} in ${Math.ceil(ms / 60_000)} min. Submit again later, or push the image to a faster registry.`;
  return new StepFailure("IMAGE_PULL", message);
}
