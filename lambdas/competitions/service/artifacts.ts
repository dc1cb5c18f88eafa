/** Logs and outputs of the attempts of a job. */
import { attemptsOfJob } from "../../jobs/db/attempts.ts";
import { artifacts, type ContainerName, type StreamName } from "../../../contract/job.ts";
import { withoutCutCharacter } from "../rules/log-cursor.ts";
import type { RunStep } from "../rules/run-steps.ts";
import { ObjectMissing } from "../../kernel/objects/objects.ts";
import type { Context } from "../../kernel/context.ts";

/** The eight log streams, with Codabench's names. */
export const logStreams = [
  "prediction_stdout",
  "prediction_stderr",
  "prediction_ingestion_stdout",
  "prediction_ingestion_stderr",
  "scoring_stdout",
  "scoring_stderr",
  "scoring_ingestion_stdout",
  "scoring_ingestion_stderr",
] as const;
export type LogStream = (typeof logStreams)[number];

/** The step, container and stream that a log is of. */
export function parts(stream: LogStream): [RunStep, ContainerName, StreamName] {
  const words = stream.split("_");
  return [words[0] as RunStep, words.length === 3 ? "ingestion" : "program", words.at(-1) as StreamName];
}

export interface LogPiece {
  /** The attempt that wrote the log. A new attempt starts a new log. */
  attempt: number;
  /** Offset in bytes at which `text` starts. 0 if the requested attempt is not the current one. */
  offset: number;
  /** Offset of the next request. */
  next_offset: number;
  text: string;
  /** Whether the log ends at `next_offset`. */
  complete: boolean;
}

/** Maximum size of one answer, and of the chunks that workers write. */
const maxPieceBytes = 1_000_000;

/**
 * Reads a log from a byte offset, during the run or later. To read all of it, repeat with `next_offset` until
 * `complete`.
 */
export async function readLog(
  context: Context,
  jobId: string | null,
  stream: LogStream,
  from: { attempt?: number | undefined; offset: number },
): Promise<LogPiece> {
  const attempt = jobId === null ? undefined : (await attemptsOfJob(context.db, jobId)).at(-1);
  if (!attempt) return { attempt: 0, offset: 0, next_offset: 0, text: "", complete: false };
  const offset = from.attempt === undefined || from.attempt === attempt.number ? from.offset : 0;
  const [step, container, name] = parts(stream);
  const prefix = artifacts.prefix(attempt.id);
  const whole = isOver(attempt, step)
    ? await readWhole(context, attempt.files + artifacts.log(step, container, name), offset)
    : undefined;
  const bytes =
    whole?.bytes ?? (await readChunks(context, prefix + artifacts.logChunkPrefix(step, container, name), offset));
  // If a worker was lost, the chunks it has sent are complete: nobody adds to them.
  const complete = whole ? whole.complete : attempt.ended_when !== null && bytes.length < maxPieceBytes;
  const shown = complete ? bytes : withoutCutCharacter(bytes);
  return {
    attempt: attempt.number,
    offset,
    next_offset: offset + shown.length,
    text: shown.toString("utf8"),
    complete,
  };
}

export type Attempt = Awaited<ReturnType<typeof attemptsOfJob>>[number];

/** Whether a step's containers have ended. Each of their logs is then stored as one object, or will be soon. */
export function isOver({ ended_when, progress }: Attempt, step: RunStep): boolean {
  if (ended_when !== null) return true;
  if (progress?.step === step) return progress.stage === "done";
  return progress !== null && step === "prediction";
}

async function readWhole({ objects }: Context, key: string, offset: number) {
  try {
    const bytes = await objects.getRange({ bucket: "jobs", key }, offset, offset + maxPieceBytes);
    return { bytes, complete: bytes.length < maxPieceBytes };
  } catch (error) {
    if (error instanceof ObjectMissing) return undefined;
    throw error;
  }
}

async function readChunks({ objects }: Context, prefix: string, offset: number): Promise<Buffer> {
  const chunkKey = (at: number) => prefix + at.toString().padStart(15, "0");
  const earliest = offset - maxPieceBytes - 1;
  const { objects: chunks } = await objects.list(
    { bucket: "jobs", key: prefix },
    earliest >= 0 ? { startAfter: chunkKey(earliest) } : {},
  );
  const pieces: Buffer[] = [];
  let at = offset;
  for (const { ref, size } of chunks) {
    const start = Number(ref.key.slice(prefix.length));
    if (start + size <= at) continue;
    // If a chunk has not arrived yet, the log can be read only up to it.
    if (start > at || at - offset >= maxPieceBytes) break;
    const end = Math.min(size, offset + maxPieceBytes - start);
    pieces.push(await objects.getRange(ref, at - start, end));
    at = start + end;
  }
  return Buffer.concat(pieces);
}

/** The page with which a scoring program explains its scores. */
export const detailedResults = "detailed_results.html";

/**
 * Links to the logs and outputs of a job's last attempt, valid for an hour. Null for outputs that do not exist.
 * Detailed results are linked while scoring still runs.
 */
export async function artifactLinks(context: Context, jobId: string | null) {
  const attempts = jobId === null ? [] : await attemptsOfJob(context.db, jobId);
  const attempt = attempts.at(-1);
  const sign = (name: string, contentType?: string) =>
    context.objects.signGet(
      { bucket: "jobs", key: attempt!.files + name },
      { seconds: 3600, ...(contentType ? { contentType } : {}) },
    );
  const steps = attempt?.report?.steps ?? [];
  const logs = await Promise.all(
    logStreams.flatMap((stream) => {
      const [step, container, name] = parts(stream);
      const report = steps.find((s) => s.name === step)?.containers.find((c) => c.name === container);
      if (!report || report.logs[name].bytes === 0) return [];
      const url = sign(artifacts.log(step, container, name), "text/plain; charset=utf-8");
      return [url.then((data_file) => ({ name: stream, data_file }))];
    }),
  );
  const output = (step: RunStep) =>
    steps.some((s) => s.name === step && s.outputBytes !== null) ? sign(artifacts.output(step)) : null;
  const page = artifacts.collected("scoring", detailedResults);
  const detailed = attempt?.report
    ? steps.some((s) => s.name === "scoring" && s.collected.includes(detailedResults))
    : // While scoring runs, no report mentions the page, although workers upload it whenever it changes.
      attempt?.progress?.step === "scoring" &&
      (await context.objects.head({ bucket: "jobs", key: attempt.files + page })) !== undefined;
  return {
    logs,
    prediction_result: await output("prediction"),
    scoring_result: await output("scoring"),
    detailed_result: detailed ? await sign(page, "text/html; charset=utf-8") : null,
    attempts: attempts.map((a) => ({
      number: a.number,
      host: a.host,
      launcher: a.launcher,
      outcome: a.outcome,
      failure: a.failure,
      started_when: a.started_when,
      ended_when: a.ended_when,
      cost_usd: a.cost_microusd === null ? null : (a.cost_microusd / 1e6).toFixed(6),
      steps: (a.report?.steps ?? []).map(({ name, containers, usage }) => ({
        name,
        usage,
        containers: containers.map((c) => ({
          name: c.name,
          ran: c.ran,
          exit_code: c.exitCode,
          out_of_memory: c.outOfMemory,
        })),
      })),
    })),
  };
}
