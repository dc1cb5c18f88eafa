import type { Interruption } from "./failure.ts";
import { HttpError } from "./http.ts";
import type { Log } from "./log.ts";

/** A cancellation takes effect within 2 s, of which stopping an attempt needs a part. */
const usualPauseMs = 1_500;
/** While the platform does not answer, or does not know the question. */
const maxPauseMs = 10_000;

/** Asks which of some attempts have to stop, and why. */
export type AskStops = (attempts: string[]) => Promise<{ stops: { attempt: string; why: Interruption }[] }>;

/**
 * Asks the platform every 1.5 s, in one request, which of the running attempts of this worker have to stop. Platforms of the
 * previous release do not know the question; there, an attempt learns it with its next heartbeat.
 */
export class Stops {
  readonly #ask: AskStops;
  readonly #log: Log;
  readonly #usualPauseMs: number;
  readonly #attempts = new Map<string, (why: Interruption) => void>();
  #timer: NodeJS.Timeout | undefined;
  #asking = false;
  /** In a row. */
  #failures = 0;

  constructor(ask: AskStops, log: Log, pauseMs = usualPauseMs) {
    this.#ask = ask;
    this.#log = log;
    this.#usualPauseMs = pauseMs;
  }

  /** Calls `interrupt` when the attempt has to stop, until the returned function is called. */
  watch(attempt: string, interrupt: (why: Interruption) => void): () => void {
    this.#attempts.set(attempt, interrupt);
    this.#schedule();
    return () => {
      this.#attempts.delete(attempt);
      if (this.#attempts.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  #schedule(): void {
    if (this.#attempts.size === 0 || this.#asking) return;
    const pauseMs = Math.min(maxPauseMs, this.#usualPauseMs * 2 ** this.#failures);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#asking = true;
      void this.#askNow().then(() => {
        this.#asking = false;
        this.#schedule();
      });
    }, pauseMs);
  }

  async #askNow(): Promise<void> {
    try {
      const { stops } = await this.#ask([...this.#attempts.keys()]);
      for (const { attempt, why } of stops) this.#attempts.get(attempt)?.(why);
      this.#failures = 0;
    } catch (error) {
      const isUnknownRoute = error instanceof HttpError && error.status === 404;
      if (this.#failures++ === 0 && !isUnknownRoute) this.#log.warn("stops.unknown", { error });
    }
  }
}
