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

/** The archives of a task; null where the task has none. */
export interface TaskArchives {
  scoringProgram: ObjectRef;
  ingestionProgram: ObjectRef | null;
  inputData: ObjectRef | null;
  referenceData: ObjectRef | null;
}

export interface SubmissionInput {
  submission: ObjectRef;
  task: TaskArchives;
  /** The task's switch: its ingestion program runs beside the scoring program instead of beside the submission. */
  ingestionOnlyDuringScoring: boolean;
  image: string;
  /** Seconds for each step; see `effectiveTimeLimit`. */
  timeLimitSeconds: number;
  network: Step<ObjectRef>["network"];
  limits: Limits;
  /** Capacity profile of each step, and whether steps have a network there; null or left out is the standard profile. */
  profiles?: Record<RunStep, { name: string; network: boolean } | null>;
  /** Whether the competition shows detailed results. */
  detailedResults: boolean;
  /** The output of an earlier prediction step: it is scored again and the submission does not run. */
  predictionResult?: ObjectRef;
}

const gibibyte = 1024 ** 3;

/** What a step may use where no queue says otherwise. */
export const defaultLimits: Limits = {
  cpus: 1,
  memoryBytes: 4 * gibibyte,
  pids: 512,
  diskBytes: 20 * gibibyte,
  logBytes: 10 * 1024 ** 2,
  // A signed POST takes one object of at most 5 GB.
  outputBytes: 5 * 1000 ** 3,
};

/** Largest scores file that is read, in bytes. */
export const maxScoresBytes = 1024 * 1024;
/** Largest detailed results page that is kept, in bytes. */
export const maxDetailedResultsBytes = 32 * 1024 * 1024;

/** Seconds a step may run: the phase's limit, lowered by the caps of its queue. Organizers' own queues may have none. */
export const effectiveTimeLimit = (phaseSeconds: number, queueCapsSeconds: number[]): number =>
  Math.min(phaseSeconds, ...queueCapsSeconds);

/** The network of a competition's programs: its organizer has to want one, and whoever runs the platform to allow it. */
export const effectiveNetwork = (isWanted: boolean, isAllowed: boolean): Step<ObjectRef>["network"] =>
  isWanted && isAllowed ? "open" : "none";

/**
 * The job of a submission on one task: prediction, then scoring. Both steps are always there; what the submission is
 * (results, a program, code for the ingestion program) shows only when it is unpacked. Reference data and the scoring
 * program are never in the prediction step.
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
      folder("submission", [{ at: "", archive: ownArchive(input.submission, "submission") }]),
      ...datasetFolder("ingestion_program", ingestion),
      ...datasetFolder("input_data", inputData),
      folder("output", []),
    ],
    containers: [
      container(input, "prediction", "program", "submission", [
        ...inputDataMounts(inputData),
        // `$input` of a submission's own command is /app/input, so its data is there too.
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
      ...datasetFolder("scoring_program", scoringProgram),
      ...datasetFolder("ingestion_program", ingestion),
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
        // What `$program` stands for in this step of such a task, for both containers: each its own program.
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
    // Results are submitted as plain files: they become the output of the prediction step as they are.
    withoutMetadata: step === "prediction" && name === "program" ? "copy-to-output" : "error",
    // A submission that failed, or an ingestion program that did, is still scored: scoring programs count on it.
    mustSucceed: step === "scoring" && name === "program",
  };
}

/** An archive of the task: every submission needs it, so workers keep it. */
const dataset = (object: ObjectRef, label: string) => ({ from: "object" as const, object, cache: true, label });

/** An archive of this submission: no other job wants it. */
const ownArchive = (object: ObjectRef, label: string) => ({ ...dataset(object, label), cache: false });

const folder = (name: string, contents: Folder<ObjectRef>["contents"]): Folder<ObjectRef> => ({ name, contents });

const datasetFolder = (name: string, object: ObjectRef | null): Folder<ObjectRef>[] =>
  object ? [folder(name, [{ at: "", archive: dataset(object, name) }])] : [];

/** Programs may write wherever they are, as they always could: every folder belongs to one step of one attempt. */
const mount = (from: string, path: string): Mount => ({ folder: from, subfolder: "", path, readOnly: false });

const inputDataMounts = (inputData: ObjectRef | null) => (inputData ? [mount("input_data", "/app/input_data")] : []);
