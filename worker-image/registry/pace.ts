import { readableSize, StepFailure, unlessAborted } from "../failure.ts";

/** What a registry has to keep up with over all of a copy: so many bytes a second, once so much time has gone. */
export interface Pace {
  graceMs: number;
  bytesPerSecond: number;
}

/** Copies of some 100 MB may take any connection; one of 20 GB has less than six hours, however its bytes trickle. */
export const minPace: Pace = { graceMs: 5 * 60_000, bytesPerSecond: 1_000_000 };

/** Measures one copy, whose times of work may have pauses between them. */
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

  /** Does some of the work until it ends, `stop` does, or its bytes come too slowly: then `StepFailure` is thrown. */
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
      // What failed in one part goes on in no other.
      end.abort();
    }
  }
}

function tooSlow(image: string, bytes: number, ms: number): StepFailure {
  const message = `The image ${image} comes too slowly from its registry: ${readableSize(bytes)} in ${Math.ceil(ms / 60_000)} min. Submit again later, or push the image to a faster registry.`;
  return new StepFailure("IMAGE_PULL", message);
}
