import type { SubmissionRule } from "./competition.ts";
import { computeScores } from "./computed-columns.ts";
import type { ComputableColumn, Scores } from "./computed-columns.ts";
import { sum } from "./decimal.ts";
import type { Decimal } from "./decimal.ts";
import { exactScores, scoreOrder } from "./ranking.ts";
import type { Board, BoardColumn, Comparable } from "./ranking.ts";

/**
 * How a phase's leaderboard changes. "The submission" is a single one, or a parent with all its children: a leaderboard
 * never contains only some of the children of a parent. "Own rows" are all rows of its owner in the phase.
 * - `add`: the submission is added; other rows stay.
 * - `replace`: own rows are removed and the submission is added.
 * - `replace-with-best`: own rows are removed and the owner's `bestSubmission` is added.
 * - `remove`: the submission is removed.
 */
export type BoardChange = "none" | "add" | "replace" | "replace-with-best" | "remove";

/** A person who changes a leaderboard by hand. An organizer is the competition's creator or a collaborator. */
export interface BoardEditor {
  isOwner: boolean;
  isOrganizer: boolean;
  isSuperuser: boolean;
}

export type BoardDecision =
  | { allowed: true; change: BoardChange }
  | {
      allowed: false;
      code: "NOT_YOUR_SUBMISSION" | "TASK_RERUN" | "BOARD_IS_AUTOMATIC" | "ROW_IS_FINAL";
      message: string;
    };

/**
 * How a rule changes the leaderboard automatically. Call it once per submission: for a single one when it is Finished
 * and its scores are stored; for a parent when all its children are final and it is Finished. A specific-task rerun
 * never enters a leaderboard.
 */
export function changeWhenFinished(rule: SubmissionRule, isSpecificTaskRerun: boolean): BoardChange {
  if (isSpecificTaskRerun) return "none";
  switch (rule) {
    case "Force_Last":
      return "replace";
    case "Force_Latest_Multiple":
      return "add";
    case "Force_Best":
      return "replace-with-best";
    case "Add":
    case "Add_And_Delete":
    case "Add_And_Delete_Multiple":
      return "none";
  }
}

/** Decides whether a person may put a submission on the leaderboard. For a child, pass its parent. */
export function decideConnect(rule: SubmissionRule, editor: BoardEditor, isSpecificTaskRerun: boolean): BoardDecision {
  const refusal = refuse(rule, editor, isSpecificTaskRerun);
  if (refusal) return refusal;
  return { allowed: true, change: allowsSeveral(rule) ? "add" : "replace" };
}

/** Decides whether a person may remove a submission from the leaderboard. For a child, pass its parent. */
export function decideDisconnect(
  rule: SubmissionRule,
  editor: BoardEditor,
  isSpecificTaskRerun: boolean,
): BoardDecision {
  const refusal = refuse(rule, editor, isSpecificTaskRerun);
  if (refusal) return refusal;
  if (rule === "Add") {
    const message = "On this leaderboard a submission can be replaced by another one, but not removed.";
    return { allowed: false, code: "ROW_IS_FINAL", message };
  }
  return { allowed: true, change: "remove" };
}

function refuse(rule: SubmissionRule, editor: BoardEditor, isSpecificTaskRerun: boolean): BoardDecision | undefined {
  if (!editor.isOwner && !editor.isOrganizer && !editor.isSuperuser) {
    const message =
      "Only the owner of a submission and the competition's organizers may put it on the leaderboard or remove it.";
    return { allowed: false, code: "NOT_YOUR_SUBMISSION", message };
  }
  if (isSpecificTaskRerun) {
    const message = "A submission that was rerun on a specific task cannot be put on a leaderboard.";
    return { allowed: false, code: "TASK_RERUN", message };
  }
  if (isAutomatic(rule) && !editor.isSuperuser) {
    const message = "This leaderboard is filled automatically. Submissions cannot be put on it or removed by hand.";
    return { allowed: false, code: "BOARD_IS_AUTOMATIC", message };
  }
  return undefined;
}

const isAutomatic = (rule: SubmissionRule) =>
  rule === "Force_Last" || rule === "Force_Latest_Multiple" || rule === "Force_Best";

const allowsSeveral = (rule: SubmissionRule) => rule === "Add_And_Delete_Multiple" || rule === "Force_Latest_Multiple";

/** A Finished submission of a participant in a phase, neither soft-deleted nor a specific-task rerun. */
export interface Candidate {
  id: number;
  createdWhen: Date;
  /** The scores per task: its own, or one map for each child. */
  tasks: readonly Scores[];
}

/**
 * Returns a participant's best submission by the order of the leaderboard, including hidden columns. Parents are
 * compared as a whole: by the sum over their children, or by what a computed column yields for all their scores. A
 * submission with scores for more tasks ranks before one with fewer, so that nobody gains by leaving out the hard task.
 */
export function bestSubmission<C extends Candidate>(
  board: Board<BoardColumn & ComputableColumn>,
  candidates: readonly C[],
): C | undefined {
  const order = scoreOrder(board, () => true);
  const [best] = candidates
    .map((candidate) => ({ candidate, scoredTasks: scoredTasks(candidate), whole: asWhole(board.columns, candidate) }))
    .sort((a, b) => b.scoredTasks - a.scoredTasks || order(a.whole, b.whole));
  return best?.candidate;
}

const scoredTasks = ({ tasks }: Candidate) => tasks.filter((scores) => exactScores(scores).size > 0).length;

function asWhole(columns: readonly ComputableColumn[], { id, createdWhen, tasks }: Candidate): Comparable {
  const values = new Map<string, Decimal>();
  const exact = tasks.map(exactScores);
  for (const { key } of columns) {
    const total = sum(exact.map((scores) => scores.get(key)).filter((value) => value !== undefined));
    if (total !== undefined) values.set(key, total);
  }
  const missing = new Map(columns.map(({ key }) => [key, exact.filter((scores) => !scores.has(key)).length] as const));
  // Computed from all scores together; this replaces what was computed for each child.
  for (const [key, value] of exactScores(computeScores(columns, tasks))) values.set(key, value);
  return { id, createdWhen, values, missing };
}

/** A Finished submission whose files still exist. */
export interface StoredSubmission {
  id: number;
  onLeaderboard: boolean;
  /** Whether the submission or its file is public. */
  isPublic: boolean;
}

/**
 * Returns the submissions whose files are deleted if only the best and the last keep theirs. `stored` are those of one
 * participant in a phase, oldest first. Submissions on the leaderboard and public ones keep their files as well.
 */
export function superseded(stored: readonly StoredSubmission[], best: number | undefined): number[] {
  const last = stored.at(-1)?.id;
  return stored
    .filter(({ id, onLeaderboard, isPublic }) => id !== best && id !== last && !onLeaderboard && !isPublic)
    .map(({ id }) => id);
}
