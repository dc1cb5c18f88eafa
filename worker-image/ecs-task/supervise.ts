/** The container of an ECS task that runs the step. */
import { mkdir, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { artifacts } from "../../contract/job.ts";
import type { AskedQuestion, Progress } from "../../contract/job.ts";
import { ArchiveCache } from "../archive-cache.ts";
import { Archives } from "../archives.ts";
import { Interrupted, onOwnDisk, StepFailure } from "../failure.ts";
import { ownDisk } from "../free-space.ts";
import { httpError, isWorthRetrying } from "../http.ts";
import type { Log } from "../log.ts";
import { retry } from "../retry.ts";
import { answer } from "../live-folder.ts";
import { isPortQuestion, Unreachable } from "../live-port.ts";
import { emptyReport, runStep } from "../step.ts";
import { foldersOf } from "../step-folders.ts";
import { Uploader } from "../upload.ts";
import type { EcsTaskMessages, EcsTaskOrder, EcsTaskRenewal, EcsTaskResult, EcsTaskState } from "./contract.ts";
import { inAgent } from "./layout.ts";
import { EcsTaskMetadata } from "./metadata.ts";
import { EcsTaskLauncher, NeverStarted } from "./launcher.ts";

const orderPatienceMs = 120_000;
/** How often a task that answers questions looks for them: usually, and after one, because whoever asks probably asks more. */
const usualLookMs = 1_000;
const curiousLookMs = 250;
const curiousMs = 10_000;

export interface SuperviseOptions {
  orderUrl: string;
  launch: number;
  metadataUrl: string;
  /** When aborted, the programs are stopped and their results so far are uploaded. */
  stop: AbortSignal;
  log: Log;
}

/**
 * Runs the step of an order in the one essential container of an ECS task. It shares its code with the other launchers,
 * except that the containers of its programs run already. Returns when the result is in the object store.
 */
export async function supervise({ orderUrl, launch, metadataUrl, stop, log }: SuperviseOptions): Promise<void> {
  const order = await retry(() => fetchJson<EcsTaskOrder>(orderUrl), {
    forMs: orderPatienceMs,
    again: isWorthRetrying,
  });
  const ownLog = log.with({ attempt: order.attempt, step: order.step.name, launch });
  const supervised = new SupervisedStep(order, launch, new EcsTaskMetadata(metadataUrl), ownLog);
  const onStop = () => supervised.interrupt();
  stop.addEventListener("abort", onStop);
  if (stop.aborted) onStop();
  await supervised.run();
}

class SupervisedStep {
  readonly #order: EcsTaskOrder;
  readonly #launch: number;
  readonly #metadata: EcsTaskMetadata;
  readonly #log: Log;
  readonly #uploader: Uploader;
  readonly #stop = new AbortController();
  readonly #ending = new AbortController();
  readonly #over = new AbortController();
  #messagesUrl: string | undefined;
  #launcher: EcsTaskLauncher | undefined;
  #states: Promise<void> = Promise.resolve();

  constructor(order: EcsTaskOrder, launch: number, metadata: EcsTaskMetadata, log: Log) {
    this.#order = order;
    this.#launch = launch;
    this.#metadata = metadata;
    this.#log = log;
    this.#uploader = new Uploader(order.upload);
  }

  interrupt(): void {
    this.#log.info("step.interrupted");
    this.#stop.abort(new Interrupted("cancelled"));
  }

  async run(): Promise<void> {
    void this.#renew(this.#order.renewalUrl);
    this.#messagesUrl = this.#order.messagesUrl;
    if (this.#order.step.answers === true) void this.#listen();
    try {
      const result = await this.#result();
      await this.#states;
      await this.#upload({ launch: this.#launch, stage: "done", result });
    } finally {
      this.#over.abort();
    }
  }

  /**
   * The result of the step. If a program escapes from its wrapper, a failure is returned at once and no file is
   * touched.
   */
  async #result(): Promise<EcsTaskResult> {
    const escaped = Promise.withResolvers<EcsTaskResult>();
    const launcher = new EcsTaskLauncher(this.#metadata, this.#order.step, () => {
      const { code, message } = escapeFailure;
      escaped.resolve({ report: emptyReport(this.#order.step), failure: { code, message }, interrupted: false });
    });
    this.#launcher = launcher;
    return Promise.race([this.#runStep(launcher), escaped.promise]);
  }

  async #runStep(launcher: EcsTaskLauncher): Promise<EcsTaskResult> {
    const { attempt, step } = this.#order;
    const cache = await ArchiveCache.open(`${inAgent.step}/cache`, 0);
    const archives = `${inAgent.step}/archives`;
    await mkdir(archives, { recursive: true });
    const stepResult = await runStep({
      attempt,
      step,
      root: inAgent.step,
      archives: new Archives(archives, cache, this.#stop.signal, ({ url }) => url),
      outputOf: (name) => {
        throw new Error(`the output of ${name} should have come as an object`);
      },
      launcher,
      uploader: this.#uploader,
      occupant: ownDisk,
      stop: this.#stop.signal,
      ending: this.#ending.signal,
      abandon: new AbortController().signal,
      onProgress: (progress) => this.#report(progress),
      onPrepared: () => {},
      log: this.#log,
    });
    const settled = await stepResult.settled;
    await launcher.removeContainers();
    const failure = stepResult.failure ?? settled.failure;
    if (failure?.cause !== undefined) this.#log.warn("step.failed", { failure: failure.code, error: failure.cause });
    return {
      report: settled.report,
      failure: failure && onOwnDisk(failure),
      neverStarted: failure instanceof NeverStarted,
      interrupted: this.#stop.signal.aborted,
    };
  }

  /** Writes the progress. The end is written with the result. */
  #report({ stage }: Progress): void {
    if (stage === "done") return;
    this.#states = this.#states
      .then(() => this.#upload({ launch: this.#launch, stage, result: null }))
      .catch((error: unknown) => this.#log.warn("progress.untold", { error }));
  }

  async #upload(state: EcsTaskState): Promise<void> {
    const path = `${inAgent.step}/state.json`;
    await writeFile(path, JSON.stringify(state));
    await this.#uploader.file(artifacts.ecsTaskState(this.#order.step.name), path);
  }

  async #renew(url: string): Promise<void> {
    const { signal } = this.#over;
    for (;;) {
      await pause(this.#order.renewalLookMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      try {
        const renewal = await fetchJson<EcsTaskRenewal>(url);
        this.#uploader.renew(renewal.upload);
        url = renewal.renewalUrl;
        this.#messagesUrl = renewal.messagesUrl;
      } catch {
        // There is no renewal yet, or the object store does not answer for a while.
      }
    }
  }

  /** Looks for messages of the worker until the step is over, answers questions, and ends the program when it says so. */
  async #listen(): Promise<void> {
    const { signal } = this.#over;
    const known = new Set<string>();
    let curiousUntil = 0;
    for (;;) {
      const lookMs = performance.now() < curiousUntil ? curiousLookMs : usualLookMs;
      await pause(lookMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      if (this.#messagesUrl === undefined) continue;
      // There are no messages yet, or the object store does not answer for a while.
      const messages = await fetchJson<EcsTaskMessages>(this.#messagesUrl).catch(() => null);
      if (messages === null) continue;
      if (messages.ending !== null) this.#ending.abort(new StepFailure("ENDED", messages.ending));
      for (const asked of messages.questions) {
        if (known.has(asked.id)) continue;
        known.add(asked.id);
        curiousUntil = performance.now() + curiousMs;
        const answered = this.#answer(asked).catch((error: unknown) =>
          this.#log.warn("question.unanswered", { error }),
        );
        // A program may take its time to answer, and others ask for files meanwhile.
        if (!isPortQuestion(asked.question)) await answered;
      }
    }
  }

  async #answer({ id, step, attempt, question }: AskedQuestion): Promise<void> {
    const connect = async (port: number) => {
      if (!this.#launcher) throw new Unreachable("The program of the run does not run at this moment.");
      return this.#launcher.connect(attempt, port);
    };
    const bytes = await answer(foldersOf(this.#order.step, inAgent.step).output, connect, question);
    await this.#uploader.piece(artifacts.answer(step, id), bytes, this.#over.signal);
  }
}

const escapeFailure = new StepFailure(
  "TIME_LIMIT",
  "The program did not end on request, so its ECS task was stopped and its output was not kept.",
);

async function fetchJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw await httpError(response);
  return (await response.json()) as T;
}
