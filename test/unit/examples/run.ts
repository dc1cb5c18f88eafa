import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseBundle } from "../../../lambdas/competitions/rules/bundle-format/index.ts";
import { readCommand } from "../../../lambdas/jobs/rules/command.ts";
import type {
  BundleListing,
  BundleResult,
  CompetitionDescription,
  FileSource,
  TaskDescription,
} from "../../../lambdas/competitions/rules/competition.ts";
import type { Example } from "../../support/examples.ts";

/** Parses the competition.yaml of an example over its folder. */
export function parse({ bundle }: Example): BundleResult {
  const listing: BundleListing = {
    kind: (path) => {
      const stats = statSync(join(bundle, path), { throwIfNoEntry: false });
      return stats && (stats.isDirectory() ? "folder" : "file");
    },
    size: (path) => statSync(join(bundle, path)).size,
  };
  return parseBundle(readFileSync(join(bundle, "competition.yaml"), "utf8"), listing);
}

/** The competition of an example; throws with what is wrong with it. */
export function competitionOf(example: Example): CompetitionDescription {
  const result = parse(example);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.competition;
}

export type TaskWithFiles = Extract<TaskDescription, { name: string }>;

/** The tasks of a competition that bring their own files, which those of the examples all do. */
export const tasksOf = (competition: CompetitionDescription): TaskWithFiles[] =>
  competition.tasks.filter((task): task is TaskWithFiles => "files" in task);

export interface ProgramRun {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** What a submission's two steps left: the folders, and how each program ended. */
export interface SubmissionRun {
  predictions: string;
  output: string;
  ingestion: ProgramRun | null;
  scoring: ProgramRun;
}

/**
 * Runs a submission on a task with the machine's own python3, in folders laid out as a step's containers see them, below
 * the empty folder `root`. The examples' ingestion does not pause.
 */
export async function runSubmission(
  { bundle }: Example,
  task: TaskWithFiles,
  submission: string,
  root: string,
): Promise<SubmissionRun> {
  const source = (file: FileSource): string => {
    if (file.from !== "bundle") throw new Error("the examples bring all of their files");
    return join(bundle, file.path);
  };
  const lay = (content: string | null, ...at: string[]): string => {
    const folder = join(root, ...at);
    mkdirSync(folder, { recursive: true });
    if (content) cpSync(content, folder, { recursive: true });
    return folder;
  };
  const { input_data, ingestion_program, scoring_program, reference_data } = task.files;

  // A submission without metadata is copied to the output of the prediction step.
  const predictions = lay(submission, "prediction", "output");
  const ingestion =
    ingestion_program &&
    (await runProgram(lay(source(ingestion_program), "prediction", "program"), [
      ["$input", lay(input_data && source(input_data), "prediction", "input_data")],
      ["$output", predictions],
      ["$submission_program", lay(submission, "prediction", "ingested_program")],
    ]));

  lay(reference_data && source(reference_data), "scoring", "input", "ref");
  lay(predictions, "scoring", "input", "res");
  const output = lay(null, "scoring", "output");
  if (!scoring_program) throw new Error(`${task.name} has no scoring program`);
  const scoring = await runProgram(lay(source(scoring_program), "scoring", "program"), [
    ["$input", join(root, "scoring", "input")],
    ["$output", output],
  ]);
  return { predictions, output, ingestion, scoring };
}

/** Runs the command of a program folder's metadata in that folder. */
async function runProgram(program: string, substitutions: [string, string][]): Promise<ProgramRun> {
  const path = join(program, "metadata.yaml");
  if (!existsSync(path)) throw new Error(`${program} has no metadata.yaml`);
  const command = readCommand({ name: "metadata.yaml", text: readFileSync(path, "utf8") }, substitutions);
  if (command.kind !== "run") throw new Error(`${path}: ${JSON.stringify(command)}`);
  const [name = "", ...args] = command.argv.map((word, n, words) => (words[n - 1] === "--pace" ? "0" : word));
  const child = spawn(name, args, { cwd: program, stdio: ["ignore", "pipe", "pipe"] });
  const [exitCode, stdout, stderr] = await Promise.all([
    new Promise<number | null>((resolve, reject) => child.once("exit", resolve).once("error", reject)),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { exitCode, stdout, stderr };
}
