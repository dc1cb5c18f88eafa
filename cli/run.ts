import { randomBytes, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compileSubmission,
  defaultLimits,
  effectiveNetwork,
} from "../lambdas/competitions/rules/compile-submission.ts";
import type { CompetitionDescription, FileSource } from "../lambdas/competitions/rules/competition.ts";
import { computeScores } from "../lambdas/competitions/rules/computed-columns.ts";
import { scoreColumns } from "../lambdas/competitions/rules/score-columns.ts";
import { artifacts, type JobFailure, type ObjectRef, type StepReport } from "../contract/job.ts";
import { formatScore } from "../lambdas/competitions/rules/score-format.ts";
import type { BundleArchive } from "../lambdas/competitions/service/bundle-import/bundle-archive.ts";
import { copyOut, fileNameOf } from "../lambdas/competitions/service/bundle-import/bundle-files.ts";
import { imageFault } from "../lambdas/jobs/rules/image-reference.ts";
import { writeManifest } from "../lambdas/jobs/service/manifest.ts";
import { runWarnings } from "../lambdas/competitions/rules/run-warnings.ts";
import { runFailure } from "../lambdas/competitions/rules/submission-status.ts";
import { judgeScores } from "../lambdas/competitions/service/scoring-result.ts";
import { Objects } from "../lambdas/kernel/objects/objects.ts";
import { writeLogTo } from "../lambdas/kernel/log.ts";
import { startObjectStore } from "../local/object-store/server.ts";
import { ArchiveCache } from "../worker-image/archive-cache.ts";
import { Attempt } from "../worker-image/attempt.ts";
import { causeOf } from "../worker-image/failure.ts";
import { defaultReserveBytes, FreeSpace, lessLeftThan } from "../worker-image/free-space.ts";
import { chooseLauncher } from "../worker-image/launchers/choose.ts";
import { LocalStepRunner } from "../worker-image/local-steps.ts";
import { jsonLog } from "../worker-image/log.ts";
import type { StepRunner } from "../worker-image/step-runner.ts";
import { openHome } from "../worker-image/work-folder.ts";
import { exitCodes, launchers, NotFound, UsageError, type Command } from "./command.ts";
import { interrupted } from "./interruption.ts";
import { readBundle } from "./local-bundle.ts";
import { complain, print, printJson, show } from "./output.ts";
import { report } from "./report.ts";
import { launcherFor, type LocalLauncher } from "./this-machine.ts";
import { zipAt } from "./zip.ts";

const cacheBytes = 10 * 1000 ** 3;
/** Longest log that is printed. */
const maxLogBytes = defaultLimits.logBytes + 1000;

type Task = Extract<CompetitionDescription["tasks"][number], { name: string }>;

interface TaskResult {
  task: string;
  scores: Record<string, string>;
  failure: JobFailure | null;
  warnings: string[];
}

/** The command `run`. */
export const runLocally: Command["run"] = ({ words: [bundle, submission], text, flag, json }) => {
  const wanted = launchers.find((kind) => kind === (text("launcher") ?? "auto"));
  if (!wanted) throw new UsageError(`--launcher must be one of ${launchers.join(", ")}.`);
  const otherImage = text("image") || process.env["BENCHSTACK_IMAGE"] || undefined;
  const fault = otherImage === undefined ? null : imageFault(otherImage);
  if (fault !== null) throw new UsageError(`The image "${otherImage}" ${fault}.`);
  const settings = { allowNetwork: flag("allow-network"), json };
  return readBundle(bundle!, async (result, archive) => {
    if (!result.ok || !archive) {
      show(json, { ok: false, problems: result.problems }, () => report(false, result.problems));
      return exitCodes.failed;
    }
    const competition = { ...result.competition, dockerImage: otherImage ?? result.competition.dockerImage };
    const { phase, tasks } = selectTasks(competition, { phaseName: text("phase"), taskName: text("task") });
    const { launcher, why } = await launcherFor(competition.dockerImage, wanted);
    complain(why);
    const results = await withLocalRun(launcher, async (localRun) => {
      const submitted = await localRun.storeFile(submission!);
      const done: TaskResult[] = [];
      for (const task of tasks) {
        interrupted.throwIfAborted();
        if (!json) print(`${phase.name}, ${task.name}\n`);
        const outcome = await localRun.run(competition, phase.executionTimeLimit, task, submitted, archive, settings);
        if (!json) print(describe(outcome, competition));
        done.push(outcome);
      }
      return done;
    });
    if (json) printJson(results);
    return results.every(({ failure }) => failure === null) ? exitCodes.done : exitCodes.failed;
  });
};

/** Selects the phase and the tasks to run. Throws `NotFound` for unknown names. */
function selectTasks(
  competition: CompetitionDescription,
  { phaseName, taskName }: { phaseName: string | undefined; taskName: string | undefined },
) {
  const phase =
    phaseName === undefined ? competition.phases[0] : competition.phases.find(({ name }) => name === phaseName);
  if (!phase)
    throw new NotFound(
      "phase",
      `There is no phase "${phaseName}". The phases are ${competition.phases.map(({ name }) => `"${name}"`).join(", ")}.`,
    );
  const tasks = phase.tasks.map((index) => competition.tasks.find((task) => task.index === index)!);
  const own = tasks.filter((task): task is Task => "name" in task);
  if (own.length < tasks.length)
    throw new Error("A task of this phase is given by its key. Only the platform with this task can run it.");
  const wanted = own.filter(({ name }) => taskName === undefined || name === taskName);
  if (wanted.length === 0)
    throw new NotFound(
      "task",
      `There is no task "${taskName}". The tasks are ${own.map(({ name }) => `"${name}"`).join(", ")}.`,
    );
  return { phase, tasks: wanted };
}

const boardsOf = ({ leaderboard, furtherLeaderboards }: CompetitionDescription) => [
  leaderboard,
  ...furtherLeaderboards,
];

/** Formats the scores as the leaderboards show them, or the failure. */
function describe({ scores, failure, warnings }: TaskResult, competition: CompetitionDescription): string {
  const lines = failure
    ? [`  Failed (${failure.code}): ${failure.message}`]
    : scoreColumns(boardsOf(competition)).map(({ key, title, precision }) => {
        const score = scores[key];
        return `  ${title}: ${score === undefined ? "n/a" : formatScore(score, precision)}`;
      });
  return [...lines, ...warnings.map((warning) => `  Warning: ${warning}`), ""].join("\n");
}

/** Starts a launcher and a temporary object store for the duration of `use`. */
async function withLocalRun<Result>(kind: LocalLauncher, use: (bench: LocalRun) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "benchstack-run-"));
  const credentials = { accessKeyId: "run", secretAccessKey: randomBytes(32).toString("base64url") };
  const region = "us-east-1";
  const buckets = { uploads: "uploads", jobs: "jobs" };
  writeLogTo((_level, line) => process.stderr.write(`${line}\n`));
  const store = await startObjectStore({
    directory: join(folder, "objects"),
    ...credentials,
    region,
    buckets: Object.values(buckets),
  });
  const objects = new Objects({ buckets, region, credentials, endpoint: store.endpoint, forcePathStyle: true });
  try {
    const log = jsonLog(() => undefined);
    const home = await openHome(join(folder, "worker"), log);
    const launcher = await chooseLauncher(kind, {
      workerId: home.workerId,
      pull: "missing",
      maxImageBytes: Infinity,
      // The image is one that the person at this machine chose.
      registries: "all",
      home: join(folder, "worker"),
      log,
    });
    const cache = await ArchiveCache.open(home.cache, cacheBytes);
    const space = new FreeSpace(lessLeftThan(defaultReserveBytes, [folder, ...launcher.disks]), log);
    return await use(new LocalRun(objects, new LocalStepRunner(launcher, cache, space, home.attempt), home.attempt));
  } finally {
    objects.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

class LocalRun {
  readonly #objects: Objects;
  readonly #runner: StepRunner;
  readonly #folderOf: (attemptId: string) => string;

  constructor(objects: Objects, runner: StepRunner, folderOf: (attemptId: string) => string) {
    this.#objects = objects;
    this.#runner = runner;
    this.#folderOf = folderOf;
  }

  async storeFile(path: string): Promise<ObjectRef> {
    const zip = await zipAt(path);
    const ref: ObjectRef = { bucket: "uploads", key: randomUUID() };
    await this.#objects.put(ref, { stream: createReadStream(zip.path), length: zip.size });
    await zip.release();
    return ref;
  }

  async #storePart(archive: BundleArchive, source: FileSource | null): Promise<ObjectRef | null> {
    if (source === null) return null;
    if (source.from === "dataset")
      throw new Error(
        `The bundle refers to the dataset ${source.key}. Only the platform with this dataset can run it.`,
      );
    const ref: ObjectRef = { bucket: "uploads", key: `${randomUUID()}/${fileNameOf(archive, source)}` };
    await copyOut(this.#objects, archive, source, ref);
    return ref;
  }

  async run(
    competition: CompetitionDescription,
    timeLimitSeconds: number,
    task: Task,
    submission: ObjectRef,
    archive: BundleArchive,
    { json, allowNetwork }: { json: boolean; allowNetwork: boolean },
  ): Promise<TaskResult> {
    const { files } = task;
    const scoringProgram = await this.#storePart(archive, files.scoring_program);
    if (!scoringProgram) throw new Error(`The task "${task.name}" has no scoring program.`);
    const spec = compileSubmission({
      submission,
      task: {
        scoringProgram,
        ingestionProgram: await this.#storePart(archive, files.ingestion_program),
        inputData: await this.#storePart(archive, files.input_data),
        referenceData: await this.#storePart(archive, files.reference_data),
      },
      ingestionOnlyDuringScoring: task.ingestionOnlyDuringScoring,
      image: competition.dockerImage,
      timeLimitSeconds,
      network: effectiveNetwork(competition.enableNetwork, allowNetwork),
      liftTopFolders: competition.liftTopFolders,
      limits: defaultLimits,
      detailedResults: competition.enableDetailedResults,
    });
    const id = randomUUID();
    const sign = () =>
      writeManifest(this.#objects, spec, { id, jobId: id, number: 1 }, { leaseSeconds: 60, heartbeatSeconds: 30 });
    /** Of a fault of this machine. Its owner reads this. */
    let cause = "";
    const attempt = new Attempt({
      manifest: await sign(),
      renew: sign,
      folder: this.#folderOf(id),
      runner: this.#runner,
      examine: (fault) => {
        cause = ` ${causeOf(fault)}`;
        return Promise.resolve(null);
      },
      onProgress: ({ step, stage }) => {
        if (!json) print(`  ${step}: ${stage}\n`);
      },
      log: jsonLog(() => undefined),
    });
    const interrupt = () => attempt.interrupt("cancelled");
    interrupted.addEventListener("abort", interrupt);
    const report = await attempt.run();
    interrupted.removeEventListener("abort", interrupt);
    await attempt.cleanUp();
    interrupted.throwIfAborted();
    if (!report) throw new Error("The run was superseded.");
    if (!json) for (const step of report.steps) await this.#printLogs(id, step);
    const failed = (failure: JobFailure): TaskResult => ({
      ...{ task: task.name, scores: {}, warnings: warned(report) },
      failure: { ...failure, message: runFailure(failure, report) + cause },
    });
    if (report.outcome !== "succeeded") return failed(report.failure ?? cancelled);
    const boards = boardsOf(competition);
    const end = await judgeScores(this.#objects, artifacts.prefix(id), report, scoreColumns(boards));
    if (end.state === "failed") return failed(end.failure);
    const computed = boards.flatMap(({ columns }) => [...computeScores(columns, [end.result.scores])]);
    const scores = Object.fromEntries([...end.result.scores, ...computed]);
    return { task: task.name, scores, failure: null, warnings: warned(report, end.result.warnings) };
  }

  async #printLogs(attemptId: string, { name: step, containers }: StepReport): Promise<void> {
    for (const { name, logs } of containers)
      for (const stream of ["stdout", "stderr"] as const) {
        if (logs[stream].bytes === 0) continue;
        const key = artifacts.prefix(attemptId) + artifacts.log(step, name, stream);
        const text = (await this.#objects.get({ bucket: "jobs", key }, maxLogBytes)).toString("utf8");
        print(`  ${step} ${name} ${stream}:\n${text.trimEnd().replace(/^/gm, "    ")}\n`);
      }
  }
}

const warned = (...run: Parameters<typeof runWarnings>) => runWarnings(...run).map(({ message }) => message);

const cancelled: JobFailure = { code: "WORKER_ERROR", message: "The run was cancelled.", step: null };
