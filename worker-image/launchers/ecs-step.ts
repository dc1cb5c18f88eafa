import type { RunTaskCommandInput } from "@aws-sdk/client-ecs";
import { setTimeout as pause } from "node:timers/promises";
import type { Launch, Progress, SignedObject, Step, StoppedTask, TaskLinks } from "../../lambdas/domain/job.ts";
import type { Interrupted} from "../failure.ts";
import { StepFailure } from "../failure.ts";
import type { Log } from "../log.ts";
import type { Platform } from "../platform.ts";
import { readTaskState } from "../task/read-state.ts";
import type { TaskResult, TaskState } from "../task/contract.ts";
import type { Cluster, SeenTask } from "./ecs-cluster.ts";
import { isFargate } from "./ecs-config.ts";
import type { CapacityProfile } from "./ecs-config.ts";
import { capacityPauseSeconds, judgeStop } from "./ecs-failures.ts";
import type { RunRefusal } from "./ecs-failures.ts";

/** Launches of a step that ended without a result; after so many it is no accident. */
const maxLosses = 3;
/** Times that capacity may be taken back before the step goes to the fallback. */
const maxInterruptions = 2;
/** A day without capacity. */
const maxCapacityTries = 100;
/** A task that does not run by then is given up. */
const startDeadlineMs = { fargate: 10 * 60_000, ec2: 20 * 60_000 };
/** After the time limit: for the packing and uploading of outputs, before the worker stops the task itself. */
const endAllowanceMs = 30 * 60_000;
/** What `supervise` may take to upload when it is told to stop, and the cluster to tell. */
const stopAllowanceMs = 150_000;

export interface EcsStepOptions {
  attempt: string;
  step: Step<SignedObject>;
  profile: CapacityProfile;
  links: TaskLinks;
  /** Those that were made before, by an earlier worker. */
  launches: Launch[];
  cluster: Cluster;
  platform: Pick<Platform, "launch">;
  /** Makes the request of a launch. */
  request: (number: number, capacityProvider: string) => RunTaskCommandInput;
  /** Between two looks at the state that the task writes, at first. */
  lookPauseMs: number;
  stop: AbortSignal;
  onProgress: (progress: Progress) => void;
  log: Log;
}

/**
 * One step as tasks of a cluster, from its first launch to its result. The truth of a step is the result object that
 * `supervise` writes; the cluster is asked only why there is none. Throws `StepFailure` or `Interrupted`.
 */
export class EcsStep {
  readonly #options: EcsStepOptions;
  #number: number;
  #capacityTries = 0;
  #losses = 0;
  #interruptions: number;
  #stage: Progress["stage"] = "preparing";

  constructor(options: EcsStepOptions) {
    this.#options = options;
    this.#number = Math.max(1, ...options.launches.map(({ number }) => number));
    this.#interruptions = options.launches.filter(({ stopped }) => stopped && isInterruption(stopped)).length;
  }

  async run(): Promise<TaskResult> {
    const { launches, log, stop } = this.#options;
    let launch = launches.find(({ number }) => number === this.#number);
    for (;;) {
      launch = await this.#started(launch);
      const end = await this.#watch(launch);
      if ("report" in end) return end;
      stop.throwIfAborted();
      const verdict = judgeStop(end);
      log.warn("a task ended without a result", { launch: launch.number, code: end.code, reason: end.reason });
      if (verdict.kind === "failed") throw new StepFailure(verdict.code, verdict.message);
      if (verdict.interrupted) this.#interruptions++;
      else if (++this.#losses >= maxLosses) throw new StepFailure("WORKER_ERROR", `${verdict.why} This happened ${maxLosses} times.`);
      this.#number++;
      launch = undefined;
    }
  }

  get #capacityProvider(): string {
    const { capacity, fallback = capacity } = this.#options.profile;
    const exhausted = this.#interruptions >= maxInterruptions || this.#capacityTries % 2 === 1;
    return exhausted ? fallback : capacity;
  }

  /** A launch whose task is known to the cluster. Waits for capacity as long as it takes. */
  async #started(known: Launch | undefined): Promise<Launch> {
    const { attempt, step, platform, cluster, request, stop, onProgress, log } = this.#options;
    let launch = known;
    for (;;) {
      stop.throwIfAborted();
      const number = this.#number;
      launch ??= await platform.launch(attempt, {
        step: step.name,
        number,
        request: request(number, this.#capacityProvider) as unknown as Record<string, unknown>,
        taskArn: null,
      });
      if (launch.taskArn !== null) return launch;
      const answer = await cluster.run(launch.request as unknown as RunTaskCommandInput, stop);
      const arn = typeof answer === "string" ? answer : await this.#adopted(answer, launch);
      if (arn !== undefined) {
        log.info("task started", { attempt, step: step.name, launch: number, task: arn });
        return platform.launch(attempt, { ...launch, taskArn: arn });
      }
      const lacking = lackingOf(answer as RunRefusal);
      if (++this.#capacityTries >= maxCapacityTries) {
        throw new StepFailure("NO_CAPACITY", `There was no capacity for this step for a day (${lacking}). Tell the administrator.`);
      }
      onProgress({ step: step.name, stage: this.#stage, waiting: `waiting for capacity: ${lacking}` });
      // A fallback is tried at once.
      const seconds = this.#options.profile.fallback !== undefined && this.#capacityTries % 2 === 1 ? 0 : capacityPauseSeconds(this.#capacityTries);
      await pause(seconds * 1000, undefined, { signal: stop }).catch(() => {});
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

  /** Waits for the result of a task, or for its end without one. */
  async #watch(launch: Launch): Promise<TaskResult | StoppedTask> {
    const { links, cluster, stop, profile, step, lookPauseMs } = this.#options;
    const arn = launch.taskArn as string;
    const deadlines = new Deadlines(isFargate(profile.capacity) ? startDeadlineMs.fargate : startDeadlineMs.ec2);
    let seen: SeenTask | "missing" | null = null;
    let stopping = false;
    const tell = (reason: string, allowanceMs: number) => {
      stopping = true;
      deadlines.set(allowanceMs);
      return cluster.stop(arn, reason);
    };
    const unwatch = cluster.watch(arn, (task) => (seen = task));
    try {
      for (let pauseMs = lookPauseMs; ; pauseMs = Math.min(5_000, pauseMs * 1.2)) {
        // The cluster's word first: a task that had stopped by then has written all it ever will.
        const task = seen as SeenTask | "missing" | null;
        const state = await readTaskState(links.state);
        if (state?.launch === launch.number) {
          if (state.result && !state.result.interrupted) return state.result;
          if (this.#moved(state)) deadlines.set(step.timeLimitSeconds * 1000 + endAllowanceMs);
        }
        if (stop.aborted) {
          const { interruption } = stop.reason as Interrupted;
          // Another worker adopts the task.
          if (interruption === "released") throw stop.reason;
          if (!stopping) await tell(`the attempt was ${interruption}`, stopAllowanceMs);
          if (interruption === "superseded") throw stop.reason;
          if (state?.launch === launch.number && state.result) return state.result;
        }
        const ended = task === "missing" ? await this.#forgotten(launch) : (task?.stopped ?? null);
        if (ended) return ended;
        if (deadlines.passed) {
          if (stopping || this.#stage === "running") return this.#overdue(arn);
          await tell("the task did not start in time", stopAllowanceMs);
        }
        await pause(pauseMs, undefined, { signal: stopping ? undefined : stop }).catch(() => {});
      }
    } finally {
      unwatch();
    }
  }

  /** Whether the step now runs, and did not before. */
  #moved({ stage }: TaskState): boolean {
    if (stage !== "running" || this.#stage === "running") return false;
    this.#stage = "running";
    this.#options.onProgress({ step: this.#options.step.name, stage });
    return true;
  }

  /** A task that neither ends by itself nor when it is told to: `supervise` and the wrapper have both failed. */
  async #overdue(arn: string): Promise<StoppedTask> {
    const { cluster, step } = this.#options;
    await cluster.stop(arn, "the task is long past its time limit");
    if (this.#stage !== "running") return { code: null, reason: "it did not start in time", containers: [] };
    throw new StepFailure("TIME_LIMIT", `The program ran longer than ${step.timeLimitSeconds} s, which is all it has, and was stopped.`);
  }

  /** The cluster describes a stopped task for about an hour; the platform was told why it stopped. */
  async #forgotten(launch: Launch): Promise<StoppedTask | null> {
    const { stopped } = await this.#options.platform.launch(this.#options.attempt, launch);
    return stopped ?? { code: null, reason: "the cluster does not know the task any more", containers: [] };
  }
}

const isInterruption = (stopped: StoppedTask): boolean => {
  const verdict = judgeStop(stopped);
  return verdict.kind === "again" && verdict.interrupted;
};

const lackingOf = (refusal: RunRefusal): string => (refusal.kind === "capacity" ? refusal.lacking : "the cluster is busy");

/** One deadline at a time. */
class Deadlines {
  #at: number;

  constructor(milliseconds: number) {
    this.#at = performance.now() + milliseconds;
  }

  set(milliseconds: number): void {
    this.#at = performance.now() + milliseconds;
  }

  get passed(): boolean {
    return performance.now() > this.#at;
  }
}
