import { setTimeout as pause } from "node:timers/promises";
import { waitsForPlace, type AttemptReport, type Manifest, type WorkerIdentity } from "../contract/job.ts";
import { Attempt } from "./attempt.ts";
import { maxDoorbells, type DoorbellQueue, type Doorbell } from "./doorbell.ts";
import { TokenRefused } from "./config-error.ts";
import { HttpError, isRefused } from "./http.ts";
import { Health } from "./health.ts";
import { Heartbeats } from "./heartbeats.ts";
import type { Log } from "./log.ts";
import type { WorkerApi } from "./api-client.ts";
import { handIn } from "./report.ts";
import { backoffMs } from "./retry.ts";
import { AttemptSlot, Slots } from "./slots.ts";
import type { StepRunner } from "./step-runner.ts";
import { PlatformWishes } from "./wishes.ts";
import type { WorkerHome } from "./work-folder.ts";

/** A received doorbell is invisible to other workers for at least 30 s; a longer claim could be made twice. */
const maxClaimMs = 20_000;
/** How long a worker does not listen after an answer that it has to wait, unless one of its attempts ends first. */
const maxWaitMs = 10_000;
/**
 * While slots are scarce, a queue that had no doorbell is asked again after this time: a second, and longer with more than 20
 * queues, because each request costs money.
 */
const scarcePauseMs = (queues: number): number => Math.max(1_000, 50 * queues);
/** Reports are retried for longer than the lease, so that an outage of the platform loses no work. */
const maxReportMs = ({ leaseSeconds }: Manifest): number => Math.max(300_000, 2_000 * leaseSeconds);
/** An attempt whose report the platform does not take for this long is finished without its slot. */
const maxReportInSlotMs = 20_000;
/** A worker that has to stop at once does not wait longer: the lease expires by itself. */
const maxReleaseMs = 5_000;
/** Longer than an engine needs that answers. What a worker leaves behind is removed when it starts again. */
const maxCleanUpMs = 30_000;
/** The manifest version that this worker supports. */
const supportedManifestVersion: number = 1;
const workerTooOld: AttemptReport = {
  outcome: "failed",
  failure: { code: "WORKER_ERROR", message: "The worker is too old for this platform. Update it.", step: null },
  steps: [],
};

export interface WorkerOptions {
  identity: WorkerIdentity;
  /** URLs of the queues to listen to initially. */
  queues: string[];
  doorbellQueue: (queueUrl: string) => DoorbellQueue;
  api: WorkerApi;
  runner: StepRunner;
  home: WorkerHome;
  /**
   * Milliseconds between two requests for the list of queues, which also tell the platform that the worker is alive.
   */
  queuesIntervalMs: number;
  /** The worker stops after this long without an attempt. Null for a worker that stays. */
  idleMs: number | null;
  log: Log;
}

/** Listens to queues, claims jobs, and runs as many attempts at the same time as it has slots. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #slots: Slots;
  readonly #running = new Set<Attempt>();
  /** Attempts whose reports may go on when their slots are free again. */
  readonly #unfinished = new Set<Promise<void>>();
  readonly #cleanUps = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  /** Ends the pause before the next request for the list of queues. */
  #listPause = new AbortController();
  /** Controllers that end listening, by queue URL. */
  readonly #listening = new Map<string, AbortController>();
  readonly #listeners = new Set<Promise<void>>();
  /** How many of them have reserved slots and ask their queue for doorbells. */
  #asking = 0;
  readonly #health: Health;
  readonly #wishes: PlatformWishes;
  #refusal: HttpError | null = null;
  /** Whether the queues are asked no more, because the worker has run nothing for long enough. */
  #isEnding = false;
  /** When the last attempt ended, or the worker started. */
  #idleSince = performance.now();

  constructor(options: WorkerOptions) {
    const { identity, runner, api, log } = options;
    this.#options = options;
    this.#slots = new Slots(identity.slots);
    this.#wishes = new PlatformWishes((attempts) => api.wishes(attempts), log);
    this.#health = new Health({
      trial: runner.trial,
      onChange: () => {
        this.#slots.wake();
        // Reports it at once.
        this.#listPause.abort();
      },
      stop: this.#stop.signal,
      log,
    });
  }

  /**
   * Runs until `stop` is called and all attempts have ended. Throws `TokenRefused` when the platform rejects the token.
   */
  async run(): Promise<void> {
    this.#listenTo(this.#options.queues);
    void this.#stopWhenIdle();
    await this.#pollQueueList();
    await Promise.all(this.#listeners);
    while (this.#slots.taken > 0) await this.#slots.change();
    while (this.#unfinished.size > 0) await Promise.all(this.#unfinished);
    await Promise.race([Promise.all(this.#cleanUps), pause(maxCleanUpMs, undefined, { ref: false })]);
    if (this.#refusal)
      throw new TokenRefused(
        `BENCHSTACK_WORKER_TOKEN is not valid any more: ${this.#refusal.message} Other workers will run the attempts of this worker again`,
      );
  }

  /** Stops claiming. Running attempts are finished. */
  stop(): void {
    this.#stop.abort();
    this.#slots.wake();
  }

  /** Stops claiming, and returns the jobs of running attempts. */
  release(): void {
    this.stop();
    for (const attempt of this.#running) attempt.interrupt("released");
  }

  /** Stops the worker when it has run nothing for long enough. A cluster of others lends its machine only for work. */
  async #stopWhenIdle(): Promise<void> {
    const { idleMs, log } = this.#options;
    if (idleMs === null) return;
    const { signal } = this.#stop;
    for (let left = idleMs; left > 0; left = this.#idleSince + idleMs - performance.now()) {
      await pause(left, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      while (this.#unfinished.size > 0) await Promise.all(this.#unfinished);
    }
    log.info("worker.idle", { seconds: idleMs / 1000 });
    // A queue may just be answering. Its doorbell would be lost for a minute if nobody waited for it.
    this.#isEnding = true;
    this.#slots.wake();
    await Promise.all(this.#listeners);
    this.stop();
  }

  /** Updates the list of queues regularly until `stop` is called. */
  async #pollQueueList(): Promise<void> {
    const { api, identity, queuesIntervalMs: queuesPauseMs, log } = this.#options;
    const { signal } = this.#stop;
    let unwell: string | null = null;
    for (;;) {
      this.#listPause = new AbortController();
      const ended = AbortSignal.any([signal, this.#listPause.signal]);
      // What changed during the last request is reported at once.
      if (this.#health.unwell === unwell) await pause(queuesPauseMs, undefined, { signal: ended }).catch(() => {});
      if (signal.aborted) return;
      unwell = this.#health.unwell;
      try {
        this.#listenTo((await api.queues(identity, unwell)).queues);
      } catch (error) {
        if (isRefused(error)) this.#stopRefused(error);
        else log.warn("queues.unknown", { error });
      }
    }
  }

  /** Listens to these queues and no others. */
  #listenTo(urls: string[]): void {
    for (const [url, end] of this.#listening)
      if (!urls.includes(url)) {
        this.#listening.delete(url);
        end.abort();
      }
    for (const url of urls) {
      if (this.#listening.has(url)) continue;
      const end = new AbortController();
      this.#listening.set(url, end);
      const listener = this.#listen(this.#options.doorbellQueue(url), AbortSignal.any([this.#stop.signal, end.signal]));
      this.#listeners.add(listener);
      void listener.finally(() => this.#listeners.delete(listener));
    }
    // Listeners that wait for a slot check whether their queue was removed.
    this.#slots.wake();
  }

  /** Stops because the token is not valid any more: no result of a running attempt could be reported. */
  #stopRefused(refusal: HttpError): void {
    if (this.#refusal) return;
    this.#refusal = refusal;
    this.#options.log.error("worker.refused", { error: refusal });
    this.stop();
    for (const attempt of this.#running) attempt.interrupt("superseded");
  }

  /**
   * Asks a queue for doorbells and claims, until `signal` is aborted. Slots are reserved first: a doorbell that comes is used,
   * because one that goes back to its queue again and again would be taken for a faulty message.
   */
  async #listen(queue: DoorbellQueue, signal: AbortSignal): Promise<void> {
    const stopped = () => signal.aborted;
    const { log } = this.#options;
    let failures = 0;
    // One slot while the queue has no doorbells, then twice as many with each answer.
    let wanted = 1;
    while (!stopped() && !this.#isEnding) {
      if (this.#health.unwell !== null) {
        await this.#slots.change();
        continue;
      }
      const reserved = await this.#slots.reserve(wanted);
      if (reserved === 0) continue;
      try {
        const doorbells = await this.#ask(queue, reserved, signal);
        failures = 0;
        wanted = doorbells.length < reserved ? 1 : Math.min(2 * reserved, maxDoorbells);
        const answers = await Promise.all(doorbells.map((doorbell) => this.#claim(doorbell, queue.url)));
        if (answers.includes("failed")) await pause(backoffMs(10), undefined, { signal }).catch(() => {});
        if (answers.includes("waits")) await this.#slotChange(signal);
      } catch (error) {
        if (stopped()) return;
        if (isRefused(error)) return this.#stopRefused(error);
        log.warn("queue.unreachable", { queue: queue.url, error });
        // If the queue was deleted, the list says so. If something else is wrong, asking once is enough.
        if (failures === 0) this.#listPause.abort();
        await pause(backoffMs(failures++), undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Asks a queue for as many doorbells as slots are reserved, and gives the other slots back. */
  async #ask(queue: DoorbellQueue, reserved: number, signal: AbortSignal): Promise<Doorbell[]> {
    this.#asking++;
    // Nobody waits with a slot that another queue may need.
    const isScarce = this.#listening.size > 1 && this.#slots.free <= this.#listening.size - this.#asking;
    let received = 0;
    try {
      if (signal.aborted || this.#health.unwell !== null) return [];
      const doorbells = await queue.receive(reserved, !isScarce, signal);
      received = doorbells.length;
      return doorbells;
    } finally {
      this.#asking--;
      this.#slots.use(received, reserved);
      if (isScarce && received === 0)
        await pause(scarcePauseMs(this.#listening.size), undefined, { signal }).catch(() => {});
    }
  }

  /** Waits until a slot is given back, but not for long: another worker may have taken the job that has to run alone. */
  async #slotChange(signal: AbortSignal): Promise<void> {
    const changed = new AbortController();
    const ended = AbortSignal.any([signal, changed.signal]);
    await Promise.race([this.#slots.change(), pause(maxWaitMs, undefined, { signal: ended }).catch(() => {})]);
    changed.abort();
  }

  /** Claims once, with a reserved slot, and returns when the claim is answered. A claimed attempt continues to run. */
  async #claim(doorbell: Doorbell, queue: string): Promise<"used" | "returned" | "failed" | "waits"> {
    const { api, identity, log } = this.#options;
    // Meanwhile, an attempt may have found the machine unwell.
    if (this.#stop.signal.aborted || this.#health.unwell !== null) {
      this.#slots.give();
      await doorbell.returnToQueue().catch(() => {});
      return "returned";
    }
    let manifest: Manifest | null;
    let wait: boolean | undefined;
    try {
      ({ manifest, wait } = await api.claim(identity, queue, maxClaimMs));
    } catch (error) {
      this.#slots.give();
      if (isRefused(error)) this.#stopRefused(error);
      log.warn("claim.failed", { queue, status: error instanceof HttpError ? error.status : null, error });
      // The doorbell becomes visible again by itself.
      return "failed";
    }
    if (wait) {
      this.#slots.give();
      // For a worker that can use it, or for this one later.
      await doorbell.returnToQueue().catch(() => {});
      return "waits";
    }
    doorbell.delete().catch((error: unknown) => log.warn("doorbell.undeleted", { queue, error }));
    if (manifest === null) this.#slots.give();
    else keepUntilEnd(this.#run(manifest), this.#unfinished);
    return "used";
  }

  /** Runs an attempt until its report is accepted, and gives its slot. Does not throw. */
  async #run(manifest: Manifest): Promise<void> {
    const slot = new AttemptSlot(this.#slots);
    let clock: NodeJS.Timeout | undefined;
    const { api, runner, home } = this.#options;
    const { id, jobId, number, correlationId } = manifest.attempt;
    const log = this.#options.log.with({ correlationId, job: jobId, attempt: id });
    const startedAt = performance.now();
    log.info("attempt.started", { number });
    try {
      if (manifest.version !== supportedManifestVersion) {
        await api.complete(id, workerTooOld, maxReportMs(manifest));
        return;
      }
      const attempt: Attempt = new Attempt({
        manifest,
        renew: async () => (await api.renew(id)).manifest,
        folder: home.attempt(id),
        runner,
        examine: (fault) => this.#health.examine(fault),
        onProgress: (progress) => {
          slot.hold(!waitsForPlace(progress));
          heartbeats.progress(progress);
        },
        log,
      });
      const send = (progress: Parameters<WorkerApi["heartbeat"]>[1]) => api.heartbeat(id, progress);
      const heartbeats = new Heartbeats(send, manifest.heartbeatSeconds, (why) => attempt.interrupt(why), log);
      this.#running.add(attempt);
      const unwatch = this.#wishes.watch(id, {
        interrupt: (why) => attempt.interrupt(why),
        end: (message) => attempt.end(message),
        answer: (question) => attempt.answer(question),
      });
      try {
        const report = await attempt.run().finally(unwatch);
        heartbeats.dropProgress();
        if (report === null) {
          log.info("attempt.superseded");
        } else {
          if (report.steps.some(({ containers }) => containers.some(({ ran }) => ran))) this.#health.started();
          const mustStop = report.outcome === "released" && report.unwell === undefined;
          const patienceMs = mustStop ? maxReleaseMs : maxReportMs(manifest);
          clock = setTimeout(() => slot.hold(false), maxReportInSlotMs);
          const accepted = await handIn(api, id, report, { patienceMs, log });
          const seconds = Math.round(performance.now() - startedAt) / 1000;
          log.info("attempt.reported", { outcome: report.outcome, accepted, seconds });
        }
      } finally {
        this.#running.delete(attempt);
        await heartbeats.stop();
        keepUntilEnd(attempt.cleanUp(), this.#cleanUps);
      }
    } catch (error) {
      log.error("report.failed", { error });
    } finally {
      clearTimeout(clock);
      this.#idleSince = performance.now();
      slot.hold(false);
    }
  }
}

/** For what goes on in the background: only the end of the worker waits for it. */
function keepUntilEnd(work: Promise<void>, among: Set<Promise<void>>): void {
  among.add(work);
  void work.finally(() => among.delete(work));
}
