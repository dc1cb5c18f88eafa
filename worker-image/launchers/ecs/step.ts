import type { RunTaskCommandInput } from "@aws-sdk/client-ecs";
import { setTimeout as pause } from "node:timers/promises";
import type { Launch, Progress, SignedObject, Step, StoppedTask, TaskLinks } from "../../../contract/job.ts";
import type { Interrupted } from "../../failure.ts";
import { StepFailure } from "../../failure.ts";
import type { Log } from "../../log.ts";
import type { Platform } from "../../api-client.ts";
import { readTaskState } from "../../task/read-state.ts";
import type { TaskResult, TaskState } from "../../task/contract.ts";
import type { Cluster, SeenTask } from "./cluster.ts";
import { isFargate, standardProfile } from "./config.ts";
import type { CapacityProfile } from "./config.ts";
import { judgeStop } from "./failures.ts";
import type { RunRefusal } from "./failures.ts";
import { capacityPauseMs } from "./patience.ts";
import type { Patience } from "./patience.ts";

/** Launches of a step that ended without a result; after so many it is no accident. */
const maxLosses = 3;
/** Times that capacity may be taken back before the step goes to the fallback. */
const maxInterruptions = 2;
/** Times that the image may have gone from our repository before it is pulled. */
const maxLostImages = 1;
/** The longest pause between two looks at the state that a task writes. */
const maxLookPauseMs = 5_000;

export interface EcsStepOptions {
  attempt: string;
  step: Step<SignedObject>;
  profile: CapacityProfile;
  /** Signed anew now and then. */
  links: () => TaskLinks;
  /** Those that were made before, by an earlier worker. */
  launches: Launch[];
  cluster: Cluster;
  platform: Pick<Platform, "launch">;
  /** Makes everything ready for another launch, and its request. Throws `StepFailure`. */
  request: (number: number, capacityProvider: string) => Promise<RunTaskCommandInput>;
  /** Has the next launch look its image up anew. */
  forgetImage: () => void;
  /** Between two looks at the state that the task writes, at first. */
  lookPauseMs: number;
  patience: Patience;
  stop: AbortSignal;
  onProgress: (progress: Progress) => void;
  log: Log;
}

/** What a launch came to. `no host`: the cluster took the request, and found nothing to run it on. */
type LaunchEnd = TaskResult | StoppedTask | "no host";

/**
 * One step as tasks of a cluster, from its first launch to its result. The truth of a step is the result object that
 * `supervise` writes; the cluster is asked only why there is none. Throws `StepFailure` or `Interrupted`.
 */
export class EcsStep {
  readonly #options: EcsStepOptions;
  #number: number;
  /** In a row, and since when. */
  #capacityTries = 0;
  #lackingSince: number | null = null;
  #losses = 0;
  #lostImages = 0;
  #interruptions: number;
  #stage: Progress["stage"] = "preparing";

  constructor(options: EcsStepOptions) {
    this.#options = options;
    this.#number = Math.max(1, ...options.launches.map(({ number }) => number));
    this.#interruptions = options.launches.filter(({ stopped }) => stopped && isInterruption(stopped)).length;
  }

  async run(): Promise<TaskResult> {
    const { launches, stop } = this.#options;
    let known = launches.find(({ number }) => number === this.#number);
    for (;;) {
      const launch = await this.#started(known);
      const end = await this.#watch(launch);
      if (end !== "no host" && "report" in end) return end;
      stop.throwIfAborted();
      if (end === "no host") await this.#waitForCapacity(this.#whatHostsHave());
      else this.#judge(end);
      this.#number++;
      known = undefined;
    }
  }

  /** Returns when the step is to be launched again, after the end of a launch without a result. */
  #judge(end: StoppedTask): void {
    const { log, forgetImage } = this.#options;
    const verdict = judgeStop(end);
    log.with({ launch: this.#number }).warn("task.lost", { code: end.code, error: end.reason });
    if (verdict.kind === "failed") throw new StepFailure(verdict.code, verdict.message);
    if (verdict.kind === "image lost") {
      if (++this.#lostImages > maxLostImages)
        throw new StepFailure(
          "IMAGE_PULL",
          `The image could not be pulled, and to import it again did not help: ${verdict.why}`,
        );
      forgetImage();
      return;
    }
    if (verdict.interrupted) {
      this.#interruptions++;
      this.#tell("the capacity was taken back, starting again");
      return;
    }
    if (++this.#losses >= maxLosses)
      throw new StepFailure("WORKER_ERROR", `${verdict.why.replace(/\.?$/, ".")} This happened ${maxLosses} times.`);
    this.#tell(`starting again (${this.#losses + 1} of ${maxLosses})`);
  }

  #tell(waiting?: string): void {
    const { step, onProgress } = this.#options;
    onProgress({ step: step.name, stage: this.#stage, ...(waiting === undefined ? {} : { waiting }) });
  }

  get #capacityProvider(): string {
    const { capacity, fallback = capacity } = this.#options.profile;
    const exhausted = this.#interruptions >= maxInterruptions || this.#capacityTries % 2 === 1;
    return exhausted ? fallback : capacity;
  }

  /** A launch whose task is known to the cluster. */
  async #started(known: Launch | undefined): Promise<Launch> {
    const { attempt, step, platform, cluster, request, stop, log } = this.#options;
    let launch = known;
    for (;;) {
      stop.throwIfAborted();
      launch ??= await platform.launch(attempt, {
        step: step.name,
        number: this.#number,
        request: (await request(this.#number, this.#capacityProvider)) as unknown as Record<string, unknown>,
        taskArn: null,
      });
      if (launch.taskArn !== null) return launch;
      const answer = await cluster.run(launch.request as unknown as RunTaskCommandInput, stop);
      const arn = typeof answer === "string" ? answer : await this.#adopted(answer, launch);
      if (arn !== undefined) {
        log.with({ launch: this.#number }).info("task.started", { task: arn });
        return platform.launch(attempt, { ...launch, taskArn: arn });
      }
      await this.#waitForCapacity(lackingOf(answer as RunRefusal));
      // A request of its own each time: what a token was answered once, it may be answered again.
      this.#number++;
      launch = undefined;
    }
  }

  /** The task that a request with the same token made before; undefined when the refusal is about something else. */
  async #adopted(refusal: RunRefusal, { request }: Launch): Promise<string | undefined> {
    if (refusal.kind === "broken") throw new StepFailure("WORKER_ERROR", refusal.message);
    if (refusal.kind !== "conflict") return undefined;
    return this.#options.cluster.findStartedBy(String(request.startedBy));
  }

  /** Pauses before capacity is asked for again, unless it is for the fallback. Throws NO_CAPACITY when it was lacking for too long. */
  async #waitForCapacity(lacking: string): Promise<void> {
    const { step, profile, patience, stop } = this.#options;
    const now = performance.now();
    this.#lackingSince ??= now;
    if (now - this.#lackingSince > patience.capacity) {
      const hours = Math.ceil(patience.capacity / 3_600_000);
      const name = step.profile ?? standardProfile;
      throw new StepFailure(
        "NO_CAPACITY",
        `The capacity profile "${name}" had nothing to run this step on for ${hours} h (lacking: ${lacking}). Choose another one for the queue, or ask the administrator whether this one can have any.`,
      );
    }
    this.#capacityTries++;
    this.#tell(`waiting for capacity: ${lacking}`);
    if (profile.fallback !== undefined && this.#capacityTries % 2 === 1) return;
    await pause(capacityPauseMs(this.#capacityTries, patience.capacityPause), undefined, { signal: stop }).catch(
      () => {},
    );
  }

  #whatHostsHave(): string {
    const { gpus, capacity } = this.#options.profile;
    if (gpus > 0) return "GPU";
    return isFargate(capacity) ? "capacity" : "hosts";
  }

  /** Waits for the result of a task, or for its end without one. */
  async #watch(launch: Launch): Promise<LaunchEnd> {
    const { links, cluster, stop, profile, lookPauseMs, patience, log } = this.#options;
    const arn = launch.taskArn as string;
    const deadline = new Deadline(isFargate(profile.capacity) ? patience.start.fargate : patience.start.ec2);
    let seen: SeenTask | "missing" | null = null;
    let stage: TaskState["stage"] | null = null;
    let stopping = false;
    /** What the task was at when it was told to stop because it did not start. */
    let late: string | null = null;
    const tell = (reason: string) => {
      stopping = true;
      deadline.set(patience.stop);
      return cluster.stop(arn, reason, log);
    };
    const unwatch = cluster.watch(arn, (task) => (seen = task));
    try {
      for (let pauseMs = lookPauseMs; ; pauseMs = Math.min(maxLookPauseMs, pauseMs * 1.2)) {
        // The cluster's word first: a task that had stopped by then has written all it ever will.
        const task = seen as SeenTask | "missing" | null;
        const state = await readTaskState(links().state);
        if (state?.launch === launch.number) {
          if (state.result && !state.result.interrupted) return state.result;
          if (!stopping && state.result === null && state.stage !== stage)
            deadline.set(this.#follow((stage = state.stage)));
        }
        if (stop.aborted) {
          const { interruption } = stop.reason as Interrupted;
          // Another worker adopts the task.
          if (interruption === "released") throw stop.reason;
          if (!stopping) await tell(`the attempt was ${interruption}`);
          if (interruption === "superseded") throw stop.reason;
          if (state?.launch === launch.number && state.result) return state.result;
        }
        const ended = task === "missing" ? await this.#forgotten(launch) : (task?.stopped ?? null);
        if (ended && late !== null) return lateEnd(late, ended);
        if (ended) return ended;
        if (deadline.passed) {
          if (this.#stage === "running") return await this.#overdue(arn);
          if (stopping) return late === null ? unstoppable : lateEnd(late, unstoppable);
          late = stage ?? (task === "missing" ? "" : (task?.status ?? ""));
          await tell("the task did not start in time");
        }
        await pause(pauseMs, undefined, { signal: stopping ? undefined : stop }).catch(() => {});
      }
    } finally {
      unwatch();
    }
  }

  /** Tells what the task has come to, and returns how long this may take in ms. */
  #follow(stage: TaskState["stage"]): number {
    const { step, patience } = this.#options;
    this.#lackingSince = null;
    this.#capacityTries = 0;
    if (stage === "running") this.#stage = stage;
    this.#tell();
    return stage === "running" ? step.timeLimitSeconds * 1000 + patience.end : patience.prepare;
  }

  /** A task that neither ends by itself nor when it is told to: `supervise` and the wrapper have both failed. */
  async #overdue(arn: string): Promise<never> {
    const { cluster, step, log } = this.#options;
    await cluster.stop(arn, "the task is long past its time limit", log);
    throw new StepFailure(
      "TIME_LIMIT",
      `The program ran longer than ${step.timeLimitSeconds} s, which is all it has, and was stopped.`,
    );
  }

  /** The cluster describes a stopped task for about an hour; the platform was told why it stopped. */
  async #forgotten(launch: Launch): Promise<StoppedTask | null> {
    const { stopped } = await this.#options.platform.launch(this.#options.attempt, launch);
    return stopped ?? { code: null, reason: "the cluster does not know the task any more", containers: [] };
  }
}

/** What a task that did not start in time has come to; `last` is what it was at. */
function lateEnd(last: string, ended: StoppedTask): LaunchEnd {
  if (last === "PROVISIONING") return "no host";
  return ended.code === "UserInitiated" ? { ...ended, code: null, reason: "it was not ready in time" } : ended;
}

const unstoppable: StoppedTask = {
  code: null,
  reason: "it was not ready in time, and did not stop when it was told to",
  containers: [],
};

const isInterruption = (stopped: StoppedTask): boolean => {
  const verdict = judgeStop(stopped);
  return verdict.kind === "again" && verdict.interrupted;
};

const lackingOf = (refusal: RunRefusal): string =>
  refusal.kind === "capacity" ? refusal.lacking : "the cluster is busy";

/** One deadline at a time. */
class Deadline {
  #at = 0;

  constructor(milliseconds: number) {
    this.set(milliseconds);
  }

  set(milliseconds: number): void {
    this.#at = performance.now() + milliseconds;
  }

  get passed(): boolean {
    return performance.now() > this.#at;
  }
}
