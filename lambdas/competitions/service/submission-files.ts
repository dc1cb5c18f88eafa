/** The files of submissions that somebody may open: what was submitted, what programs printed, and their outputs. */
import { artifacts, type ObjectRef } from "../../../contract/job.ts";
import { latestAttempts } from "../../jobs/db/attempts.ts";
import type { Context } from "../../kernel/context.ts";
import { may, type Actor } from "../../policy/policy.ts";
import type { SubmissionWithFacts } from "./access.ts";
import { detailedResults, isOver, logStreams, parts, type Attempt, type LogStream } from "./artifacts.ts";

/** Bytes of a file that are an object of the store. */
interface Piece {
  ref: ObjectRef;
  size: number;
}

/** A file of a submission. A log that grows is stored in pieces. */
export interface SubmissionFile {
  name: string;
  size: number;
  pieces: Piece[];
}

/** How to find the pieces of a file; undefined if the file is not there. */
type Find = () => Promise<Piece[] | undefined>;

/** The latest attempts at submissions whose files were not deleted, by the ids of the submissions. */
export async function attemptsOfSubmissions(
  { db }: Pick<Context, "db">,
  submissions: readonly SubmissionWithFacts["submission"][],
): Promise<Map<number, Attempt>> {
  const kept = submissions.filter(({ files_deleted }) => !files_deleted);
  const attempts = await latestAttempts(
    db,
    kept.flatMap(({ job_id }) => job_id ?? []),
  );
  const byJob = new Map(attempts.map((attempt) => [attempt.job_id, attempt]));
  return new Map(
    kept.flatMap(({ id, job_id }): [number, Attempt][] => {
      const attempt = job_id === null ? undefined : byJob.get(job_id);
      return attempt ? [[id, attempt]] : [];
    }),
  );
}

/** The files of a submission that an actor may open, or only the one with a name. `attempt` is the latest one. */
export async function submissionFiles(
  context: Context,
  actor: Actor,
  found: SubmissionWithFacts,
  attempt: Attempt | undefined,
  name?: string,
): Promise<SubmissionFile[]> {
  const all = filesOf(context, actor, found, attempt);
  const wanted = [...all].filter(([one]) => name === undefined || one === name);
  const files = await Promise.all(
    wanted.map(async ([one, find]) => {
      const pieces = await find();
      return pieces && { name: one, pieces, size: pieces.reduce((sum, { size }) => sum + size, 0) };
    }),
  );
  return files.filter((file) => file !== undefined);
}

function filesOf(
  context: Context,
  actor: Actor,
  { submission, facts }: SubmissionWithFacts,
  attempt: Attempt | undefined,
): Map<string, Find> {
  const files = new Map<string, Find>();
  const { data_object_key: key, files_deleted, detailed_results: showsDetails } = submission;
  const seesDetails = may(actor, "submission.details", facts);
  if (key !== null && !files_deleted && (seesDetails || may(actor, "submission.download", facts)))
    files.set("submission.zip", () => whole(context, { bucket: "uploads", key }));
  if (!attempt) return files;
  const kept =
    (name: string): Find =>
    () =>
      whole(context, { bucket: "jobs", key: attempt.files + name });
  if (may(actor, "submission.logs", facts)) {
    const logs = (...streams: LogStream[]) => logsOf(context, attempt, streams);
    files.set("stdout", () => logs("prediction_stdout", "scoring_stdout"));
    files.set("stderr", () => logs("prediction_stderr", "scoring_stderr"));
    for (const stream of logStreams)
      files.set(stream, async () => {
        const pieces = await logs(stream);
        return pieces.some(({ size }) => size > 0) ? pieces : undefined;
      });
  }
  if (may(actor, "submission.prediction", facts))
    files.set("prediction_result.zip", kept(artifacts.output("prediction")));
  if (may(actor, "submission.scoring", facts)) files.set("scoring_result.zip", kept(artifacts.output("scoring")));
  if (seesDetails || (showsDetails && may(actor, "submission.detailedResult", facts)))
    files.set(detailedResults, kept(artifacts.collected("scoring", detailedResults)));
  return files;
}

async function whole({ objects }: Context, ref: ObjectRef): Promise<Piece[] | undefined> {
  const info = await objects.head(ref);
  return info && [{ ref, size: info.size }];
}

async function logsOf(context: Context, attempt: Attempt, streams: LogStream[]): Promise<Piece[]> {
  const logs = await Promise.all(streams.map((stream) => logOf(context, attempt, stream)));
  return logs.flat();
}

/** A log is one object as soon as its step is over, and pieces before that, or if its worker was lost. */
async function logOf(context: Context, attempt: Attempt, stream: LogStream): Promise<Piece[]> {
  const [step, container, name] = parts(stream);
  const ref = { bucket: "jobs", key: attempt.files + artifacts.log(step, container, name) } as const;
  const stored = isOver(attempt, step) ? await whole(context, ref) : undefined;
  return stored ?? sentPieces(context, artifacts.prefix(attempt.id) + artifacts.logChunkPrefix(step, container, name));
}

/** If a piece has not arrived yet, the log can be read only up to it. */
async function sentPieces({ objects }: Context, prefix: string): Promise<Piece[]> {
  const pieces: Piece[] = [];
  let [end, startAfter]: [number, string | undefined] = [0, undefined];
  for (;;) {
    const listed = await objects.list({ bucket: "jobs", key: prefix }, startAfter === undefined ? {} : { startAfter });
    for (const { ref, size } of listed.objects) {
      if (Number(ref.key.slice(prefix.length)) !== end) return pieces;
      pieces.push({ ref, size });
      end += size;
    }
    startAfter = listed.objects.at(-1)?.ref.key;
    if (!listed.truncated || startAfter === undefined) return pieces;
  }
}
