import { text } from "node:stream/consumers";
import type { ApiClient, ContainerEnd, Submission } from "../client/api-client.ts";
import { ApiError } from "../client/api-error.ts";
import { coloured, harmlessLine } from "./terminal.ts";

/** A container that failed, with the end of its log. */
export interface FailedContainer {
  step: string;
  container: string;
  exit_code: number | null;
  out_of_memory: boolean;
  /** The log that `last_lines` are from, for example `scoring_stderr`; null if it printed nothing. */
  stream: string | null;
  last_lines: string[];
}

/** How a submission ended on one task. */
export interface TaskOutcome {
  /** The submission, or its child for this task. */
  id: number;
  task: string | null;
  status: string;
  status_details: string | null;
  warnings: string[];
  scores: { column_key: string; score: string }[];
  failed_containers: FailedContainer[];
}

/** How a submission ended, and how on each of its tasks. */
export type Outcome = Submission & { task_outcomes: TaskOutcome[] };

const maxLastLines = 10;

/** Reads how an ended submission ended. */
export async function outcomeOf(client: ApiClient, id: number): Promise<Outcome> {
  const submission = await client.submission(id);
  const runs =
    submission.children.length === 0
      ? [submission]
      : await Promise.all(submission.children.map((child) => client.submission(child)));
  const task_outcomes = await Promise.all(
    runs.map(async (run) => ({
      id: run.id,
      task: run.task?.name ?? null,
      status: run.status,
      status_details: run.status_details,
      warnings: run.warnings,
      scores: run.scores,
      failed_containers: run.status === "Failed" ? await failedContainers(client, run.id) : [],
    })),
  );
  return { ...submission, task_outcomes };
}

/** Whether a submission has finished on all of its tasks. */
export const hasFinished = ({ status, task_outcomes: outcomes }: Outcome): boolean =>
  status === "Finished" && outcomes.every((one) => one.status === "Finished");

/** The containers of the last attempt that ended badly, first ones first. Empty if organizers hide the output. */
async function failedContainers(client: ApiClient, id: number): Promise<FailedContainer[]> {
  try {
    const { attempts, logs } = await client.submissionDetails(id);
    const ends = (attempts.at(-1)?.steps ?? []).flatMap(({ name: step, containers }) =>
      containers.map((end) => ({ step, end })),
    );
    const failed = ends.filter(({ end }) => end.ran && (end.out_of_memory || (end.exit_code ?? 0) !== 0));
    return await Promise.all(
      failed.map(async ({ step, end }) => {
        const log = ["stderr", "stdout"]
          .map((stream) => `${step}${end.name === "ingestion" ? "_ingestion" : ""}_${stream}`)
          .flatMap((stream) => logs.filter(({ name }) => name === stream))
          .at(0);
        const lines = log ? (await text(await client.download(log.data_file))).trimEnd().split("\n") : [];
        return { ...described(step, end), stream: log?.name ?? null, last_lines: lines.slice(-maxLastLines) };
      }),
    );
  } catch (error) {
    if (isHidden(error)) return [];
    throw error;
  }
}

const described = (step: string, { name, exit_code, out_of_memory }: ContainerEnd) => ({
  step,
  container: name,
  exit_code,
  out_of_memory,
});

/** Whether a request was refused because organizers hide the output of submissions. */
export const isHidden = (error: unknown): boolean => error instanceof ApiError && error.code === "OUTPUT_HIDDEN";

/** Formats how a submission ended: for several tasks, task by task. */
export function shownOutcome(outcome: Outcome): string {
  const { status, status_details: details, task_outcomes: outcomes } = outcome;
  if (outcome.children.length === 0) return shownTask(outcomes[0]!, "");
  const finished = outcomes.filter((one) => one.status === "Finished").length;
  const summary =
    status === "Finished" && finished < outcomes.length
      ? `Finished on ${finished} of ${outcomes.length} tasks only`
      : `${coloured(status)}${details ? `: ${details}` : ""}`;
  const ofTasks = new Set(outcomes.flatMap(({ scores }) => scores as Submission["scores"]).map(({ id }) => id));
  const own = outcome.scores.filter(({ id }) => !ofTasks.has(id));
  return [`${summary}\n`, shownScores(own), ...outcomes.map((one) => shownTask(one, `${taskName(one)}: `))].join("");
}

/** Name of the task in a line. */
export const taskName = ({ task, id }: { task: string | { name: string } | null; id: number }): string =>
  harmlessLine((typeof task === "string" ? task : task?.name) ?? `Submission ${id}`);

function shownTask({ status, status_details, scores, warnings, failed_containers }: TaskOutcome, who: string): string {
  return [
    `${who}${coloured(status)}${status_details ? `: ${status_details}` : ""}\n`,
    shownScores(scores),
    ...warnings.map((warning) => `  Warning: ${warning}\n`),
    ...failed_containers.map(shownFailure),
  ].join("");
}

const shownScores = (scores: TaskOutcome["scores"]) =>
  scores.map(({ column_key, score }) => `  ${harmlessLine(column_key)}: ${Number(score)}\n`).join("");

function shownFailure({ step, container, exit_code, out_of_memory, stream, last_lines }: FailedContainer): string {
  const who =
    container === "ingestion"
      ? `The ingestion program of the ${step} step`
      : step === "prediction"
        ? "The submission's own program"
        : `The ${step} program`;
  const end = out_of_memory ? "used too much memory" : `exited with code ${exit_code}`;
  const quoted = last_lines.map((line) => `    ${line.split("\r").at(-1)}\n`).join("");
  return stream === null
    ? `  ${who} ${end} and printed nothing.\n`
    : `  ${who} ${end}. The last lines of ${stream}:\n${quoted}`;
}
