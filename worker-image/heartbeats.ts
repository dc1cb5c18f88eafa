import type { Progress } from "../contract/job.ts";
import type { Interruption } from "./failure.ts";
import { HttpError } from "./http.ts";
import type { Log } from "./log.ts";

/** After a failed heartbeat the next one follows soon, so that the lease survives a short outage. */
const pauseAfterFailureMs = 2_000;

/** 409 ATTEMPT_SUPERSEDED: another attempt has the job. 404: the job was deleted. */
const supersededStatuses: ReadonlySet<number> = new Set([404, 409]);

/** Progress within this time is sent in one heartbeat, to save requests. */
const batchMs = 50;

/** Sends one heartbeat with the progress since the last one, oldest first. */
export type SendHeartbeat = (progress: Progress[]) => Promise<{ cancel: boolean }>;

/**
 * Keeps the lease of an attempt with regular heartbeats, and reports progress soon after it is made. Sends one
 * heartbeat at a time, so that progress arrives in order.
 */
export class Heartbeats {
  readonly #sendHeartbeat: SendHeartbeat;
  readonly #intervalMs: number;
  readonly #interrupt: (why: Interruption) => void;
  readonly #log: Log;
  /** Oldest first. */
  #unsent: Progress[] = [];
  #latest: Progress[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #stopped = false;

  constructor(
    sendHeartbeat: SendHeartbeat,
    heartbeatSeconds: number,
    interrupt: (why: Interruption) => void,
    log: Log,
  ) {
    this.#sendHeartbeat = sendHeartbeat;
    this.#intervalMs = heartbeatSeconds * 1000;
    this.#interrupt = interrupt;
    this.#log = log;
    this.#schedule(this.#intervalMs);
  }

  progress(progress: Progress): void {
    this.#latest = [progress];
    this.#unsent.push(progress);
    if (this.#unsent.length === 1 && !this.#sending) this.#schedule(batchMs);
  }

  /** Continues to extend the lease but reports no more progress, because the final report is being sent. */
  dropProgress(): void {
    this.#unsent = [];
    if (!this.#sending) this.#schedule(this.#intervalMs);
  }

  /** Stops, and returns when the last heartbeat has ended. */
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
      this.#schedule(this.#unsent.length > 0 ? batchMs : pauseMs);
    });
  }

  /** Returns the milliseconds until the next heartbeat. */
  async #sendNow(): Promise<number> {
    const progress = this.#unsent.length > 0 ? this.#unsent : this.#latest;
    this.#unsent = [];
    try {
      const { cancel } = await this.#sendHeartbeat(progress);
      if (cancel) this.#interrupt("cancelled");
      return this.#intervalMs;
    } catch (error) {
      if (error instanceof HttpError && supersededStatuses.has(error.status)) {
        this.#stopped = true;
        this.#interrupt("superseded");
        return this.#intervalMs;
      }
      // The lost progress need not be sent again: the next heartbeat reports the current one.
      this.#log.warn("heartbeat.failed", { error });
      return Math.min(this.#intervalMs, pauseAfterFailureMs);
    }
  }
}
