/** The launcher inside an ECS task. */
import { once } from "node:events";
import { chmod, lstat, rename, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type { SignedObject, Step } from "../../contract/job.ts";
import { measure, noUse } from "../disk-use.ts";
import type { DiskUse } from "../disk-use.ts";
import { StepFailure } from "../failure.ts";
import type { ContainerEnd, Launcher, LaunchRequest, RunningContainer } from "../launchers/launcher.ts";
import { Unreachable } from "../live-port.ts";
import { UsageSampler } from "../launchers/usage-sampler.ts";
import { retry } from "../retry.ts";
import { inAgent } from "./layout.ts";
import { LogTail } from "./log-tail.ts";
import type { ContainerState, EcsTaskMetadata } from "./metadata.ts";

/**
 * The pause between two looks at the logs and at the state of the containers. The ECS agent allows 40 requests a
 * second.
 */
const lookPauseMs = 200;
/** How long the ECS agent may not answer before the step fails. */
const agentPatienceMs = 30_000;
/** A wrapper ends its program within a tenth of a second. If it does not, the program has manipulated it. */
const killPatienceMs = 20_000;
/** The wrapper also enforces the time limit, a little later, in case `supervise` does not run any more. */
const wrapperGraceSeconds = 5;

/**
 * Starts the programs of a step inside its ECS task. Their containers run already, and their wrappers wait for
 * instructions. `supervise` uses it instead of an engine.
 */
export class EcsTaskLauncher implements Launcher {
  readonly kind = "ecs";
  /** None: the disk of the ECS task belongs to its step. */
  readonly disks: string[] = [];
  readonly #metadata: EcsTaskMetadata;
  readonly #step: Step<SignedObject>;
  readonly #onEscape: () => void;
  readonly #launched = new Set<LaunchRequest["name"]>();

  /** `onEscape` is called when a container does not end on request. Only the end of the ECS task can stop it then. */
  constructor(metadata: EcsTaskMetadata, step: Step<SignedObject>, onEscape: () => void) {
    this.#metadata = metadata;
    this.#step = step;
    this.#onEscape = onEscape;
  }

  removeLeftovers(): Promise<number> {
    return Promise.resolve(0);
  }

  /** Does nothing: the ECS task could not have started without the image. */
  prepareImage(): Promise<void> {
    return Promise.resolve();
  }

  releaseImages(): Promise<void> {
    return Promise.resolve();
  }

  async launch(request: LaunchRequest): Promise<RunningContainer> {
    const { name, argv, limits } = request;
    const state = await this.#state(name);
    if (state === undefined || state.stopped) throw neverStarted(request, state?.exitCode ?? null);
    // The volume belongs to this ECS task only, and its programs may run as any user.
    await chmod(inAgent.temporary(name), 0o1777);
    await chmod(inAgent.logs(name), 0o777);
    // One more byte shows that the log is truncated.
    const maxBytes = this.#step.limits.logBytes + 1;
    const tails = [
      await LogTail.create(join(inAgent.logs(name), "stdout"), request.stdout, maxBytes),
      await LogTail.create(join(inAgent.logs(name), "stderr"), request.stderr, maxBytes),
    ];
    const seconds = this.#step.timeLimitSeconds + wrapperGraceSeconds;
    await this.#write(name, "plan", `${["1", seconds, limits.pids, this.#step.limits.logBytes, ...argv].join("\0")}\0`);
    this.#launched.add(name);
    const usage = new UsageSampler(() => this.#metadata.usage(name));
    const ended = this.#end(request, tails, usage).finally(() => usage.stop());
    ended.catch(() => {});
    return {
      ended,
      kill: () => this.#kill(name, ended),
      // Its /tmp is in the scratch folder. The disk of the ECS task limits the rest of its root file system.
      useOutsideFolders: () => Promise.resolve(noUse),
    };
  }

  /** All containers of a task share one network. */
  async connect(_attempt: string, port: number): Promise<Duplex> {
    const socket = connect({ host: "127.0.0.1", port });
    await once(socket, "connect").catch((error: unknown) => {
      throw new Unreachable(`Nothing listens on port ${port} of the run.`, { cause: error });
    });
    return socket;
  }

  async removeContainers(): Promise<void> {
    await Promise.all([...this.#launched].map((name) => this.#write(name, "stop", "").catch(() => {})));
  }

  async #end(request: LaunchRequest, tails: LogTail[], usage: UsageSampler): Promise<ContainerEnd> {
    const { name } = request;
    const startedAt = performance.now();
    let state: ContainerState | undefined;
    let ran = false;
    do {
      await pause(lookPauseMs);
      for (const tail of tails) await tail.read();
      state = await this.#state(name);
      ran ||= state?.running === true;
    } while (!state?.stopped);
    const elapsedSeconds = (performance.now() - startedAt) / 1000;
    for (const tail of tails) {
      await tail.read();
      await tail.close();
    }
    if (state.exitCode === null)
      throw ran
        ? new StepFailure("WORKER_ERROR", `The container of the ${name} was lost.`)
        : neverStarted(request, null);
    const outOfMemory = await lstat(join(inAgent.logs(name), "out-of-memory")).catch(() => null);
    return { exitCode: state.exitCode, outOfMemory: outOfMemory !== null, elapsedSeconds, ...usage.used() };
  }

  async #kill(name: LaunchRequest["name"], ended: Promise<ContainerEnd>): Promise<void> {
    await this.#write(name, "stop", "");
    const patience = new AbortController();
    const escaped = pause(killPatienceMs, "escaped", { signal: patience.signal }).catch(() => "ended");
    if (
      (await Promise.race([
        ended.then(
          () => "ended",
          () => "ended",
        ),
        escaped,
      ])) === "escaped"
    )
      this.#onEscape();
    patience.abort();
  }

  #state(name: string): Promise<ContainerState | undefined> {
    return retry(() => this.#metadata.container(name), { forMs: agentPatienceMs, again: () => true }).catch(
      (error: unknown) => {
        throw new StepFailure("WORKER_ERROR", "The ECS agent does not answer.", { cause: error });
      },
    );
  }

  /** Writes a file for a wrapper atomically. */
  async #write(name: LaunchRequest["name"], file: string, content: string): Promise<void> {
    const path = join(inAgent.control(name), file);
    await writeFile(`${path}.new`, content);
    await chmod(`${path}.new`, 0o644);
    await rename(`${path}.new`, path);
  }

  /** Measures what it may read: `supervise` is root. */
  measure(folder: string, _image: string, signal: AbortSignal): Promise<DiskUse> {
    return measure(folder, { signal });
  }

  /** Does nothing: `supervise` is root and can read the files of every user. */
  reclaim(): Promise<void> {
    return Promise.resolve();
  }
}

/** A container that ECS could not start. */
export class NeverStarted extends StepFailure {}

/**
 * The failure of a container whose program could not be started. The ECS agent can report it at any time, also after the plan
 * was written. Without an exit code, the container itself did not start.
 */
function neverStarted({ name, image }: LaunchRequest, exitCode: number | null): StepFailure {
  if (exitCode === null) return new NeverStarted("WORKER_ERROR", `The container of the ${name} was not started.`);
  const message = `The container of the ${name} ended before its program was started (exit code ${exitCode}). Check that the image ${image} is for this kind of machine.`;
  return new StepFailure("PROGRAM_EXIT", message);
}
