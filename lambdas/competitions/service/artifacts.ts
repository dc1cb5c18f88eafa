import { attemptsOfJob } from "../../jobs/db/attempts.ts";
import { artifacts, type ContainerName, type StreamName } from "../../../contract/job.ts";
import type { RunStep } from "../rules/run-steps.ts";
import { ObjectMissing } from "../../kernel/objects/objects.ts";
import type { Context } from "../../kernel/context.ts";

/** What the attempts at a job left behind: logs and outputs. */

/** Codabench's names of the eight log streams. */
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

function parts(stream: LogStream): [RunStep, ContainerName, StreamName] {
  const words = stream.split("_");
  return [words[0] as RunStep, words.length === 3 ? "ingestion" : "program", words.at(-1) as StreamName];
}

export interface LogPiece {
  /** Which attempt the log is of. A later attempt starts a log of its own. */
  attempt: number;
  /** Byte that `text` starts at; 0 when an earlier attempt was asked for than the one that counts. */
  offset: number;
  /** Where to go on. */
  next_offset: number;
  text: string;
  /** Whether nothing will be added after `next_offset`. */
  complete: boolean;
}

/** Largest piece answered at once, and the largest chunk a worker writes. */
const maxPieceBytes = 1_000_000;

/**
 * Reads on in a log from a byte offset, while it grows or afterwards. Asking again from `next_offset` until `complete`
 * gives the whole of it.
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
    ? await readWhole(context, prefix + artifacts.log(step, container, name), offset)
    : undefined;
  const bytes =
    whole?.bytes ?? (await readChunks(context, prefix + artifacts.logChunkPrefix(step, container, name), offset));
  // A worker that was lost leaves the chunks it has sent, and nobody adds to them.
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

type Attempt = Awaited<ReturnType<typeof attemptsOfJob>>[number];

/** Whether a step's containers have ended, so that their logs are, or soon will be, one object each. */
function isOver({ ended_when, progress }: Attempt, step: RunStep): boolean {
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
    // A chunk that has not arrived yet ends what can be read for now.
    if (start > at || at - offset >= maxPieceBytes) break;
    const end = Math.min(size, offset + maxPieceBytes - start);
    pieces.push(await objects.getRange(ref, at - start, end));
    at = start + end;
  }
  return Buffer.concat(pieces);
}

/** Leaves off the bytes of a UTF-8 character that is not whole yet. */
function withoutCutCharacter(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const length = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1;
    return length > back ? bytes.subarray(0, -back) : bytes;
  }
  return bytes;
}

const detailedResults = "detailed_results.html";

/** Links to what an attempt left, of detailed results also while scoring runs; null where it left nothing. Good for an hour. */
export async function artifactLinks(context: Context, jobId: string | null) {
  const attempts = jobId === null ? [] : await attemptsOfJob(context.db, jobId);
  const attempt = attempts.at(-1);
  const sign = (name: string, contentType?: string) =>
    context.objects.signGet(
      { bucket: "jobs", key: artifacts.prefix(attempt!.id) + name },
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
    : // Workers upload it whenever it changes; while they do, no report names it.
      attempt?.progress?.step === "scoring" &&
      (await context.objects.head({ bucket: "jobs", key: artifacts.prefix(attempt.id) + page })) !== undefined;
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
