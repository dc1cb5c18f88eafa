/** What the jobs of submissions mean for submissions: the one place where the execution plane meets competitions. */
import type { Transaction } from "kysely";
import { findLeaderboard } from "../db/competitions.ts";
import { ownCandidates, setOnLeaderboard } from "../db/leaderboards.ts";
import type { AttemptRow } from "../../jobs/db/jobs.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { lockScore, saveScores, scoresOf } from "../db/scores.ts";
import { lockContestant } from "../db/teams.ts";
import { lockFamily, setStatus, setStatusOfJob, type StatusChange } from "../db/submission-changes.ts";
import { findEnding, findSubmissionOfJob } from "../db/submissions.ts";
import type { Computation, SubmissionRule } from "../rules/competition.ts";
import { computeScores } from "../rules/computed-columns.ts";
import type { AttemptReport, Failure, Progress, StepName } from "../../../contract/job.ts";
import { bestSubmission, changeWhenFinished, type BoardChange } from "../rules/submission-rules.ts";
import { parentStatus, statusOfClaim, statusOfProgress, type VisibleStatus } from "../rules/submission-status.ts";
import { record, thePlatform, type Author } from "../../accounts/service/audit.ts";
import type { Context } from "../../kernel/context.ts";
import { judgeScores, type ScoringResult } from "./scoring-result.ts";

type Tx = Transaction<Database>;

/** Judges a run whose programs did well by the scores it left. */
export async function judgeRun(
  { db, objects, log }: Context,
  attempt: AttemptRow,
  report: AttemptReport,
): Promise<ScoringResult> {
  const submission = await findSubmissionOfJob(db, attempt.jobId);
  const board = submission && (await findLeaderboard(db, submission.competition_id));
  const result = await judgeScores(objects, attempt.attemptId, report, board?.columns.map(({ key }) => key) ?? []);
  const { attemptId, jobId, correlationId } = attempt;
  log.with({ correlationId, job: jobId, attempt: attemptId }).info("submission.judged", {
    submission: submission?.id,
    scores: result.scores.size,
    failure: result.failure?.code,
  });
  return result;
}

/** A worker has claimed a job: its submission runs, and so does the parent. */
export async function submissionClaimed(tx: Tx, jobId: string, step: StepName, host: string): Promise<void> {
  await show(tx, jobId, statusOfClaim(step, host));
}

/** An attempt has come further: its submission's status follows. */
export async function submissionMoved(tx: Tx, jobId: string, progress: Progress, host: string): Promise<void> {
  await show(tx, jobId, statusOfProgress(progress, host));
}

async function show(tx: Tx, jobId: string, { status, details }: VisibleStatus): Promise<void> {
  const changed = await setStatusOfJob(tx, jobId, { status, details });
  if (changed && changed.parent_id !== null && status === "Running")
    await setStatus(tx, changed.parent_id, { status, details: null });
}

/** A job was given back: its submission waits again, and says why. */
export async function submissionReturned(tx: Tx, jobId: string, failure: Failure | null): Promise<void> {
  const why = failure ? `${failure.message} It will be tried again.` : "The worker stopped. It will be tried again.";
  await setStatusOfJob(tx, jobId, { status: "Submitted", details: why });
}

/**
 * A job is over: scores are stored, then the status, then the leaderboard follows. All in the caller's transaction. False
 * when the job has no submission, as when that was deleted.
 */
export async function submissionEnded(
  tx: Tx,
  jobId: string,
  verdict: ScoringResult | "cancelled",
  report: AttemptReport | null,
): Promise<boolean> {
  const submission = await findSubmissionOfJob(tx, jobId);
  if (!submission) return false;
  // Siblings end one by one, so that exactly one of them finds the whole family ended.
  if (submission.parent_id !== null) await lockFamily(tx, submission.parent_id);
  const board = await findLeaderboard(tx, submission.competition_id);
  if (verdict !== "cancelled" && board)
    await storeScores(tx, board.columns, submission.id, [verdict.scores], verdict.scores);
  const status = endStatus(verdict);
  await setStatus(tx, submission.id, { ...status, md5: submissionMd5(report) });

  if (submission.parent_id !== null) await settleParent(tx, submission.parent_id);
  else if (board && status.status === "Finished") await followRule(tx, board, submission);
  return true;
}

/**
 * Ends a parent once all its children are over: their scores together make its computed ones, then its status is set,
 * then the leaderboard follows. Children call for it one by one, as they hold the parent's row.
 */
export async function settleParent(tx: Tx, parentId: number): Promise<void> {
  const family = await lockFamily(tx, parentId);
  const parent = await findEnding(tx, parentId);
  const ended = parentStatus(family.map((child) => child.status));
  if (!parent || !ended) return;
  const board = await findLeaderboard(tx, parent.competition_id);
  if (board)
    await computeParent(
      tx,
      board,
      parentId,
      family.map((child) => child.id),
    );
  await setStatus(tx, parentId, { status: ended, details: null });
  if (board && ended === "Finished") await followRule(tx, board, parent);
}

async function computeParent(tx: Tx, board: Board, parentId: number, children: number[]): Promise<void> {
  const scores = await scoresByKey(tx, board.columns, children);
  await storeScores(tx, board.columns, parentId, [...scores.values()], new Map());
}

/**
 * Puts another score in the place of one: what is computed from it is computed again, for the submission and for its
 * parent, and where the best submission leads by itself it is chosen again.
 */
export async function changeScore(
  tx: Tx,
  by: Author,
  submissionId: number,
  columnId: number,
  score: string,
): Promise<void> {
  const submission = await findEnding(tx, submissionId);
  const board = submission && (await findLeaderboard(tx, submission.competition_id));
  if (!submission || !board) return;
  const family = submission.parent_id === null ? [] : await lockFamily(tx, submission.parent_id);
  const before = await lockScore(tx, submissionId, columnId);
  await saveScores(tx, submissionId, new Map([[columnId, score]]));
  await record(tx, by, {
    place: { competition: submission.competition_id },
    kind: "score.edited",
    subject: submissionId,
    before,
    after: { ...before, score },
  });
  const own = (await scoresByKey(tx, board.columns, [submissionId])).get(submissionId)!;
  await storeScores(tx, board.columns, submissionId, [own], own);
  if (submission.parent_id !== null)
    await computeParent(
      tx,
      board,
      submission.parent_id,
      family.map((child) => child.id),
    );
  const change = changeWhenFinished(board.submission_rule as SubmissionRule, submission.is_specific_task_re_run);
  if (change === "replace-with-best") await changeBoard(tx, by, board, submission, change);
}

type Board = NonNullable<Awaited<ReturnType<typeof findLeaderboard>>>;

const computable = (column: Board["columns"][number]) => ({
  key: column.key,
  index: column.index,
  computation: column.computation as Computation | null,
  computationIndexes: column.computation_indexes,
});

/** Stores a submission's own scores and what its computed columns make of `sources`. */
async function storeScores(
  tx: Tx,
  columns: Board["columns"],
  submissionId: number,
  sources: ReadonlyMap<string, string>[],
  own: ReadonlyMap<string, string>,
): Promise<void> {
  const computed = computeScores(columns.map(computable), sources);
  const byColumn = new Map<number, string>();
  for (const column of columns) {
    const score = column.computation ? computed.get(column.key) : own.get(column.key);
    if (score !== undefined) byColumn.set(column.id, score);
  }
  await saveScores(tx, submissionId, byColumn);
}

/** Scores by column key of each submission. */
async function scoresByKey(tx: Tx, columns: Board["columns"], submissionIds: number[]) {
  const keys = new Map(columns.map((column) => [column.id, column.key]));
  const scores = new Map(submissionIds.map((id) => [id, new Map<string, string>()]));
  for (const { submission_id, column_id, score } of await scoresOf(tx, submissionIds))
    scores.get(submission_id)!.set(keys.get(column_id)!, score);
  return scores;
}

function endStatus(verdict: ScoringResult | "cancelled"): StatusChange {
  if (verdict === "cancelled") return { status: "Cancelled", details: null };
  const { failure, warnings } = verdict;
  if (!failure) return { status: "Finished", details: null, warnings };
  return { status: "Failed", details: failure.message, failureCode: failure.code };
}

const submissionMd5 = (report: AttemptReport | null) =>
  report?.steps.map((step) => step.md5["submission"]).find((md5) => md5 !== undefined);

/** What the leaderboard's rule does by itself when a submission, or a parent with all its children, has finished. */
async function followRule(
  tx: Tx,
  board: Board,
  submission: { id: number; phase_id: number; owner_id: number; is_specific_task_re_run: boolean },
): Promise<void> {
  const change = changeWhenFinished(board.submission_rule as SubmissionRule, submission.is_specific_task_re_run);
  await changeBoard(tx, thePlatform, board, submission, change);
}

/** Puts a submission on the leaderboard of its phase, or takes it off, as a rule or a person decided. */
export async function changeBoard(
  tx: Tx,
  by: Author,
  board: Board,
  submission: { id: number; phase_id: number; owner_id: number },
  change: BoardChange,
): Promise<void> {
  if (change === "none") return;
  if (change === "add" || change === "remove") return putOnBoard(tx, by, board, [submission.id], change === "add");
  const contestant = await lockContestant(tx, submission.phase_id, submission.owner_id);
  const candidates = await ownCandidates(tx, submission.phase_id, contestant);
  const best =
    change === "replace"
      ? submission.id
      : await bestOf(
          tx,
          board,
          candidates.filter((c) => c.status === "Finished"),
        );
  const others = candidates.filter((candidate) => candidate.on_leaderboard && candidate.id !== best);
  await putOnBoard(
    tx,
    by,
    board,
    others.map((candidate) => candidate.id),
    false,
  );
  if (best !== undefined) await putOnBoard(tx, by, board, [best], true);
}

async function putOnBoard(
  tx: Tx,
  by: Author,
  { competition_id: competitionId }: Board,
  ids: number[],
  on: boolean,
): Promise<void> {
  const changed = await setOnLeaderboard(tx, ids, on);
  const kind = on ? "submission.ranked" : "submission.unranked";
  const [before, after] = [{ on_leaderboard: !on }, { on_leaderboard: on }];
  await record(
    tx,
    by,
    ...changed.map((subject) => ({ place: { competition: competitionId }, kind, subject, before, after }) as const),
  );
}

/** The best of somebody's Finished submissions. */
export async function bestOf(
  tx: Tx,
  board: Board,
  candidates: { id: number; created_when: Date; has_children: boolean; children: number[] }[],
): Promise<number | undefined> {
  const runs = (candidate: { id: number; children: number[]; has_children: boolean }) =>
    candidate.has_children ? candidate.children : [candidate.id];
  const scores = await scoresByKey(tx, board.columns, candidates.flatMap(runs));
  const best = bestSubmission(
    {
      primaryIndex: board.primary_index,
      columns: board.columns.map((column) => ({
        ...computable(column),
        sorting: column.sorting,
        precision: column.precision,
        hidden: column.hidden,
      })),
    },
    candidates.map((candidate) => ({
      id: candidate.id,
      createdWhen: candidate.created_when,
      tasks: runs(candidate).map((id) => scores.get(id)!),
    })),
  );
  return best?.id;
}
