import { mkdir } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { artifacts } from "../contract/job.ts";
import type { ContainerReport, ContainerSpec, SignedObject, Step, StreamName } from "../contract/job.ts";
import { measure, noUse, sumOf } from "./disk-use.ts";
import type { DiskUse } from "./disk-use.ts";
import { DiskWatch, exceeded } from "./disk-watch.ts";
import { abortedLater, asStepFailure, readableSize, StepFailure, unlessAborted } from "./failure.ts";
import type { Occupant } from "./free-space.ts";
import type { ContainerEnd, Launcher, RunningContainer } from "./launchers/launcher.ts";
import type { Log } from "./log.ts";
import { LogFile, LogShipper } from "./logs.ts";
import { within } from "./retry.ts";
import type { Plan, StepFolders } from "./step-folders.ts";
import type { Uploader } from "./upload.ts";

const streams = ["stdout", "stderr"] as const;

/** A program that was not seen to end in this time after it was killed counts as lost. */
const maxKillMs = 30_000;
/** The same for an attempt that is interrupted: nobody needs to know how its programs ended. */
const maxInterruptMs = 1_500;
/** The exit code of a program that was killed. */
const killedExitCode = 128 + constants.signals.SIGKILL;

export interface ContainersOptions {
  attempt: string;
  step: Step<SignedObject>;
  folders: StepFolders;
  /** A folder for logs and scratch folders. */
  root: string;
  launcher: Launcher;
  log: Log;
  uploader: Uploader;
  occupant: Occupant;
  /** Stops the containers. */
  signal: AbortSignal;
  /** Stops them as a limit does, with the failure that is its reason. */
  ending: AbortSignal;
  /** Called when all containers run. */
  onRunning: () => void;
}

export interface ContainersResult {
  reports: ContainerReport[];
  wallSeconds: number;
  cpuSeconds: number;
  peakMemoryBytes: number;
  /** Null when the containers succeeded or were interrupted. */
  failure: StepFailure | null;
  /** Complete logs to upload, with their object names. */
  logs: { name: string; path: string }[];
  /** Whether a program may still run, because its end was not seen. Then nothing may read what it can write. */
  mayRun: boolean;
}

/** One container of the step and its state. */
interface Member {
  spec: ContainerSpec;
  plan: Plan;
  logs: Record<StreamName, LogFile>;
  shippers: LogShipper[];
  scratch: string;
  container: RunningContainer | null;
  end: ContainerEnd | null;
  /** It may run, because nobody waited for the answer to its launch, or saw its end. */
  lost: boolean;
  /** The worker killed it before it ended by itself. */
  killed: boolean;
  failure: StepFailure | null;
}

/**
 * Runs the containers of a step at the same time, within the step's limits, until all have ended. The result holds
 * failures of programs and launchers. Throws only other errors, for example of a full disk.
 */
export async function runContainers(
  plans: { spec: ContainerSpec; plan: Plan }[],
  options: ContainersOptions,
): Promise<ContainersResult> {
  const members = await Promise.all(plans.map((planned) => prepare(planned, options)));
  const running = new RunningStep(members, options);
  return running.run();
}

async function prepare(
  { spec, plan }: { spec: ContainerSpec; plan: Plan },
  options: ContainersOptions,
): Promise<Member> {
  const { root, step, uploader, signal } = options;
  const scratch = join(root, "scratch", spec.name);
  await mkdir(scratch, { recursive: true });
  const log = (stream: StreamName) => LogFile.create(join(root, `${spec.name}.${stream}.log`), step.limits.logBytes);
  const logs = { stdout: await log("stdout"), stderr: await log("stderr") };
  const shippers = streams.map((stream) => {
    const ship = (offset: number, piece: Buffer) =>
      uploader.piece(artifacts.logChunk(step.name, spec.name, stream, offset), piece, signal);
    return new LogShipper(logs[stream], ship);
  });
  return { spec, plan, logs, shippers, scratch, container: null, end: null, lost: false, killed: false, failure: null };
}

class RunningStep {
  readonly #members: Member[];
  readonly #options: ContainersOptions;
  /** The limit because of which the containers were stopped. */
  #limit: StepFailure | null = null;
  #stopping: Promise<void> | null = null;
  /** Aborted when killed programs were not seen to end in time. */
  readonly #gaveUp = new AbortController();

  constructor(members: Member[], options: ContainersOptions) {
    this.#members = members;
    this.#options = options;
  }

  async run(): Promise<ContainersResult> {
    const startedAt = performance.now();
    await Promise.all(this.#members.map((member) => this.#launch(member)));
    const wallSeconds = await this.#untilEnded(startedAt);
    const failure =
      this.#limitFailure() ??
      this.#members.map((member) => this.#failureOf(member)).find((found) => found !== null) ??
      null;
    await Promise.all(this.#members.map((member) => this.#closeLogs(member, failure)));
    const ends = this.#members.flatMap(({ end }) => end ?? []);
    return {
      reports: this.#members.map(report),
      wallSeconds,
      cpuSeconds: ends.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
      // The containers run at the same time, so their peaks add up.
      peakMemoryBytes: ends.reduce((sum, { peakMemoryBytes }) => sum + peakMemoryBytes, 0),
      failure,
      logs: this.#members.flatMap(({ spec, logs }) =>
        streams.flatMap((stream) => {
          const name = artifacts.log(this.#options.step.name, spec.name, stream);
          return logs[stream].bytes === 0 ? [] : { name, path: logs[stream].path };
        }),
      ),
      mayRun: this.#members.some(({ lost }) => lost),
    };
  }

  async #launch(member: Member): Promise<void> {
    const { attempt, step, folders, launcher, log, signal } = this.#options;
    const { spec, plan, logs, scratch } = member;
    if (plan.kind !== "run") return;
    try {
      const launch = launcher.launch({
        attempt,
        log,
        name: spec.name,
        image: step.image,
        argv: plan.argv,
        workingDirectory: spec.workingDirectory,
        folders: folders.bound(spec),
        network: step.network,
        limits: step.limits,
        ...logs,
        scratch,
      });
      // An interruption does not wait for a launcher that hangs. The container is removed with the attempt.
      member.container = await unlessAborted(launch, signal);
    } catch (error) {
      const failure = asStepFailure(error);
      // A launcher that failed itself may have started the program.
      member.lost = signal.aborted || failure.code === "WORKER_ERROR";
      if (!signal.aborted) member.failure = failure;
    }
  }

  /** Returns the seconds until the last container ended. */
  async #untilEnded(startedAt: number): Promise<number> {
    const { step, occupant, signal, ending, onRunning } = this.#options;
    const started = this.#members.filter(({ container }) => container !== null);
    if (started.length === 0) return 0;
    // Otherwise a program would wait for its partner, which could not be started, until the time limit.
    if (this.#members.some(({ failure }) => failure !== null)) this.#stop(null);
    else onRunning();

    const interrupt = () => this.#stop(null);
    if (signal.aborted) interrupt();
    signal.addEventListener("abort", interrupt);
    const end = () => this.#stop(asStepFailure(ending.reason));
    if (ending.aborted) end();
    ending.addEventListener("abort", end);
    const clock = setTimeout(() => this.#stop(timeLimit(step.timeLimitSeconds)), step.timeLimitSeconds * 1000);
    const { diskBytes } = step.limits;
    const disk = new DiskWatch(
      diskBytes,
      (stopped) => this.#diskUse(stopped),
      (failure) => this.#stop(failure),
    );
    const unwatch = occupant.watch({
      diskUse: () => this.#diskUse(signal),
      stop: (failure) => this.#stop(failure),
    });
    await Promise.all(started.map((member) => this.#settle(member)));
    const wallSeconds = (performance.now() - startedAt) / 1000;
    clearTimeout(clock);
    unwatch();
    signal.removeEventListener("abort", interrupt);
    ending.removeEventListener("abort", end);
    const measured = disk.stop();
    await this.#stopping;
    // A launcher that lost a program may not answer this either.
    if (started.some(({ lost }) => lost)) return wallSeconds;
    // An engine may need seconds to measure a container, which an interruption does not wait for.
    await unlessAborted(measured, signal).catch(() => {});
    // A program may fail because a write was refused before the next measurement.
    const failed = started.some(({ end }) => end !== null && end.exitCode !== 0);
    if (failed && !this.#stopping) {
      const use = await unlessAborted(this.#diskUse(signal), signal).catch(() => noUse);
      this.#limit = exceeded(use, diskBytes);
    }
    return wallSeconds;
  }

  /** What the step's folders, logs and containers occupy. */
  async #diskUse(signal: AbortSignal): Promise<DiskUse> {
    const { root, launcher, step } = this.#options;
    const seen = await measure(root, { signal });
    const inside = seen.isPartial ? await launcher.measure(root, step.image, signal) : seen;
    const outside = await Promise.all(this.#members.flatMap(({ container }) => container?.useOutsideFolders() ?? []));
    return sumOf([inside, ...outside]);
  }

  /** Kills running containers, and gives them up when their ends are not seen in time. Only the first call has an effect. */
  #stop(limit: StepFailure | null): void {
    this.#stopping ??= (async () => {
      this.#limit = limit;
      const ends = this.#members.map(async (member) => {
        if (member.container === null || member.end !== null) return;
        member.killed = true;
        await member.container.kill().catch(() => {});
        await member.container.ended.catch(() => {});
      });
      const late = within(maxKillMs / 1000, abortedLater(this.#options.signal, maxInterruptMs));
      await unlessAborted(Promise.all(ends), late).catch(() => this.#gaveUp.abort(unstoppable()));
    })();
  }

  async #settle(member: Member): Promise<void> {
    if (member.container === null) return;
    try {
      member.end = await unlessAborted(member.container.ended, this.#gaveUp.signal);
      // Otherwise it had ended before, and the worker learned it too late, for example from an engine that hung.
      member.killed &&= member.end.exitCode === killedExitCode;
    } catch (error) {
      member.lost = true;
      if (!this.#options.signal.aborted) member.failure = asStepFailure(error);
    }
  }

  /**
   * The failure of the limit because of which the containers were stopped. A time limit counts only if no program can
   * have ended in time without the worker seeing it, for example while the engine hung.
   */
  #limitFailure(): StepFailure | null {
    if (this.#limit?.code !== "TIME_LIMIT") return this.#limit;
    const { timeLimitSeconds } = this.#options.step;
    const started = this.#members.filter(({ container }) => container !== null);
    if (started.some(({ end }) => end === null)) return null;
    const late = started.some(({ killed, end }) => killed || (end?.elapsedSeconds ?? 0) > timeLimitSeconds);
    return late ? this.#limit : null;
  }

  #failureOf({ spec, end, killed, failure }: Member): StepFailure | null {
    const { step } = this.#options;
    const who = `The ${spec.name} of ${step.name}`;
    if (failure !== null) return failure;
    if (end === null || killed || end.exitCode === 0) return null;
    if (end.outOfMemory) {
      const limit = readableSize(step.limits.memoryBytes);
      return new StepFailure("OUT_OF_MEMORY", `${who} used more than its memory limit of ${limit} and was stopped.`);
    }
    if (!spec.mustSucceed) return null;
    return new StepFailure("PROGRAM_EXIT", `${who} exited with code ${end.exitCode}${exitHint(end.exitCode)}.`);
  }

  /** Writes the reason of the end to the log when the program could not write it itself. */
  async #closeLogs(
    { spec, plan, logs, shippers, failure, killed, end }: Member,
    stepFailure: StepFailure | null,
  ): Promise<void> {
    await Promise.all(shippers.map((shipper) => shipper.stop()));
    if (plan.kind === "skip" && plan.reason) await logs.stderr.note(`[the ${spec.name} was not run: ${plan.reason}]`);
    else if (failure) await logs.stderr.note(`[${failure.message}]`);
    else if (stepFailure && (killed || end?.outOfMemory)) await logs.stderr.note(`[${stepFailure.message}]`);
    await Promise.all(streams.map((stream) => logs[stream].close()));
  }
}

function report({ spec, end, killed, logs }: Member): ContainerReport {
  return {
    name: spec.name,
    ran: end !== null || killed,
    exitCode: end === null || killed ? null : end.exitCode,
    outOfMemory: end?.outOfMemory ?? false,
    elapsedSeconds: end?.elapsedSeconds ?? 0,
    logs: {
      stdout: { bytes: logs.stdout.bytes, truncated: logs.stdout.truncated },
      stderr: { bytes: logs.stderr.bytes, truncated: logs.stderr.truncated },
    },
  };
}

const timeLimit = (seconds: number) =>
  new StepFailure("TIME_LIMIT", `The program exceeded its time limit of ${seconds} s and was stopped.`);

const unstoppable = () =>
  new StepFailure("WORKER_ERROR", `This worker could not stop the program within ${maxKillMs / 1000} s.`);

/** Explains exit codes that shells and container runtimes define. */
function exitHint(exitCode: number): string {
  if (exitCode === 126) return ": its command is not executable";
  if (exitCode === 127) return ": its command was not found in the image";
  if (exitCode === killedExitCode)
    return ` (signal ${constants.signals.SIGKILL}): it was killed, often because memory ran out`;
  return exitCode > 128 ? ` (signal ${exitCode - 128})` : "";
}
