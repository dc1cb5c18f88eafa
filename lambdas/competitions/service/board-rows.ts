/**
 * Keeps the rows of leaderboards right. Everything that changes what decides them does so inside `changingRows`, or calls
 * `decideRows` in the same transaction.
 */
import { tasksOfPhases, type findLeaderboard } from "../db/competitions.ts";
import { lockLeaderboard, rowCandidates, setOnLeaderboard, type RowCandidate } from "../db/leaderboards.ts";
import { scoresOf } from "../db/scores.ts";
import { findContestants, lockContestants, type Contestants } from "../db/teams.ts";
import type { Computation, MultiTaskRanking, SubmissionRule } from "../rules/competition.ts";
import { multiTaskOf } from "../rules/multi-task.ts";
import { boardRows, type BoardSubmission, type Candidate } from "../rules/board-rows.ts";
import { record, type Author } from "../../accounts/service/audit.ts";
import type { Tx } from "../../kernel/db/connection.ts";

/** The primary leaderboard of a competition, with the further ones. */
export type Board = NonNullable<Awaited<ReturnType<typeof findLeaderboard>>>;

/** A leaderboard, primary or further, as a view of the submissions that are on all of them. */
export type BoardView = Board["further"][number];

/** The leaderboards of a competition, the primary one first. */
export const viewsOf = (board: Board): [Board, ...BoardView[]] => [board, ...board.further];

/** Whose rows may change. */
export interface RowScope {
  competitionId: number;
  /** Null for all phases. */
  phaseId: number | null;
  ownerIds: number[];
}

/**
 * Makes a change that may concern the rows of some people, or of their teams, and then decides these rows again. They do
 * not change meanwhile. The caller has locked the jobs that it changes, and locks submissions only in `change`. Without a
 * leaderboard, only makes the change.
 */
export async function changingRows<Result>(
  tx: Tx,
  by: Author,
  { competitionId, phaseId, ownerIds }: RowScope,
  change: (board: Board | undefined) => Promise<Result>,
): Promise<Result> {
  const board = await lockLeaderboard(tx, competitionId, "share");
  const contestants = await lockContestants(tx, competitionId, ownerIds);
  const result = await change(board);
  if (board) await decideRows(tx, by, board, phaseId, contestants);
  return result;
}

/**
 * Like `changingRows`, for a change that moves a person from one team to another. No rows of the leaderboard change
 * meanwhile. Callers that lock participants have locked the leaderboard before.
 */
export async function changingTeam<Result>(
  tx: Tx,
  by: Author,
  { competitionId, ownerId }: { competitionId: number; ownerId: number },
  change: () => Promise<Result>,
): Promise<Result> {
  const board = await lockLeaderboard(tx, competitionId, "update");
  const before = await findContestants(tx, competitionId, [ownerId]);
  const result = await change();
  const after = await findContestants(tx, competitionId, [ownerId]);
  if (board)
    await decideRows(tx, by, board, null, {
      ownerIds: [...new Set([...before.ownerIds, ...after.ownerIds])],
      organizationIds: [...before.organizationIds, ...after.organizationIds],
    });
  return result;
}

/**
 * Decides the rows of a leaderboard again and changes those that differ: of some contestants, or of all. The caller has
 * locked the leaderboard.
 */
export async function decideRows(
  tx: Tx,
  by: Author,
  board: Board,
  phaseId: number | null,
  contestants: Contestants | null,
): Promise<void> {
  const candidates = await rowCandidates(tx, { competitionId: board.competition_id, phaseId, contestants });
  const rule = board.submission_rule as SubmissionRule;
  const scores = rule === "Force_Best" ? await taskScoresOf(tx, board, candidates) : undefined;
  const phaseIds = [...new Set(candidates.map(({ phase_id }) => phase_id))];
  const tasks = await tasksOfPhases(tx, phaseIds);
  const wanted = new Set(
    phaseIds.flatMap((id) => [
      ...boardRows(
        rule,
        rankedBoard(
          board,
          tasks.filter(({ phase_id }) => phase_id === id),
        ),
        candidates
          .filter(({ phase_id }) => phase_id === id)
          .map((candidate) => described(candidate, scores?.get(candidate.id) ?? [])),
      ),
    ]),
  );
  const ids = (isOn: boolean) => candidates.flatMap(({ id }) => (wanted.has(id) === isOn ? [id] : []));
  await putOnBoard(tx, by, board, ids(false), false);
  await putOnBoard(tx, by, board, ids(true), true);
}

/** Puts submissions on the leaderboard or takes them off, and records those that change. */
export async function putOnBoard(
  tx: Tx,
  by: Author,
  { competition_id: competition }: Pick<Board, "competition_id">,
  ids: number[],
  isOn: boolean,
): Promise<void> {
  const changed = await setOnLeaderboard(tx, ids, isOn);
  const kind = isOn ? "submission.ranked" : "submission.unranked";
  const [before, after] = [{ on_leaderboard: !isOn }, { on_leaderboard: isOn }];
  await record(
    tx,
    by,
    ...changed.map((subject) => ({ place: { competition }, kind, subject, before, after }) as const),
  );
}

const described = (row: RowCandidate, tasks: Candidate["tasks"]): BoardSubmission => ({
  id: row.id,
  submittedWhen: row.submitted_when,
  tasks,
  contestant: row.team_id === null ? `user ${row.owner_id}` : `team ${row.team_id}`,
  firstRun: row.first_run_id,
  isFinished: row.is_finished,
  isOnLeaderboard: row.on_leaderboard,
  isKeptOff: row.kept_off_leaderboard,
  isDeleted: row.is_soft_deleted,
  isApproved: row.is_approved,
  isTaskRerun: row.is_specific_task_re_run,
  hasTask: row.runs.length > 0,
});

/** The scores per task of submissions, by submission. Tasks without any score are left out. */
export async function taskScoresOf(
  tx: Tx,
  { columns }: Board,
  submissions: readonly { id: number; runs: number[] }[],
): Promise<Map<number, Candidate["tasks"]>> {
  const keys = new Map(columns.map((column) => [column.id, column.key]));
  const runs = submissions.flatMap((submission) => submission.runs);
  const byRun = Map.groupBy(await scoresOf(tx, runs), ({ submission_id }) => submission_id);
  return new Map(
    submissions.map(({ id, runs: own }) => [
      id,
      own.flatMap((run) => {
        const stored = byRun.get(run) ?? [];
        const scores = stored.flatMap(({ column_id, score }) => {
          const key = keys.get(column_id);
          return key === undefined ? [] : [[key, score] as const];
        });
        // The task of a run may have been deleted.
        return scores.length === 0 ? [] : [{ taskId: stored[0]!.task_id ?? 0, scores: new Map(scores) }];
      }),
    ]),
  );
}

/** Scores by the column keys of a leaderboard, of each submission. */
export async function scoresByKey(tx: Tx, { columns }: BoardView, submissionIds: number[]) {
  const keys = new Map(columns.map((column) => [column.id, column.key]));
  const scores = new Map(submissionIds.map((id) => [id, new Map<string, string>()]));
  for (const { submission_id, column_id, score } of await scoresOf(tx, submissionIds)) {
    const key = keys.get(column_id);
    if (key !== undefined) scores.get(submission_id)!.set(key, score);
  }
  return scores;
}

/** A leaderboard as the rules describe it, in a phase with some tasks. */
export const rankedBoard = (
  { primary_index: primaryIndex, columns, multi_task_ranking, ranking_tasks }: BoardView,
  tasks: readonly { id: number }[],
) => ({
  primaryIndex,
  multiTask: multiTaskOf(
    multi_task_ranking as MultiTaskRanking,
    ranking_tasks,
    tasks.map(({ id }) => id),
  ),
  columns: columns.map((column) => ({
    ...computable(column),
    title: column.title,
    sorting: column.sorting,
    precision: column.precision,
    hidden: column.hidden,
  })),
});

/** A column as the rules of computed columns describe it. */
export const computable = (column: Board["columns"][number]) => ({
  key: column.key,
  index: column.index,
  computation: column.computation as Computation | null,
  computationIndexes: column.computation_indexes,
});
