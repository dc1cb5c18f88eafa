/** All logs of a run, in the order in which they arrived. */
import { setTimeout as pause } from "node:timers/promises";
import { beginWait, endWait } from "../db/waits.ts";
import { findRun } from "../db/submission-jobs.ts";
import { cursorOf, cursorText, startOfLogs, textsOf, type Piece, type StreamPosition } from "../rules/log-cursor.ts";
import { isFinal } from "../rules/submission-status.ts";
import { attemptsOfJob } from "../../jobs/db/attempts.ts";
import { artifacts } from "../../../contract/job.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { ObjectMissing } from "../../kernel/objects/objects.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { isOver, logStreams, parts, type Attempt, type LogStream } from "./artifacts.ts";

export interface LogEntry {
  stream: LogStream;
  /** When it arrived. */
  time: Date;
  text: string;
}

export interface LogEntries {
  /** Where the next request goes on. */
  cursor: string;
  attempt: number;
  entries: LogEntry[];
  /** Whether nothing follows. */
  complete: boolean;
}

/** Seconds after which a request that did not wait is worth repeating: workers send what is printed about so often. */
const askAgainSeconds = 2;

/** How much of a stream is read at once. One piece that is larger is read whole. */
const maxStreamBytes = 250_000;
/** How many pieces of a stream that grows are read at once. */
const maxPieces = 100;
/** Two looks are this far apart: workers send pieces of a log no faster. */
const pauseMs = 1000;
/** A wait keeps a function and its connection to the database, of which the API has twenty on AWS. */
const limitOfWaits = { seconds: 30, most: 6, mostOfPerson: 2 };

/**
 * What the programs of a submission printed after a cursor. If that is nothing yet, waits for some seconds, unless so many
 * requests wait already.
 */
export async function logEntries(
  context: Context,
  actor: UserActor,
  submissionId: number,
  { cursor, waitSeconds }: { cursor: string | undefined; waitSeconds: number },
): Promise<LogEntries & { askAgainSeconds: number }> {
  const found = await look(context, submissionId, cursor);
  if (isWorthTelling(found)) return { ...found, askAgainSeconds: 0 };
  const wait = waitSeconds === 0 ? undefined : await beginWait(context.db, actor.id, limitOfWaits);
  if (wait === undefined) return { ...found, askAgainSeconds };
  try {
    const end = performance.now() + waitSeconds * 1000;
    for (;;) {
      const left = end - performance.now();
      await pause(Math.max(0, Math.min(pauseMs, left)));
      const next = await look(context, submissionId, cursor);
      if (isWorthTelling(next) || left <= pauseMs) return { ...next, askAgainSeconds: 0 };
    }
  } finally {
    await endWait(context.db, wait);
  }
}

const isWorthTelling = ({ entries, complete }: LogEntries) => entries.length > 0 || complete;

async function look(context: Context, submissionId: number, given: string | undefined): Promise<LogEntries> {
  const from = given === undefined ? startOfLogs(0, logStreams.length) : cursorOf(given, logStreams.length);
  if (!from)
    throw new Refusal(
      "invalid",
      "BAD_CURSOR",
      "Begin without a cursor, and go on with the cursor of the last answer.",
      {
        cursor: ["This is no cursor of an answer."],
      },
    );
  const { status = "Cancelled", job = null } = (await findRun(context.db, submissionId)) ?? {};
  const isEnded = isFinal(status);
  const attempt = job === null ? undefined : (await attemptsOfJob(context.db, job)).at(-1);
  if (!attempt) return { cursor: cursorText(from), attempt: from.attempt, entries: [], complete: isEnded };
  // A new attempt begins new logs.
  const { streams } = from.attempt === attempt.number ? from : startOfLogs(attempt.number, logStreams.length);
  const read = await Promise.all(logStreams.map((stream, at) => readStream(context, attempt, stream, streams[at]!)));
  return {
    cursor: cursorText({ attempt: attempt.number, streams: read.map(({ position }) => position) }),
    attempt: attempt.number,
    entries: read
      .flatMap(({ texts }, at) => texts.map((one) => ({ stream: logStreams[at]!, ...one })))
      .sort((a, b) => a.time.getTime() - b.time.getTime()),
    complete: isEnded && attempt.ended_when !== null && read.every(({ position: { ended } }) => ended),
  };
}

async function readStream(context: Context, attempt: Attempt, stream: LogStream, from: StreamPosition) {
  const nothing = { texts: [], position: from };
  if (from.ended || !hasBegun(attempt, stream)) return nothing;
  const [step, container, name] = parts(stream);
  const places = {
    whole: attempt.files + artifacts.log(step, container, name),
    pieces: artifacts.prefix(attempt.id) + artifacts.logChunkPrefix(step, container, name),
  };
  const whole = isOver(attempt, step) ? await readWhole(context, places, from.offset, attempt) : undefined;
  const { pieces, ended } = whole ?? (await readGrowing(context, places.pieces, from.offset, attempt));
  return textsOf(from, pieces, ended);
}

/** Whether a container can have printed something to a stream. The report of an attempt says how much there is of each. */
function hasBegun({ report, progress, ended_when }: Attempt, stream: LogStream): boolean {
  const [step] = parts(stream);
  if (ended_when !== null || report) return true;
  return progress !== null && (progress.step === step || step === "prediction");
}

interface Places {
  whole: string;
  /** Prefix of the pieces, whose names are their offsets. */
  pieces: string;
}

const pieceName = (offset: number) => offset.toString().padStart(15, "0");

/** Reads a log that is stored as one object. The pieces that were sent before say when each part of it arrived. */
async function readWhole({ objects }: Context, places: Places, offset: number, { ended_when }: Attempt) {
  const { objects: listed, truncated } = await objects.list(
    { bucket: "jobs", key: places.pieces },
    offset > 0 ? { startAfter: places.pieces + pieceName(offset - 1) } : {},
  );
  const parts: { start: number; end: number; time: Date }[] = [];
  let at = 0;
  for (const { ref, size, modified } of listed) {
    if (at >= maxStreamBytes || Number(ref.key.slice(places.pieces.length)) !== offset + at) break;
    parts.push({ start: at, end: at + size, time: modified });
    at += size;
  }
  // The text ends where a piece does, so that the next request begins with a piece, or else goes on after the last one.
  const morePieces = at > 0 && (parts.length < listed.length || truncated);
  const end = morePieces ? at : at + maxStreamBytes;
  const bytes = await objects
    .getRange({ bucket: "jobs", key: places.whole }, offset, offset + end)
    .catch(unlessMissing);
  if (!bytes) return undefined;
  // What was printed last was sent in no piece.
  if (bytes.length > at)
    parts.push({ start: at, end: bytes.length, time: ended_when ?? parts.at(-1)?.time ?? new Date() });
  return {
    pieces: parts.map(({ start, end, time }): Piece => ({ time, bytes: bytes.subarray(start, end) })),
    ended: !morePieces && bytes.length < end,
  };
}

/**
 * Reads the pieces of a log that grows. The next piece has a name that is known, so to find none costs one request for an
 * object, which is a twelfth of what a listing costs.
 */
async function readGrowing({ objects }: Context, prefix: string, offset: number, { ended_when }: Attempt) {
  const read = (at: number) =>
    objects.getRange({ bucket: "jobs", key: prefix + pieceName(at) }, 0, Number.MAX_SAFE_INTEGER);
  const first = await read(offset).catch(unlessMissing);
  // If a worker was lost, nobody adds to what it has sent.
  if (!first) return { pieces: [], ended: ended_when !== null };
  const { objects: listed } = await objects.list(
    { bucket: "jobs", key: prefix },
    { limit: maxPieces, ...(offset > 0 ? { startAfter: prefix + pieceName(offset - 1) } : {}) },
  );
  const pieces: Promise<Piece>[] = [];
  let at = offset;
  for (const { ref, size, modified } of listed) {
    // If a piece has not arrived yet, the log can be read only up to it.
    if (Number(ref.key.slice(prefix.length)) !== at || at - offset >= maxStreamBytes) break;
    const bytes = at === offset ? Promise.resolve(first) : read(at);
    pieces.push(bytes.then((content) => ({ time: modified, bytes: content })));
    at += size;
  }
  return { pieces: await Promise.all(pieces), ended: false };
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof ObjectMissing) return undefined;
  throw error;
}
