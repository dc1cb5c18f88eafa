import type { SubmissionRule } from "./competition.ts";

/**
 * How a person changes a phase's leaderboard. "The submission" is a single one, or a parent with all its children: a
 * leaderboard never contains only some of the children of a parent. "Own rows" are all rows of its owner in the phase.
 * - `add`: the submission is added; other rows stay.
 * - `replace`: own rows are removed and the submission is added.
 * - `remove`: the submission is removed.
 * - `keep-off`: the submission is removed, and only organizers can put it back.
 * - `let-back`: an organizer no longer keeps the submission off, and the platform decides whether it has a row.
 */
export type BoardChange = "add" | "replace" | "remove" | "keep-off" | "let-back";

/** A person who changes a leaderboard by hand. */
export interface BoardEditor {
  isOwner: boolean;
  /** The competition's creator, a collaborator or a superuser. */
  isOrganizer: boolean;
}

/** What decides whether a submission may be put on a leaderboard by hand. For a child, it is that of its parent. */
export interface EditedSubmission {
  isTaskRerun: boolean;
  /** Whether an organizer took it off. */
  isKeptOff: boolean;
  /** Whether its owner is an approved participant. */
  isApproved: boolean;
}

export type BoardDecision =
  | { allowed: true; change: BoardChange }
  | {
      allowed: false;
      code:
        | "NOT_YOUR_SUBMISSION"
        | "TASK_RERUN"
        | "BOARD_IS_AUTOMATIC"
        | "ROW_IS_FINAL"
        | "KEPT_OFF_LEADERBOARD"
        | "NOT_APPROVED";
      message: string;
    };

/** Decides whether a person may put a submission on the leaderboard. */
export function decideConnect(
  rule: SubmissionRule,
  editor: BoardEditor,
  { isTaskRerun, isKeptOff, isApproved }: EditedSubmission,
): BoardDecision {
  const refusal = refuse(editor, isTaskRerun);
  if (refusal) return refusal;
  if (isAutomatic(rule)) return editor.isOrganizer && isKeptOff ? { allowed: true, change: "let-back" } : automatic;
  if (isKeptOff && !editor.isOrganizer) {
    const message = "The organizers took this submission off the leaderboard. Only they can put it back.";
    return { allowed: false, code: "KEPT_OFF_LEADERBOARD", message };
  }
  if (!isApproved) {
    const message = "The owner of this submission is not an approved participant of the competition.";
    return { allowed: false, code: "NOT_APPROVED", message };
  }
  return { allowed: true, change: rule === "Add_And_Delete_Multiple" ? "add" : "replace" };
}

/** Decides whether a person may remove a submission from the leaderboard. */
export function decideDisconnect(
  rule: SubmissionRule,
  editor: BoardEditor,
  { isTaskRerun }: Pick<EditedSubmission, "isTaskRerun">,
): BoardDecision {
  const refusal = refuse(editor, isTaskRerun);
  if (refusal) return refusal;
  if (editor.isOrganizer) return { allowed: true, change: "keep-off" };
  if (isAutomatic(rule)) return automatic;
  if (rule === "Add") {
    const message = "On this leaderboard a submission can be replaced by another one, but not removed.";
    return { allowed: false, code: "ROW_IS_FINAL", message };
  }
  return { allowed: true, change: "remove" };
}

const automatic: BoardDecision = {
  allowed: false,
  code: "BOARD_IS_AUTOMATIC",
  message:
    "This leaderboard is filled automatically. Organizers can take submissions off it and put those back, nobody else.",
};

function refuse(editor: BoardEditor, isTaskRerun: boolean): BoardDecision | undefined {
  if (!editor.isOwner && !editor.isOrganizer) {
    const message =
      "Only the owner of a submission and the competition's organizers may put it on the leaderboard or remove it.";
    return { allowed: false, code: "NOT_YOUR_SUBMISSION", message };
  }
  if (isTaskRerun) {
    const message = "A submission that was rerun on a specific task cannot be put on a leaderboard.";
    return { allowed: false, code: "TASK_RERUN", message };
  }
  return undefined;
}

/** Whether the platform chooses which submissions are on the leaderboard. */
export const isAutomatic = (rule: SubmissionRule): boolean =>
  rule === "Force_Last" || rule === "Force_Latest_Multiple" || rule === "Force_Best";

/** A Finished submission whose files still exist. */
export interface StoredSubmission {
  id: number;
  onLeaderboard: boolean;
  /** Whether an organizer took it off the leaderboard. Its files are evidence. */
  isKeptOff: boolean;
  /** Whether the submission or its file is public. */
  isPublic: boolean;
}

/**
 * Returns the submissions whose files are deleted if only the best and the last keep theirs. `stored` are those of one
 * participant in a phase, oldest first. Submissions on the leaderboard, public ones, and those that an organizer
 * took off the leaderboard keep their files as well.
 */
export function superseded(stored: readonly StoredSubmission[], best: number | undefined): number[] {
  const last = stored.at(-1)?.id;
  return stored
    .filter(
      ({ id, onLeaderboard, isKeptOff, isPublic }) =>
        id !== best && id !== last && !onLeaderboard && !isKeptOff && !isPublic,
    )
    .map(({ id }) => id);
}
