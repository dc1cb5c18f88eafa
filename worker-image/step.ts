import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import yaml from "js-yaml";
import { artifacts } from "../contract/job.ts";
import type {
  ContainerName,
  ContainerReport,
  ContainerSpec,
  Progress,
  SignedObject,
  Step,
  StepName,
  StepReport,
  Warning,
} from "../contract/job.ts";
import { packerOf, unpackerOf } from "./archiver.ts";
import type { Archives, FetchedArchive } from "./archives.ts";
import { Collector } from "./collect.ts";
import { abortedLater, asStepFailure, DiskFailure, Interrupted, StepFailure, unlessAborted } from "./failure.ts";
import type { Occupant } from "./free-space.ts";
import type { Launcher } from "./launchers/launcher.ts";
import type { Log } from "./log.ts";
import type { Packed, PackOptions } from "./pack.ts";
import { runContainers } from "./step-containers.ts";
import type { ContainersResult } from "./step-containers.ts";
import { foldersOf } from "./step-folders.ts";
import type { Plan, StepFolders } from "./step-folders.ts";
import type { StepResult } from "./step-runner.ts";
import type { Uploader } from "./upload.ts";
import { Uploads } from "./uploads.ts";
import { fileTooLarge, outputEmpty, outputWarnings, singleFolder } from "./warnings.ts";

/** How long the logs of a stopped attempt may take to be uploaded. The pieces that were uploaded before are kept anyway. */
const lastLogMs = 1_500;

export interface StepOptions {
  attempt: string;
  step: Step<SignedObject>;
  /** Path of the step's folder, which does not exist yet. */
  root: string;
  archives: Archives;
  /** Returns the path of an earlier step's output archive. */
  outputOf: (step: StepName) => string;
  launcher: Launcher;
  uploader: Uploader;
  /** The attempt's place on the disk. */
  occupant: Occupant;
  /** Stops everything but the upload of logs, which then has little time left. */
  stop: AbortSignal;
  /** Ends the containers, and what comes before them, with the failure that is its reason. The output is kept. */
  ending: AbortSignal;
  /** Stops the upload of logs too, because nothing of the attempt is needed any more. */
  abandon: AbortSignal;
  onProgress: (progress: Progress) => void;
  /** Called when everything is prepared: archives of later steps can be fetched now. */
  onPrepared: () => void;
  log: Log;
}

export interface LocalStepResult extends StepResult {
  /** Path of the output archive; null when there is none. */
  output: string | null;
}

/** Runs one step. Uploads may continue after it returns. Does not throw. */
export async function runStep(options: StepOptions): Promise<LocalStepResult> {
  const run = new StepRun(options);
  return run.run();
}

class StepRun {
  readonly #options: StepOptions;
  readonly #log: Log;
  readonly #folders: StepFolders;
  readonly #uploads = new Uploads();
  readonly #collector: Collector;
  #fetched: FetchedArchive[] = [];
  #preparingSeconds = 0;
  #containers: ContainersResult | null = null;
  #output: { path: string; bytes: number } | null = null;
  #collected: string[] = [];
  readonly #warnings: Warning[] = [];

  constructor(options: StepOptions) {
    this.#options = options;
    const { step, root, uploader, stop } = options;
    this.#log = options.log.with({ step: step.name });
    this.#folders = foldersOf(step, root);
    this.#collector = new Collector(step.collect, {
      folder: this.#folders.output,
      scratch: join(root, "collected"),
      upload: async (as, path) => {
        await this.#uploads.add(uploader.file(artifacts.collected(step.name, as), path, stop));
      },
    });
  }

  async run(): Promise<LocalStepResult> {
    const startedAt = performance.now();
    this.#log.info("step.started", { image: this.#options.step.image });
    let failure: StepFailure | null = null;
    try {
      failure = await this.#run();
    } catch (error) {
      failure = this.#failureFrom(error);
    }
    this.#log.info("step.ended", { failure: failure?.code, seconds: secondsSince(startedAt) });
    return {
      failure,
      output: this.#output?.path ?? null,
      settled: this.#settle(),
    };
  }

  async #run(): Promise<StepFailure | null> {
    const { step, root, launcher, uploader, occupant, stop, ending, onProgress, onPrepared } = this.#options;
    const beforehand = AbortSignal.any([stop, ending]);
    const startedAt = performance.now();
    onProgress({ step: step.name, stage: "preparing" });
    await occupant.require(beforehand);
    await mkdir(join(root, "collected"), { recursive: true });
    const image = launcher.prepareImage(step.image, this.#options.attempt, this.#log);
    // Awaited below, if a container runs.
    image.catch(() => {});
    const plans = await this.#fillFolders(beforehand);
    requireCommand(
      step.name,
      plans.map(({ plan }) => plan),
    );
    for (const { plan } of plans)
      if (plan.kind === "copied" && plan.folder !== undefined)
        this.#warnings.push(singleFolder(plan.folder.name, plan.folder.hasMetadata));
    if (plans.some(({ plan }) => plan.kind === "run")) await unlessAborted(image, beforehand);
    beforehand.throwIfAborted();
    this.#preparingSeconds = (performance.now() - startedAt) / 1000;
    onPrepared();

    this.#containers = await runContainers(plans, {
      attempt: this.#options.attempt,
      step,
      folders: this.#folders,
      root,
      launcher,
      uploader,
      occupant,
      log: this.#log,
      signal: stop,
      ending,
      onRunning: () => {
        onProgress({ step: step.name, stage: "running" });
        this.#collector.watch();
      },
    });
    onProgress({ step: step.name, stage: "done" });
    this.#uploadLogs();
    const { failure, reports, mayRun } = this.#containers;
    if (mayRun) {
      await this.#collector.stop();
      return failure;
    }
    // Output that filled the disk is not needed, and packing it could take longer than the step.
    try {
      const outputFailure = failure instanceof DiskFailure ? null : await this.#packOutput(reports);
      return failure ?? outputFailure;
    } finally {
      this.#uploads.start(this.#collector.finish().then((names) => void (this.#collected = names)));
    }
  }

  /** Unpacks the archives of the step, and decides what its containers do. */
  async #fillFolders(signal: AbortSignal): Promise<{ spec: ContainerSpec; plan: Plan }[]> {
    const { step, archives, outputOf } = this.#options;
    const archiver = unpackerOf(step.name, step.limits.diskBytes, signal);
    try {
      this.#fetched = await this.#folders.fill(archives, archiver, outputOf);
      const plans = [];
      for (const spec of step.containers) plans.push({ spec, plan: await this.#folders.plan(spec, archiver) });
      return plans;
    } finally {
      archiver.close();
    }
  }

  /** Packs the output, even when a container has failed, and starts its upload. */
  async #packOutput(reports: ContainerReport[]): Promise<StepFailure | null> {
    const { step, root, uploader, stop } = this.#options;
    const path = join(root, "output.zip");
    const { leaveOut } = step;
    const reserved = leaveOut === undefined && (await this.#folders.hasOutput(metadataName));
    try {
      const { bytes, entries, leftOut, renamed } = await this.#pack(path, {
        label: `output of ${step.name}`,
        maxBytes: Math.min(step.limits.outputBytes, uploader.maxBytes),
        maxFileBytes: step.limits.diskBytes,
        extra: reserved || leaveOut ? {} : { [metadataName]: metadata(reports) },
        ...(leaveOut && { leaveOut }),
      });
      if (leftOut.length > 0) this.#log.info("output.trimmed", { count: leftOut.length });
      this.#warnings.push(...outputWarnings(step.name, leftOut, renamed));
      // A step of which files are collected has its results there.
      if (entries === 0 && step.collect.length === 0 && reports.some(({ ran }) => ran))
        this.#warnings.push(outputEmpty(step.name));
      this.#output = { path, bytes };
      this.#uploads.start(uploader.file(artifacts.output(step.name), path, stop));
    } catch (error) {
      if (error instanceof StepFailure) return error;
      throw error;
    }
    if (!reserved) return null;
    const message = `The output of ${step.name} has a file named "${metadataName}". The platform writes a file of that name itself. Choose another name.`;
    return new StepFailure("RESERVED_OUTPUT", message);
  }

  /** A worker that is not root may be unable to read files that a container's root user wrote. */
  async #pack(path: string, options: PackOptions): Promise<Packed> {
    const { launcher, step, stop } = this.#options;
    const archiver = packerOf(step.name, step.limits.diskBytes, stop);
    const { output } = this.#folders;
    try {
      return await archiver.order("pack", output, path, options).catch(async (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== "EACCES") throw error;
        await unlessAborted(launcher.reclaim(output, step.image), stop);
        return archiver.order("pack", output, path, options);
      });
    } finally {
      archiver.close();
    }
  }

  #uploadLogs(): void {
    const { uploader, stop, abandon } = this.#options;
    const signal = AbortSignal.any([abandon, abortedLater(stop, lastLogMs)]);
    for (const { name, path } of this.#containers?.logs ?? []) this.#uploads.start(uploader.file(name, path, signal));
  }

  #failureFrom(error: unknown): StepFailure | null {
    return error instanceof Interrupted ? null : asStepFailure(error);
  }

  async #settle(): Promise<{ report: StepReport; failure: StepFailure | null }> {
    const { bytes, error } = await this.#uploads.settle();
    const { step } = this.#options;
    const containers = this.#containers;
    const report: StepReport = {
      name: step.name,
      containers: containers?.reports ?? step.containers.map(({ name }) => neverRan(name)),
      usage: {
        wallSeconds: containers?.wallSeconds ?? 0,
        cpuSeconds: containers?.cpuSeconds ?? 0,
        peakMemoryBytes: containers?.peakMemoryBytes ?? 0,
        downloadedBytes: this.#fetched.reduce((sum, { downloaded }) => sum + downloaded, 0),
        uploadedBytes: bytes,
        preparingSeconds: this.#preparingSeconds,
      },
      outputBytes: this.#output?.bytes ?? null,
      collected: this.#collected,
      md5: Object.fromEntries(this.#fetched.map(({ label, md5 }) => [label, md5])),
      warnings: [...this.#warnings, ...this.#collector.tooLarge.map((file) => fileTooLarge(step.name, file))],
    };
    return { report, failure: error === undefined ? null : this.#failureFrom(error) };
  }
}

/** To a thousandth. */
const secondsSince = (start: number): number => Math.round(performance.now() - start) / 1000;

const metadataName = "metadata";

/** The file in which CodaLab's worker tells the scoring program how the other programs ended. */
function metadata(reports: ContainerReport[]): string {
  const ran = (name: ContainerName) => reports.find((report) => report.name === name && report.ran) ?? null;
  const program = ran("program");
  const ingestion = ran("ingestion");
  return yaml.dump({
    exitCode: program?.exitCode ?? null,
    elapsedTime: program?.elapsedSeconds ?? ingestion?.elapsedSeconds ?? null,
    ingestionExitCode: ingestion?.exitCode ?? null,
    ingestionElapsedTime: ingestion?.elapsedSeconds ?? null,
  });
}

/** The report of a step that never ran. */
export const emptyReport = (step: Step<SignedObject>): StepReport => ({
  name: step.name,
  containers: step.containers.map(({ name }) => neverRan(name)),
  usage: {
    wallSeconds: 0,
    cpuSeconds: 0,
    peakMemoryBytes: 0,
    downloadedBytes: 0,
    uploadedBytes: 0,
    preparingSeconds: 0,
  },
  outputBytes: null,
  collected: [],
  md5: {},
});

const neverRan = (name: ContainerName): ContainerReport => ({
  name,
  ran: false,
  exitCode: null,
  outOfMemory: false,
  elapsedSeconds: 0,
  logs: { stdout: { bytes: 0, truncated: false }, stderr: { bytes: 0, truncated: false } },
});

/**
 * Fails when a program was given but no container can run: a later step would fail too, with a less helpful message.
 */
function requireCommand(step: StepName, plans: Plan[]): void {
  const reasons = plans.map((plan) => (plan.kind === "skip" ? plan.reason : undefined));
  const reason = reasons.find((found) => typeof found === "string");
  if (reason === undefined || reasons.includes(undefined)) return;
  throw new StepFailure("NO_COMMAND", `No program of ${step} can run. ${reason}`);
}
