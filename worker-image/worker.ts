import { setTimeout as pause } from "node:timers/promises";
import type { AttemptReport, Manifest, WorkerIdentity } from "../contract/job.ts";
import { Attempt } from "./attempt.ts";
import type { Doorbell, Ring } from "./doorbell.ts";
import { ConfigError } from "./config-error.ts";
import { HttpError, isRefused } from "./http.ts";
import { Lifeline } from "./lifeline.ts";
import type { Log } from "./log.ts";
import type { Platform } from "./api-client.ts";
import { backoffMs } from "./retry.ts";
import { Slots } from "./slots.ts";
import type { StepRunner } from "./step-runner.ts";
import type { WorkerHome } from "./work-folder.ts";

/** A ring is invisible to others for 30 s at least; a claim that takes longer would be made twice. */
const claimPatienceMs = 20_000;
/** A report is tried for well longer than the lease: an outage of the platform must not lose work. */
const reportPatienceMs = ({ leaseSeconds }: Manifest): number => Math.max(300_000, 2_000 * leaseSeconds);
/** A worker that must stop at once waits no longer to say so: the lease runs out by itself. */
const releasePatienceMs = 5_000;
/** The manifest this worker understands. */
const manifestVersion = 1;
const tooOld: AttemptReport = {
  outcome: "failed",
  failure: { code: "WORKER_ERROR", message: "The worker is too old for this platform. Update it.", step: null },
  steps: [],
};

export interface WorkerOptions {
  identity: WorkerIdentity;
  /** URLs of the queues to listen to at first. */
  queues: string[];
  doorbell: (queueUrl: string) => Doorbell;
  platform: Platform;
  runner: StepRunner;
  home: WorkerHome;
  /** Between two questions which queues there are; the platform takes it for a sign of life. */
  queuesPauseMs: number;
  log: Log;
}

/** Listens to its queues and runs what it may claim, as many attempts at a time as it has slots. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #slots: Slots;
  readonly #running = new Set<Attempt>();
  readonly #leftBehind = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  /** What ends listening, by the queue's URL. */
  readonly #listening = new Map<string, AbortController>();
  readonly #listeners = new Set<Promise<void>>();
  #refusal: HttpError | null = null;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#slots = new Slots(options.identity.slots);
  }

  /** Works until it is told to stop and nothing runs any more. Throws `ConfigError` when the platform lets it in no more. */
  async run(): Promise<void> {
    this.#listenTo(this.#options.queues);
    await this.#askForQueues();
    await Promise.all(this.#listeners);
    while (this.#slots.taken > 0) await this.#slots.change();
    await Promise.all(this.#leftBehind);
    if (this.#refusal)
      throw new ConfigError(
        `BENCHSTACK_WORKER_TOKEN is not good any more: ${this.#refusal.message} Others finish what ran here`,
      );
  }

  /** Claims no more; what runs is finished. */
  stop(): void {
    this.#stop.abort();
    this.#slots.wake();
  }

  /** Gives back what runs. */
  release(): void {
    this.stop();
    for (const attempt of this.#running) attempt.interrupt("released");
  }

  /** Asks which queues there are by now, every so often, until it is told to stop. */
  async #askForQueues(): Promise<void> {
    const { platform, identity, queuesPauseMs, log } = this.#options;
    const { signal } = this.#stop;
    for (;;) {
      await pause(queuesPauseMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        this.#listenTo((await platform.queues(identity)).queues);
      } catch (error) {
        if (isRefused(error)) this.#leave(error);
        else log.warn("queues.unknown", { error });
      }
    }
  }

  /** Listens to these queues from now on, and to no other. */
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
      const listener = this.#listen(this.#options.doorbell(url), AbortSignal.any([this.#stop.signal, end.signal]));
      this.#listeners.add(listener);
      void listener.finally(() => this.#listeners.delete(listener));
    }
    // Who waits for a slot looks whether it is still to listen.
    this.#slots.wake();
  }

  /** The token is not good any more: nothing that runs here could be reported. */
  #leave(refusal: HttpError): void {
    if (this.#refusal) return;
    this.#refusal = refusal;
    this.#options.log.error("worker.refused", { error: refusal });
    this.stop();
    for (const attempt of this.#running) attempt.interrupt("superseded");
  }

  async #listen(doorbell: Doorbell, signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      if (this.#slots.free === 0) {
        await this.#slots.change();
        continue;
      }
      try {
        const rings = await doorbell.listen(this.#slots.free, signal);
        failures = 0;
        const answers = await Promise.all(rings.map((ring) => this.#answer(ring, doorbell.url)));
        if (answers.includes("refused")) await pause(backoffMs(10), undefined, { signal }).catch(() => {});
      } catch (error) {
        if (signal.aborted) return;
        if (isRefused(error)) return this.#leave(error);
        log.warn("queue.unreachable", { queue: doorbell.url, error });
        await pause(backoffMs(failures++), undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Claims once; returns when the claim has answered. What was claimed runs on. */
  async #answer(ring: Ring, queue: string): Promise<"used" | "given back" | "refused"> {
    const { platform, identity, log } = this.#options;
    // Another queue's ring may have taken the last slot while this one was on its way.
    if (this.#stop.signal.aborted || !this.#slots.take()) {
      await ring.giveBack().catch(() => {});
      return "given back";
    }
    let manifest: Manifest | null;
    try {
      ({ manifest } = await platform.claim(identity, queue, claimPatienceMs));
    } catch (error) {
      this.#slots.give();
      if (isRefused(error)) this.#leave(error);
      log.warn("claim.failed", { queue, status: error instanceof HttpError ? error.status : null, error });
      // The ring stays in the queue, and comes back by itself.
      return "refused";
    }
    ring.used().catch((error: unknown) => log.warn("doorbell.undeleted", { queue, error }));
    if (manifest === null) this.#slots.give();
    else void this.#run(manifest).finally(() => this.#slots.give());
    return "used";
  }

  /** Runs an attempt until its report is in. Does not throw. */
  async #run(manifest: Manifest): Promise<void> {
    const { platform, runner, home } = this.#options;
    const { id, jobId, number, correlationId } = manifest.attempt;
    const log = this.#options.log.with({ correlationId, job: jobId, attempt: id });
    const startedAt = performance.now();
    log.info("attempt.started", { number });
    try {
      if (manifest.version !== manifestVersion) {
        await platform.complete(id, tooOld, reportPatienceMs(manifest));
        return;
      }
      const attempt: Attempt = new Attempt({
        manifest,
        renew: async () => (await platform.renew(id)).manifest,
        folder: home.attempt(id),
        runner,
        onProgress: (progress) => lifeline.progress(progress),
        log,
      });
      const beat = (progress: Parameters<Platform["heartbeat"]>[1]) => platform.heartbeat(id, progress);
      const lifeline = new Lifeline(beat, manifest.heartbeatSeconds, (why) => attempt.interrupt(why), log);
      this.#running.add(attempt);
      try {
        const report = await attempt.run();
        lifeline.onlyKeep();
        if (report === null) {
          log.info("attempt.superseded");
        } else {
          const patienceMs = report.outcome === "released" ? releasePatienceMs : reportPatienceMs(manifest);
          const { accepted } = await platform.complete(id, report, patienceMs);
          const seconds = Math.round(performance.now() - startedAt) / 1000;
          log.info("attempt.reported", { outcome: report.outcome, accepted, seconds });
        }
      } finally {
        this.#running.delete(attempt);
        await lifeline.stop();
        this.#leaveBehind(attempt.cleanUp());
      }
    } catch (error) {
      log.error("report.failed", { error });
    }
  }

  /** Work that nobody waits for but the end of the worker. */
  #leaveBehind(work: Promise<void>): void {
    this.#leftBehind.add(work);
    void work.finally(() => this.#leftBehind.delete(work));
  }
}
