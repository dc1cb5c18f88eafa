/** Why a submission failed, with what its programs printed last. */
import { findFailedRun } from "../db/submission-jobs.ts";
import type { SubmissionRow } from "../db/submissions.ts";
import { tellingContainer } from "../rules/submission-status.ts";
import { attemptsOfJob } from "../../jobs/db/attempts.ts";
import { artifacts, type ContainerName, type StreamName } from "../../../contract/job.ts";
import type { Context } from "../../kernel/context.ts";
import { ObjectMissing } from "../../kernel/objects/objects.ts";

const maxLines = 20;
const maxBytes = 8000;

export interface Failure {
  /** The submission, or the child that failed first. */
  submission: number;
  code: string | null;
  message: string | null;
  step: string | null;
  container: ContainerName | null;
  exitCode: number | null;
  /** The log that the last lines are from; null if the container printed nothing, or none ran. */
  stream: StreamName | null;
  lastLines: string[];
}

/** Why a submission has failed; null if it has not. Without `withOutput`, it says nothing about what programs printed. */
export async function failureOf(
  context: Context,
  { id, status, files_deleted }: SubmissionRow,
  { withOutput }: { withOutput: boolean },
): Promise<Failure | null> {
  if (status !== "Failed") return null;
  const run = await findFailedRun(context.db, id);
  if (!run) return null;
  const told = { submission: run.id, code: run.failure_code, message: run.status_details };
  const nothing = { ...told, step: null, container: null, exitCode: null, stream: null, lastLines: [] };
  if (!withOutput || run.job_id === null) return nothing;
  const attempt = (await attemptsOfJob(context.db, run.job_id)).at(-1);
  const telling = attempt && tellingContainer({ step: attempt.failure?.step ?? null }, attempt.report);
  if (!telling) return { ...nothing, step: attempt?.failure?.step ?? null };
  const { step, container, stream } = telling;
  const key = attempt.files + (stream ? artifacts.log(step, container, stream) : "");
  return { ...told, ...telling, lastLines: stream && !files_deleted ? await lastLines(context, key) : [] };
}

/** The last lines of a log, as a terminal shows them: what follows a carriage return is written over the line. */
async function lastLines({ objects }: Context, key: string): Promise<string[]> {
  const ref = { bucket: "jobs", key } as const;
  const size = (await objects.head(ref))?.size ?? 0;
  const start = Math.max(0, size - maxBytes);
  const text = await objects.getRange(ref, start, size).catch((error: unknown) => {
    if (error instanceof ObjectMissing) return Buffer.alloc(0);
    throw error;
  });
  const lines = text.toString("utf8").trimEnd().split("\n");
  // The first line is cut where the text begins inside it.
  const whole = start > 0 && lines.length > 1 ? lines.slice(1) : lines;
  return text.length === 0 ? [] : whole.slice(-maxLines).map((line) => line.trimEnd().split("\r").at(-1)!);
}
