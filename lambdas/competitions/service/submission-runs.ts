/** Updates scores, parents and the leaderboard when submissions end or scores change. */
import { findLeaderboard } from "../db/competitions.ts";
import { ownCandidates, setOnLeaderboard } from "../db/leaderboards.ts";
import { lockScore, saveScores, scoresOf } from "../db/scores.ts";
import { lockContestant } from "../db/teams.ts";
import { lockFamily, setStatus } from "../db/submission-changes.ts";
import { findEnding } from "../db/submissions.ts";
import type { Computation, SubmissionRule } from "../rules/competition.ts";
import { computeScores } from "../rules/computed-columns.ts";
import { bestSubmission, changeWhenFinished, type BoardChange } from "../rules/submission-rules.ts";
import { parentFailure, parentStatus } from "../rules/submission-status.ts";
import { record, thePlatform, type Author } from "../../accounts/service/audit.ts";
import type { Tx } from "../../kernel/db/connection.ts";

/**
 * Ends a parent when all its children have ended: computes its scores from theirs, sets its status, and changes the leaderboard.
 * Children do this one by one, because each locks the parent's row.
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
  const failure = ended === "Failed" ? parentFailure(family) : { details: null };
  await setStatus(tx, parentId, { status: ended, ...failure });
  if (board && ended === "Finished") await followRule(tx, board, parent);
}

async function computeParent(tx: Tx, board: Board, parentId: number, children: number[]): Promise<void> {
  const scores = await scoresByKey(tx, board.columns, children);
  await storeScores(tx, board.columns, parentId, [...scores.values()], new Map());
}

/**
 * Overrides a score. Recomputes the scores that depend on it, for the submission and its parent. If the leaderboard automatically
 * shows the best submission, chooses it again.
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

/** What the rules need of a column to compute its scores. */
export const computable = (column: Board["columns"][number]) => ({
  key: column.key,
  index: column.index,
  computation: column.computation as Computation | null,
  computationIndexes: column.computation_indexes,
});

/** Stores a submission's own scores, and the scores of computed columns from `sources`. */
export async function storeScores(
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

/** Applies the leaderboard's submission rule after a submission, or a parent with all its children, has finished. */
export async function followRule(
  tx: Tx,
  board: Board,
  submission: { id: number; phase_id: number; owner_id: number; is_specific_task_re_run: boolean },
): Promise<void> {
  const change = changeWhenFinished(board.submission_rule as SubmissionRule, submission.is_specific_task_re_run);
  await changeBoard(tx, thePlatform, board, submission, change);
}

/** Adds a submission to the leaderboard of its phase or removes it, as a rule or a person decided. */
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

/** The best Finished submission of a person. */
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
