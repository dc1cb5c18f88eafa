/** One step, from its first launch to its result. */
import { setTimeout as pause } from "node:timers/promises";
import { standardProfile } from "../../../contract/capacity-profile.ts";
import { waitingForCapacity, waitingForHost } from "../../../contract/job.ts";
import type { Launch, Progress, SignedObject, Step, StoppedEcsTask, EcsTaskLinks } from "../../../contract/job.ts";
import type { Interrupted } from "../../failure.ts";
import { StepFailure } from "../../failure.ts";
import type { Log } from "../../log.ts";
import type { WorkerApi } from "../../api-client.ts";
import { readEcsTaskState } from "../../ecs-task/read-state.ts";
import type { EcsTaskResult, EcsTaskState } from "../../ecs-task/contract.ts";
import type { EcsProfile } from "../ecs/config.ts";
import { reasonsOf } from "../ecs/failures.ts";
import type { CapacityBackend, PlaceRefusal, PlaceRequest, SeenPlacement } from "./backend.ts";
import { Deadline } from "./deadline.ts";
import { ProviderChoice } from "./provider-choice.ts";
import { capacityPauseMs } from "./patience.ts";
import type { Patience } from "./patience.ts";

/** The step fails after this number of launches that ended without a result. */
const maxLosses = 3;
/** How often the image may be missing from our repository when ECS pulls it. */
const maxLostImages = 1;
/** The longest pause between two looks at the state that an ECS task writes. */
const maxLookPauseMs = 5_000;

export interface PlacedStepOptions {
  attempt: string;
  step: Step<SignedObject>;
  profile: EcsProfile;
  /** Gives the current signed URLs, which are renewed before they expire. */
  links: () => EcsTaskLinks;
  /** The launches that an earlier worker made. */
  launches: Launch[];
  /** The engine of its profile. */
  backend: CapacityBackend;
  /** All engines: the profile may have had another one when an earlier worker made a launch. */
  backends: CapacityBackend[];
  api: Pick<WorkerApi, "launch" | "capacity">;
  /** Prepares another launch, and gives its request. Throws `StepFailure`. */
  request: (number: number, capacity: string) => Promise<PlaceRequest>;
  /** Makes the next launch look up its image again. */
  forgetImage: () => void;
  /** The first pause between two looks at the state that the ECS task writes. */
  lookPauseMs: number;
  patience: Patience;
  stop: AbortSignal;
  onProgress: (progress: Progress) => void;
  log: Log;
}

/** The end of a launch. `no host`: ECS accepted the request and found no host for it. */
type LaunchEnd = EcsTaskResult | StoppedEcsTask | "no host";

/**
 * Places one step, one launch after the other, until there is a result. The result is the object that `supervise`
 * writes; the engine only says why there is none. Throws `StepFailure` or `Interrupted`.
 */
export class PlacedStep {
  readonly #options: PlacedStepOptions;
  #number: number;
  readonly #providers: ProviderChoice;
  /** The time of the first of some requests without capacity in a row. */
  #lackingSince: number | null = null;
  /** What it waits for in the queue of an engine. */
  #lacking: string | null = null;
  #losses = 0;
  #lostImages = 0;
  #stage: Progress["stage"] = "preparing";
  #waitsForHost = false;

  constructor(options: PlacedStepOptions) {
    this.#options = options;
    this.#number = Math.max(1, ...options.launches.map(({ number }) => number));
    const interruptions = options.launches.filter((launch) => this.#wasInterrupted(launch)).length;
    this.#providers = new ProviderChoice(options.profile, { ...options, interruptions });
  }

  /** The engine that placed a launch, or that is to place it. */
  #backendOf({ request }: Pick<Launch, "request">): CapacityBackend {
    const { backend, backends } = this.#options;
    return backends.find((one) => one.made(request)) ?? backend;
  }

  #wasInterrupted(launch: Launch): boolean {
    if (launch.stopped === null) return false;
    const verdict = this.#backendOf(launch).judge(launch.stopped);
    return verdict.kind === "again" && verdict.interrupted;
  }

  async run(): Promise<EcsTaskResult> {
    const { launches, stop } = this.#options;
    let known = launches.find(({ number }) => number === this.#number);
    for (;;) {
      const launch = await this.#started(known);
      const end = await this.#watch(launch);
      if (end !== "no host" && "report" in end && !end.neverStarted) return end;
      stop.throwIfAborted();
      if (end === "no host") {
        await this.#providers.hadNoHost(this.#lackingOfHosts());
        await this.#waitForCapacity(this.#lackingOfHosts());
      } else await this.#judge(launch, "report" in end ? await this.#whyNotStarted(launch) : end);
      this.#number++;
      known = undefined;
    }
  }

  /** Handles the end of a launch without a result: returns if the step must be launched again, else throws. */
  async #judge(launch: Launch, end: StoppedEcsTask): Promise<void> {
    const { log, forgetImage } = this.#options;
    const verdict = this.#backendOf(launch).judge(end);
    log.with({ launch: this.#number }).warn("task.lost", { code: end.code, error: reasonsOf(end).join("; ") });
    if (verdict.kind === "failed") throw new StepFailure(verdict.code, verdict.message);
    if (verdict.kind === "image lost") {
      if (++this.#lostImages > maxLostImages)
        throw new StepFailure(
          "IMAGE_PULL",
          `The image could not be pulled, also after it was imported again: ${verdict.why}`,
        );
      forgetImage();
      return;
    }
    if (verdict.interrupted) {
      await this.#providers.interrupted();
      this.#report("AWS took the capacity back, starting again");
      return;
    }
    if (++this.#losses >= maxLosses)
      throw new StepFailure("WORKER_ERROR", `${verdict.why.replace(/\.?$/, ".")} This happened ${maxLosses} times.`);
    this.#report(`starting again (${this.#losses + 1} of ${maxLosses})`);
  }

  /** Why a container was not started. The agent tells ECS soon after `supervise` has seen it. */
  async #whyNotStarted(launch: Launch): Promise<StoppedEcsTask> {
    const { lookPauseMs, patience, stop } = this.#options;
    const deadline = new Deadline(patience.stop);
    for (;;) {
      const containers = await this.#backendOf(launch).containersOf(launch.taskArn as string);
      if (deadline.passed || containers.some(({ reason }) => reason !== null))
        return { code: "TaskFailedToStart", reason: "", containers };
      await pause(lookPauseMs, undefined, { signal: stop }).catch(() => {});
      stop.throwIfAborted();
    }
  }

  #report(waiting?: string): void {
    const { step, onProgress } = this.#options;
    onProgress({ step: step.name, stage: this.#stage, ...(waiting === undefined ? {} : { waiting }) });
  }

  /** Starts a launch, or takes one that was made before, and returns it with the ARN of its ECS task. */
  async #started(known: Launch | undefined): Promise<Launch> {
    const { attempt, step, profile, api, request, stop, log } = this.#options;
    let launch = known;
    for (;;) {
      stop.throwIfAborted();
      if (launch === undefined) {
        const capacity = await this.#providers.next();
        launch = await api.launch(attempt, {
          step: step.name,
          number: this.#number,
          request: await request(this.#number, capacity),
          taskArn: null,
        });
      }
      if (launch.taskArn !== null) return launch;
      const backend = this.#backendOf(launch);
      const placed = await backend.place(launch.request, stop);
      if (typeof placed === "string") {
        const microsPerHour = backend.price({ ...profile, capacity: this.#providers.last });
        log
          .with({ launch: this.#number })
          .info("task.started", { task: placed, ...(microsPerHour === null ? {} : { microsPerHour }) });
        return api.launch(attempt, { ...launch, taskArn: placed });
      }
      if (placed.kind === "broken") throw new StepFailure("WORKER_ERROR", placed.message);
      await this.#waitForCapacity(lackingOf(placed));
      // Another number and so another client token, because ECS may repeat its answer for a known token.
      this.#number++;
      launch = undefined;
    }
  }

  /**
   * Waits before capacity is requested again; does not wait before the fallback. Throws NO_CAPACITY after too long a
   * time without.
   */
  async #waitForCapacity(lacking: string): Promise<void> {
    const { patience, stop, log } = this.#options;
    this.#requireCapacity(lacking);
    this.#providers.lacked();
    const { tries } = this.#providers;
    log.warn("capacity.missing", { lacking, tries });
    this.#report(`${waitingForCapacity}: ${lacking}`);
    if (this.#providers.hasOther) return;
    await pause(capacityPauseMs(tries, patience.capacityPause), undefined, { signal: stop }).catch(() => {});
  }

  /** Throws NO_CAPACITY when there has been none for too long. */
  #requireCapacity(lacking: string): void {
    const { step, patience } = this.#options;
    const now = performance.now();
    this.#lackingSince ??= now;
    if (now - this.#lackingSince <= patience.capacity) return;
    const hours = Math.ceil(patience.capacity / 3_600_000);
    const name = step.profile ?? standardProfile;
    throw new StepFailure(
      "NO_CAPACITY",
      `The capacity profile "${name}" had no capacity for this step for ${hours} h (missing: ${lacking}). Choose another profile for the queue, or ask the administrator about the capacity of this one.`,
    );
  }

  #lackingOfHosts(): string {
    const { profile, backend } = this.#options;
    if (profile.gpus > 0) return "GPU";
    return backend.startsOn(profile) === "fargate" ? "capacity" : "hosts";
  }

  /** Waits for the result of an ECS task, or for its end without one. */
  async #watch(launch: Launch): Promise<LaunchEnd> {
    const { links, stop, profile, lookPauseMs, patience, log } = this.#options;
    const backend = this.#backendOf(launch);
    const arn = launch.taskArn as string;
    const deadline = new Deadline(patience.start[backend.startsOn(profile)]);
    let seen: SeenPlacement | "missing" | null = null;
    let stage: EcsTaskState["stage"] | null = null;
    let stopping = false as boolean;
    this.#waitsForHost = false;
    /** Whether it had a host, if it was stopped because it did not start in time. */
    let late = null as "host" | "no host" | null;
    const stopEcsTask = (reason: string) => {
      stopping = true;
      deadline.set(patience.stop);
      return backend.stop(arn, reason, log);
    };
    const unwatch = backend.watch(arn, (task) => (seen = task));
    try {
      for (let pauseMs = lookPauseMs; ; pauseMs = Math.min(maxLookPauseMs, pauseMs * 1.2)) {
        // Read what ECS says before the state: an ECS task that has stopped by then writes no other state.
        const task = seen as SeenPlacement | "missing" | null;
        const state = await readEcsTaskState(links().state);
        if (state?.launch === launch.number) {
          if (state.result && !state.result.interrupted) return state.result;
          if (!stopping && state.result === null && state.stage !== stage)
            deadline.set(await this.#follow((stage = state.stage)));
        }
        if (stop.aborted) {
          const { interruption } = stop.reason as Interrupted;
          // Another worker adopts the ECS task.
          if (interruption === "released") throw stop.reason;
          if (!stopping) {
            await stopEcsTask(`the attempt was ${interruption}`);
            pauseMs = lookPauseMs;
          }
          if (interruption === "superseded") throw stop.reason;
          if (state?.launch === launch.number && state.result) return state.result;
        }
        const ended = task === "missing" ? await this.#forgotten(launch) : (task?.stopped ?? null);
        if (ended === "no host") return ended;
        if (ended && late !== null) return lateEnd(late, ended);
        if (ended) return ended;
        if (stage === null && !backend.queues && backend.startsOn(profile) === "ec2")
          this.#followHost(task !== "missing" && task?.hasHost === false);
        if (!stopping && this.#isQueued(task, backend)) {
          deadline.set(patience.start[backend.startsOn(profile)]);
          await this.#waitInQueue(task.lacking ?? "a place in the queue", () =>
            stopEcsTask("no host was found for it"),
          );
        } else if (deadline.passed) {
          if (this.#stage === "running") return await this.#overdue(launch);
          if (stopping) return late === null ? unstoppable : lateEnd(late, unstoppable);
          late = stage === null && task !== "missing" && task?.hasHost === false ? "no host" : "host";
          await stopEcsTask("the ECS task did not start in time");
        }
        await pause(pauseMs, undefined, { signal: stopping ? undefined : stop }).catch(() => {});
      }
    } finally {
      unwatch();
    }
  }

  /** Reports that the ECS task waits for a host of ours, and when it has got one. */
  #followHost(waits: boolean): void {
    if (waits === this.#waitsForHost) return;
    this.#waitsForHost = waits;
    this.#report(waits ? `${waitingForHost}: one is starting` : undefined);
  }

  /** Whether the engine keeps a launch until there is a host, and there is nowhere else to go. */
  #isQueued(task: SeenPlacement | "missing" | null, { queues }: CapacityBackend): task is SeenPlacement {
    return (
      queues && task !== null && task !== "missing" && !task.hasHost && this.#options.profile.fallback === undefined
    );
  }

  async #waitInQueue(lacking: string, giveUp: () => Promise<void>): Promise<void> {
    if (this.#lacking !== lacking) this.#report(`${waitingForCapacity}: ${lacking}`);
    this.#lacking = lacking;
    try {
      this.#requireCapacity(lacking);
    } catch (error) {
      await giveUp();
      throw error;
    }
  }

  /** Reports the stage of the ECS task, and returns how long it may take in ms. */
  async #follow(stage: EcsTaskState["stage"]): Promise<number> {
    const { step, patience } = this.#options;
    await this.#providers.started();
    this.#lackingSince = null;
    this.#lacking = null;
    if (stage === "running") this.#stage = stage;
    this.#report();
    return stage === "running" ? step.timeLimitSeconds * 1000 + patience.end : patience.prepare;
  }

  /** Stops an ECS task that did not end at its time limit: `supervise` and the wrapper both failed to end it. */
  async #overdue(launch: Launch): Promise<never> {
    const { step, log } = this.#options;
    await this.#backendOf(launch).stop(launch.taskArn as string, "the ECS task is long past its time limit", log);
    throw new StepFailure(
      "TIME_LIMIT",
      `The program exceeded its time limit of ${step.timeLimitSeconds} s and was stopped.`,
    );
  }

  /** Asks the platform why an ECS task stopped. ECS describes a stopped ECS task for about an hour only. */
  async #forgotten(launch: Launch): Promise<StoppedEcsTask | null> {
    const { stopped } = await this.#options.api.launch(this.#options.attempt, launch);
    return stopped ?? { code: null, reason: "ECS no longer knows the ECS task", containers: [] };
  }
}

/** The end of an ECS task that did not start in time. */
function lateEnd(had: "host" | "no host", ended: StoppedEcsTask): LaunchEnd {
  if (had === "no host") return "no host";
  return ended.code === "UserInitiated" ? { ...ended, code: null, reason: "it was not ready in time" } : ended;
}

const unstoppable: StoppedEcsTask = {
  code: null,
  reason: "it was not ready in time and did not stop on request",
  containers: [],
};

const lackingOf = (refusal: PlaceRefusal): string =>
  refusal.kind === "capacity" ? refusal.lacking : "the cluster is busy";
