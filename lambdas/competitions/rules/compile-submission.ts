import { substitutionsFor } from "./substitutions.ts";
import type { RunStep } from "./run-steps.ts";
import type {
  ArchiveSource,
  CollectedFile,
  ContainerName,
  ContainerSpec,
  Folder,
  JobSpec,
  Limits,
  Mount,
  ObjectRef,
  Step,
} from "../../../contract/job.ts";

/** The archives of a task. Null if the task does not have one. */
export interface TaskArchives {
  scoringProgram: ObjectRef;
  ingestionProgram: ObjectRef | null;
  inputData: ObjectRef | null;
  referenceData: ObjectRef | null;
}

export interface SubmissionInput {
  submission: ObjectRef;
  task: TaskArchives;
  /** A setting of the task: its ingestion program runs in the scoring step instead of the prediction step. */
  ingestionOnlyDuringScoring: boolean;
  image: string;
  /** Seconds for each step; see `effectiveTimeLimit`. */
  timeLimitSeconds: number;
  network: Step<ObjectRef>["network"];
  /** Whether a single folder around a program or the submission is removed. Not if omitted. */
  liftTopFolders?: boolean;
  limits: Limits;
  /** Capacity profile of each step, and whether it has a network. The standard profile if null or omitted. */
  profiles?: Record<RunStep, { name: string; network: boolean } | null>;
  /** Whether the competition shows detailed results. */
  detailedResults: boolean;
  /** The output of an earlier prediction step. If given, only the scoring step runs. */
  predictionResult?: ObjectRef;
}

const gibibyte = 1024 ** 3;

/** Limits of a step, unless its queue sets others. */
export const defaultLimits: Limits = {
  cpus: 1,
  memoryBytes: 4 * gibibyte,
  pids: 512,
  diskBytes: 20 * gibibyte,
  logBytes: 10 * 1024 ** 2,
  // A signed POST takes one object of at most 5 GB.
  outputBytes: 5 * 1000 ** 3,
};

/** Maximum size of a scores file, in bytes. */
export const maxScoresBytes = 1024 * 1024;
/** Maximum size of a detailed results page, in bytes. */
export const maxDetailedResultsBytes = 32 * 1024 * 1024;

/**
 * Time limit of a step in seconds: the phase's limit, lowered to the caps of its queue. Organizers' own queues may have
 * no cap.
 */
export const effectiveTimeLimit = (phaseSeconds: number, queueCapsSeconds: number[]): number =>
  Math.min(phaseSeconds, ...queueCapsSeconds);

/** The caps that a queue and, on the default queue, the platform set on the time of a step, in seconds. */
export const queueCaps = (
  queue: { max_step_seconds: number | null; is_default: boolean },
  platformCap: number,
): number[] => [queue.max_step_seconds, queue.is_default ? platformCap : null].filter((cap) => cap !== null);

/** Programs have a network only if the organizer requests it and the platform's administrator allows it. */
export const effectiveNetwork = (isWanted: boolean, isAllowed: boolean): Step<ObjectRef>["network"] =>
  isWanted && isAllowed ? "open" : "none";

/**
 * Returns the job that runs a submission on one task: a prediction step, then a scoring step. The prediction step is
 * there even if results are submitted, because what a submission contains is known only when the worker unpacks it.
 * Reference data and the scoring program are never part of the prediction step.
 */
export function compileSubmission(input: SubmissionInput): JobSpec {
  const scoring = scoringStep(input);
  return { steps: input.predictionResult ? [scoring] : [predictionStep(input), scoring] };
}

function predictionStep(input: SubmissionInput): Step<ObjectRef> {
  const ingestion = input.ingestionOnlyDuringScoring ? null : input.task.ingestionProgram;
  const inputData = input.task.inputData;
  return {
    ...commonOf(input, "prediction"),
    name: "prediction",
    folders: [
      folder("submission", [program(input, ownArchive(input.submission, "submission"))]),
      ...programFolder(input, "ingestion_program", ingestion),
      ...datasetFolder("input_data", inputData),
      folder("output", []),
    ],
    containers: [
      container(input, "prediction", "program", "submission", [
        ...inputDataMounts(inputData),
        // `$input` in a submission's own command is /app/input, so the input data is mounted there as well.
        ...(inputData ? [mount("input_data", "/app/input")] : []),
      ]),
      ...(ingestion
        ? [
            container(input, "prediction", "ingestion", "ingestion_program", [
              ...inputDataMounts(inputData),
              mount("submission", "/app/ingested_program"),
              mount("ingestion_program", "/app/ingestion_program"),
            ]),
          ]
        : []),
    ],
    collect: [],
  };
}

function scoringStep(input: SubmissionInput): Step<ObjectRef> {
  const { scoringProgram, referenceData } = input.task;
  const during = input.ingestionOnlyDuringScoring;
  const ingestion = during ? input.task.ingestionProgram : null;
  const inputData = during ? input.task.inputData : null;
  const result: ArchiveSource<ObjectRef> = input.predictionResult
    ? ownArchive(input.predictionResult, "prediction_result")
    : { from: "step", step: "prediction" };
  const shared = [mount("input", "/app/input"), mount("shared", "/app/shared"), ...inputDataMounts(inputData)];
  return {
    ...commonOf(input, "scoring"),
    name: "scoring",
    folders: [
      ...programFolder(input, "scoring_program", scoringProgram),
      ...programFolder(input, "ingestion_program", ingestion),
      ...datasetFolder("input_data", inputData),
      folder("input", [
        ...(referenceData ? [{ at: "ref", archive: dataset(referenceData, "reference_data") }] : []),
        { at: "res", archive: result },
      ]),
      folder("shared", []),
      folder("output", []),
    ],
    containers: [
      container(input, "scoring", "program", "scoring_program", [
        ...shared,
        // Both containers of this step replace `$program` by /app/ingestion_program, and each has its own program
        // there.
        ...(during ? [mount("scoring_program", "/app/ingestion_program")] : []),
      ]),
      ...(ingestion
        ? [
            container(input, "scoring", "ingestion", "ingestion_program", [
              ...shared,
              { ...mount("input", "/app/ingested_program"), subfolder: "res" },
              mount("ingestion_program", "/app/ingestion_program"),
            ]),
          ]
        : []),
    ],
    collect: collectedByScoring(input.detailedResults),
  };
}

function commonOf({ image, timeLimitSeconds, network, limits, profiles }: SubmissionInput, step: RunStep) {
  const profile = profiles?.[step];
  return {
    image,
    timeLimitSeconds,
    network: profile?.network === false ? ("none" as const) : network,
    limits,
    ...(profile ? { profile: profile.name } : {}),
    output: "output",
  };
}

function collectedByScoring(detailedResults: boolean): CollectedFile[] {
  const scores = (["scores.json", "scores.txt"] as const).map((name) => ({
    as: name,
    candidates: [name],
    maxBytes: maxScoresBytes,
    live: false,
  }));
  if (!detailedResults) return scores;
  const page = "detailed_results.html";
  return [...scores, { as: page, candidates: [page, "*.html"], maxBytes: maxDetailedResultsBytes, live: true }];
}

function container(
  input: SubmissionInput,
  step: RunStep,
  name: ContainerName,
  program: string,
  mounts: Mount[],
): ContainerSpec {
  return {
    name,
    program,
    workingDirectory: "/app/program",
    mounts: [mount(program, "/app/program"), mount("output", "/app/output"), ...mounts],
    substitutions: substitutionsFor(name, step, input.ingestionOnlyDuringScoring),
    // If results are submitted as plain files, they are the output of the prediction step.
    withoutMetadata: step === "prediction" && name === "program" ? "copy-to-output" : "error",
    // A submission is scored even if it or the ingestion program failed: scoring programs rely on that.
    mustSucceed: step === "scoring" && name === "program",
  };
}

/** An archive of the task. Workers cache it, because every submission needs it. */
const dataset = (object: ObjectRef, label: string) => ({ from: "object" as const, object, cache: true, label });

/** An archive of this submission. Workers do not cache it, because no other job needs it. */
const ownArchive = (object: ObjectRef, label: string) => ({ ...dataset(object, label), cache: false });

const folder = (name: string, contents: Folder<ObjectRef>["contents"]): Folder<ObjectRef> => ({ name, contents });

const datasetFolder = (name: string, object: ObjectRef | null): Folder<ObjectRef>[] =>
  object ? [folder(name, [{ at: "", archive: dataset(object, name) }])] : [];

/** The content of a folder that holds a program. */
const program = ({ liftTopFolders }: SubmissionInput, archive: ArchiveSource<ObjectRef>) => ({
  at: "",
  archive,
  ...(liftTopFolders ? { liftTopFolder: true } : {}),
});

const programFolder = (input: SubmissionInput, name: string, object: ObjectRef | null): Folder<ObjectRef>[] =>
  object ? [folder(name, [program(input, dataset(object, name))])] : [];

/** Programs may write to all their folders, as in Codabench: each folder belongs to one step of one attempt. */
const mount = (from: string, path: string): Mount => ({ folder: from, subfolder: "", path, readOnly: false });

const inputDataMounts = (inputData: ObjectRef | null) => (inputData ? [mount("input_data", "/app/input_data")] : []);
