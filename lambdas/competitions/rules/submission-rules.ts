import type { SubmissionRule } from "./competition.ts";
import { computeScores } from "./computed-columns.ts";
import type { ComputableColumn, Scores } from "./computed-columns.ts";
import { sum } from "./decimal.ts";
import type { Decimal } from "./decimal.ts";
import { exactScores, scoreOrder } from "./ranking.ts";
import type { Board, BoardColumn, Comparable } from "./ranking.ts";

/**
 * What happens to a phase's board. "The submission" is a single one, or a parent with all its children: a board never
 * holds some of the children of one parent. "Own rows" are all rows of its owner in the phase.
 * - `add`: the submission goes on the board; other rows stay.
 * - `replace`: own rows go off, the submission goes on.
 * - `replace-with-best`: own rows go off, then `bestSubmission` of the owner's goes on.
 * - `remove`: the submission goes off.
 */
export type BoardChange = "none" | "add" | "replace" | "replace-with-best" | "remove";

/** Whoever asks for a change by hand. An organizer is the competition's creator or a collaborator. */
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
 * What a rule does by itself. Ask once for each submission: when a single one has Finished and its scores are stored;
 * for a parent when all its children are final and it is Finished. A rerun on a task of its own never enters a board.
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

/** A person asks for a submission to be put on the board. Of a child, ask for its parent. */
export function decideConnect(rule: SubmissionRule, editor: BoardEditor, isSpecificTaskRerun: boolean): BoardDecision {
  const refusal = refuse(rule, editor, isSpecificTaskRerun);
  if (refusal) return refusal;
  return { allowed: true, change: allowsSeveral(rule) ? "add" : "replace" };
}

/** A person asks for a submission to be taken off the board. Of a child, ask for its parent. */
export function decideDisconnect(
  rule: SubmissionRule,
  editor: BoardEditor,
  isSpecificTaskRerun: boolean,
): BoardDecision {
  const refusal = refuse(rule, editor, isSpecificTaskRerun);
  if (refusal) return refusal;
  if (rule === "Add") {
    const message = "On this leaderboard a submission can be replaced by another one, but not taken off.";
    return { allowed: false, code: "ROW_IS_FINAL", message };
  }
  return { allowed: true, change: "remove" };
}

function refuse(rule: SubmissionRule, editor: BoardEditor, isSpecificTaskRerun: boolean): BoardDecision | undefined {
  if (!editor.isOwner && !editor.isOrganizer && !editor.isSuperuser) {
    const message = "Only its owner and the competition's organizers may change where this submission stands.";
    return { allowed: false, code: "NOT_YOUR_SUBMISSION", message };
  }
  if (isSpecificTaskRerun) {
    const message = "A submission that was rerun on a task of its own cannot be on a leaderboard.";
    return { allowed: false, code: "TASK_RERUN", message };
  }
  if (isAutomatic(rule) && !editor.isSuperuser) {
    const message = "This leaderboard is filled automatically; submissions are not put on it or taken off by hand.";
    return { allowed: false, code: "BOARD_IS_AUTOMATIC", message };
  }
  return undefined;
}

const isAutomatic = (rule: SubmissionRule) =>
  rule === "Force_Last" || rule === "Force_Latest_Multiple" || rule === "Force_Best";

const allowsSeveral = (rule: SubmissionRule) => rule === "Add_And_Delete_Multiple" || rule === "Force_Latest_Multiple";

/** A Finished submission of one participant in one phase, not soft-deleted and no rerun on a task of its own. */
export interface Candidate {
  id: number;
  createdWhen: Date;
  /** The scores of each task it ran on: its own, or one map for each child. */
  tasks: readonly Scores[];
}

/**
 * The best of a participant's submissions, by the order of the leaderboard with hidden columns included. Parents are
 * compared as wholes: the sum over their children, or what a computed column makes of all their scores. A submission
 * with scores for more tasks goes before one with fewer, so that leaving out the hard task never helps.
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
  // Computed of all scores together, over whatever was computed for each child.
  for (const [key, value] of exactScores(computeScores(columns, tasks))) values.set(key, value);
  return { id, createdWhen, values };
}

/** A Finished submission whose files are there. */
export interface Stored {
  id: number;
  onLeaderboard: boolean;
  /** Whether it, or its file, is everybody's. */
  isPublic: boolean;
}

/**
 * Those of one participant's submissions to a phase, oldest first, whose files go where only the best and the last are
 * kept. What is on the leaderboard, or was shown to everybody, stays as well.
 */
export function superseded(stored: readonly Stored[], best: number | undefined): number[] {
  const last = stored.at(-1)?.id;
  return stored
    .filter(({ id, onLeaderboard, isPublic }) => id !== best && id !== last && !onLeaderboard && !isPublic)
    .map(({ id }) => id);
}
