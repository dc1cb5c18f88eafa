import type { AskedQuestion } from "../contract/job.ts";
import type { Interruption } from "./failure.ts";
import { HttpError } from "./http.ts";
import type { Log } from "./log.ts";

/** A cancellation takes effect within 2 s, of which stopping an attempt needs a part. */
const usualPauseMs = 1_500;
/** While the platform does not answer, or does not know the question. */
const maxPauseMs = 10_000;
/** After a question of somebody, who probably asks more. */
const curiousPauseMs = 250;
const curiousMs = 10_000;
/** Of how many questions the ids are kept, because the platform repeats a question until it is answered. */
const maxKnownQuestions = 1_000;

/** What the platform wants of some running attempts. Platforms of the previous release only know `stops`. */
export interface Wishes {
  /** Attempts that have to stop, and why. */
  stops: { attempt: string; why: Interruption }[];
  /** Attempts whose program somebody ends, with a sentence for their owner. */
  endings?: { attempt: string; message: string }[];
  questions?: AskedQuestion[];
}

/** Asks what the platform wants of some attempts. */
export type AskWishes = (attempts: string[]) => Promise<Wishes>;

/** What happens to an attempt of which the platform wants something. Each may be called more than once. */
export interface Wished {
  interrupt: (why: Interruption) => void;
  end: (message: string) => void;
  answer: (question: AskedQuestion) => void;
}

/**
 * Asks the platform every 1.5 s, in one request, what it wants of the running attempts of this worker: to stop, to end the
 * program, to answer questions. Platforms of an earlier release do not know the request; there, an attempt learns with its next
 * heartbeat that it has to stop.
 */
export class PlatformWishes {
  readonly #ask: AskWishes;
  readonly #log: Log;
  readonly #usualPauseMs: number;
  readonly #attempts = new Map<string, Wished>();
  readonly #knownQuestions = new Set<string>();
  #curiousUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #asking = false;
  /** In a row. */
  #failures = 0;

  constructor(ask: AskWishes, log: Log, pauseMs = usualPauseMs) {
    this.#ask = ask;
    this.#log = log;
    this.#usualPauseMs = pauseMs;
  }

  /** Calls a function of `wished` when the platform wants something of the attempt, until the returned function is called. */
  watch(attempt: string, wished: Wished): () => void {
    this.#attempts.set(attempt, wished);
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
    const isCurious = this.#failures === 0 && performance.now() < this.#curiousUntil;
    const pauseMs = isCurious ? curiousPauseMs : Math.min(maxPauseMs, this.#usualPauseMs * 2 ** this.#failures);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#asking = true;
      void this.#askNow().then(() => {
        this.#asking = false;
        this.#schedule();
      });
    }, pauseMs);
  }

  #pass(question: AskedQuestion): void {
    if (this.#knownQuestions.has(question.id)) return;
    this.#knownQuestions.add(question.id);
    const oldest = this.#knownQuestions.values().next().value;
    if (this.#knownQuestions.size > maxKnownQuestions && oldest !== undefined) this.#knownQuestions.delete(oldest);
    this.#curiousUntil = performance.now() + curiousMs;
    this.#attempts.get(question.attempt)?.answer(question);
  }

  async #askNow(): Promise<void> {
    try {
      const { stops, endings = [], questions = [] } = await this.#ask([...this.#attempts.keys()]);
      for (const { attempt, why } of stops) this.#attempts.get(attempt)?.interrupt(why);
      for (const { attempt, message } of endings) this.#attempts.get(attempt)?.end(message);
      for (const question of questions) this.#pass(question);
      this.#failures = 0;
    } catch (error) {
      const isUnknownRoute = error instanceof HttpError && error.status === 404;
      if (this.#failures++ === 0 && !isUnknownRoute) this.#log.warn("stops.unknown", { error });
    }
  }
}
