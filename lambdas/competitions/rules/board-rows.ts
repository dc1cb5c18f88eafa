/** Decides which submissions of a phase are on its leaderboard. */
import type { SubmissionRule } from "./competition.ts";
import { computeScores } from "./computed-columns.ts";
import type { ComputableColumn } from "./computed-columns.ts";
import { sum } from "./decimal.ts";
import type { Decimal } from "./decimal.ts";
import { exactScores, scoreOrder } from "./score-order.ts";
import type { Board, BoardColumn, Comparable, TaskScores } from "./score-order.ts";
import { rank } from "./ranking.ts";
import { isAutomatic } from "./submission-rules.ts";

/** A submission that is compared with others of its contestant: a single one, or a parent as a whole. */
export interface Candidate {
  id: number;
  submittedWhen: Date;
  /** The scores per task of the phase, each task once: its own, or those of children. Only needed for Force_Best. */
  tasks: readonly TaskScores[];
}

/** A submission to a phase and what decides whether it is on the leaderboard: a single one, or a parent as a whole. */
export interface BoardSubmission extends Candidate {
  /** The participant or team to which it counts. */
  contestant: string;
  /** The same for a submission and its reruns. */
  firstRun: number;
  isFinished: boolean;
  isOnLeaderboard: boolean;
  /** Whether an organizer took it off. */
  isKeptOff: boolean;
  isDeleted: boolean;
  /** Whether its owner is an approved participant. */
  isApproved: boolean;
  /** Whether it ran on a task of somebody's choice, for comparison. */
  isTaskRerun: boolean;
  /** Whether it ran on a task that the phase has now. */
  hasTask: boolean;
}

/**
 * Returns the ids of the submissions that are on a phase's leaderboard. `submissions` are all of some contestants. The
 * result depends neither on their order nor on when they ended.
 *
 * Nothing that is deleted, kept off, of somebody who does not participate, or rerun on a specific task is on a
 * leaderboard. Of what remains, people choose, or the rule does:
 * - Only Finished submissions to tasks of the phase count, and of a submission and its reruns only the latest run that is Finished.
 * - What an organizer takes off stays off with all its reruns.
 * - Force_Latest_Multiple takes all, Force_Last the one that its contestant submitted last, Force_Best `bestSubmission`.
 */
export function boardRows(
  rule: SubmissionRule,
  board: Board<BoardColumn & ComputableColumn>,
  submissions: readonly BoardSubmission[],
): Set<number> {
  const keptOff = new Set(submissions.flatMap(({ isKeptOff, firstRun }) => (isKeptOff ? [firstRun] : [])));
  const mayStand = ({ isDeleted, isApproved, isTaskRerun, firstRun }: BoardSubmission) =>
    !isDeleted && isApproved && !isTaskRerun && !keptOff.has(firstRun);
  const standing = isAutomatic(rule)
    ? latestRuns(submissions).filter(mayStand)
    : submissions.filter((submission) => submission.isOnLeaderboard && mayStand(submission));
  if (rule !== "Force_Last" && rule !== "Force_Best") return new Set(standing.map(({ id }) => id));
  const choose = rule === "Force_Last" ? lastSubmission : (own: BoardSubmission[]) => bestSubmission(board, own);
  const chosen = [...Map.groupBy(standing, ({ contestant }) => contestant).values()].map(choose);
  return new Set(chosen.flatMap((submission) => submission?.id ?? []));
}

/** The latest Finished run of each submission, even if it was deleted: its owner must not get an older score back so. */
function latestRuns(submissions: readonly BoardSubmission[]): BoardSubmission[] {
  const finished = submissions.filter(({ isFinished, isTaskRerun, hasTask }) => isFinished && !isTaskRerun && hasTask);
  return [...Map.groupBy(finished, ({ firstRun }) => firstRun).values()].map((runs) =>
    runs.reduce((latest, run) => (run.id > latest.id ? run : latest)),
  );
}

const lastSubmission = (own: readonly BoardSubmission[]): BoardSubmission | undefined =>
  [...own].sort((a, b) => b.submittedWhen.getTime() - a.submittedWhen.getTime() || b.id - a.id)[0];

/**
 * Returns a contestant's best submission. If `board.multiTask` has another rule than `best_task`, it is the one that would
 * lead a leaderboard of these submissions. Otherwise it is the first by the order of the leaderboard, including hidden
 * columns: parents are compared as a whole, by the sum over their children, or by what a computed column yields for all
 * their scores. A submission with scores for more tasks ranks before one with fewer, so that nobody gains by leaving out
 * the hard task.
 */
export function bestSubmission<C extends Candidate>(
  board: Board<BoardColumn & ComputableColumn>,
  candidates: readonly C[],
): C | undefined {
  if (board.multiTask && board.multiTask.ranking !== "best_task") {
    const leader = rank(board, candidates.flatMap(rowsOf))[0];
    return candidates.find(({ id }) => id === leader?.id);
  }
  const order = scoreOrder(board, () => true);
  const [best] = candidates
    .map((candidate) => ({ candidate, scoredTasks: scoredTasks(candidate), whole: asWhole(board.columns, candidate) }))
    .sort((a, b) => b.scoredTasks - a.scoredTasks || order(a.whole, b.whole));
  return best?.candidate;
}

/** The rows of a leaderboard with only this submission. Without scores it still has one. */
const rowsOf = ({ id, submittedWhen, tasks }: Candidate) =>
  (tasks.length > 0 ? tasks : [{ taskId: 0, scores: new Map<string, string>() }]).map((task) => ({
    ...task,
    id,
    parentId: id,
    submittedWhen,
  }));

const scoredTasks = ({ tasks }: Candidate) => tasks.filter(({ scores }) => exactScores(scores).size > 0).length;

function asWhole(columns: readonly ComputableColumn[], { id, submittedWhen, tasks }: Candidate): Comparable {
  const values = new Map<string, Decimal>();
  const scores = tasks.map((task) => task.scores);
  const exact = scores.map(exactScores);
  for (const { key } of columns) {
    const total = sum(exact.map((values) => values.get(key)).filter((value) => value !== undefined));
    if (total !== undefined) values.set(key, total);
  }
  const missing = new Map(columns.map(({ key }) => [key, exact.filter((own) => !own.has(key)).length] as const));
  // Computed from all scores together; this replaces what was computed for each child.
  for (const [key, value] of exactScores(computeScores(columns, scores))) values.set(key, value);
  return { id, submittedWhen, values, missing };
}
