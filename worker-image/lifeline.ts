import type { Progress } from "../contract/job.ts";
import type { Interruption } from "./failure.ts";
import { HttpError } from "./http.ts";
import type { Log } from "./log.ts";

/** A lease that could not be kept for a while is kept again soon after the platform is back. */
const pauseAfterFailureMs = 2_000;

/** Someone else has the job (409 ATTEMPT_SUPERSEDED), or it was deleted (404): nobody wants this attempt any more. */
const isLost: ReadonlySet<number> = new Set([404, 409]);

/** Changes of progress that follow each other so quickly are told in one heartbeat: each is a request to the platform. */
const gatherMs = 50;

/** One heartbeat to the platform, with the progress made since the last one, oldest first. */
export type Beat = (progress: Progress[]) => Promise<{ cancel: boolean }>;

/**
 * Keeps the lease of an attempt: a heartbeat now and then, and one soon after progress. They are sent one after the
 * other, so that progress arrives in order, and nobody waits for them.
 */
export class Lifeline {
  readonly #beat: Beat;
  readonly #pauseMs: number;
  readonly #interrupt: (why: Interruption) => void;
  readonly #log: Log;
  /** Progress that was not sent yet, oldest first. */
  #unsent: Progress[] = [];
  #latest: Progress[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #stopped = false;

  constructor(beat: Beat, heartbeatSeconds: number, interrupt: (why: Interruption) => void, log: Log) {
    this.#beat = beat;
    this.#pauseMs = heartbeatSeconds * 1000;
    this.#interrupt = interrupt;
    this.#log = log;
    this.#schedule(this.#pauseMs);
  }

  progress(progress: Progress): void {
    this.#latest = [progress];
    this.#unsent.push(progress);
    if (this.#unsent.length === 1 && !this.#sending) this.#schedule(gatherMs);
  }

  /** Keeps the lease and tells no more progress: the report that is being sent says it all. */
  onlyKeep(): void {
    this.#unsent = [];
    if (!this.#sending) this.#schedule(this.#pauseMs);
  }

  /** Sends no more, and returns when what is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#sending;
  }

  #schedule(pauseMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => this.#send(), pauseMs);
  }

  #send(): void {
    this.#sending = this.#sendNow().then((pauseMs) => {
      this.#sending = undefined;
      this.#schedule(this.#unsent.length > 0 ? gatherMs : pauseMs);
    });
  }

  /** Returns the pause until the next heartbeat. */
  async #sendNow(): Promise<number> {
    const progress = this.#unsent.length > 0 ? this.#unsent : this.#latest;
    this.#unsent = [];
    try {
      const { cancel } = await this.#beat(progress);
      if (cancel) this.#interrupt("cancelled");
      return this.#pauseMs;
    } catch (error) {
      if (error instanceof HttpError && isLost.has(error.status)) {
        this.#stopped = true;
        this.#interrupt("superseded");
        return this.#pauseMs;
      }
      // The next heartbeat tells how far the attempt is by then; what lay between is of no interest any more.
      this.#log.warn("heartbeat.failed", { error });
      return Math.min(this.#pauseMs, pauseAfterFailureMs);
    }
  }
}
