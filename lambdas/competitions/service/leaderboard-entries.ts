import { rowCandidates, setKeptOff } from "../db/leaderboards.ts";
import { lockContestants } from "../db/teams.ts";
import { lockFamilies } from "../db/submission-changes.ts";
import { findSubmission } from "../db/submissions.ts";
import type { SubmissionRule } from "../rules/competition.ts";
import { may } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { decideConnect, decideDisconnect } from "../rules/submission-rules.ts";
import { noSuchSubmission, type SubmissionWithFacts } from "./access.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { changingRows, putOnBoard, type Board } from "./board-rows.ts";
import { rowsOf } from "./submission-runs.ts";
import type { Tx } from "../../kernel/db/connection.ts";

/**
 * Puts a submission on the leaderboard of its phase or removes it, if the submission rule allows it. For a child, its
 * parent. What an organizer removes stays off, whatever the rule, until an organizer puts it back.
 */
export async function changeEntry(
  context: Context,
  by: UserAuthor,
  { submission: { id, parent, ...found }, facts }: SubmissionWithFacts,
  wanted: "on" | "off",
): Promise<void> {
  await transact(context, (tx) =>
    changingRows(tx, by, rowsOf(found), async (board) => {
      if (!board) throw new Refusal("invalid", "NO_LEADERBOARD", "This competition has no leaderboard.");
      await lockFamilies(tx, [parent ?? id]);
      const submission = await findSubmission(tx, parent ?? id);
      if (!submission) throw noSuchSubmission();
      if (submission.status !== "Finished" || submission.is_soft_deleted)
        throw new Refusal("invalid", "NOT_FINISHED", "Only a finished submission can be on a leaderboard.");
      const decide = wanted === "on" ? decideConnect : decideDisconnect;
      const decision = decide(
        board.submission_rule as SubmissionRule,
        {
          isOwner: submission.owner_id === by.actor.id,
          isOrganizer: may(by.actor, "competition.edit", facts.competition),
        },
        {
          isTaskRerun: submission.is_specific_task_re_run,
          isKeptOff: submission.kept_off_leaderboard,
          isApproved: submission.participant_approved,
        },
      );
      if (!decision.allowed) throw new Refusal("forbidden", decision.code, decision.message);
      const { change } = decision;
      if (change === "keep-off") await keepOff(tx, by, board, submission.id, true);
      else if (change === "remove") await putOnBoard(tx, by, board, [submission.id], false);
      else {
        await keepOff(tx, by, board, submission.id, false);
        if (change === "let-back") return;
        if (change === "replace") await putOnBoard(tx, by, board, await othersOf(tx, board, submission), false);
        await putOnBoard(tx, by, board, [submission.id], true);
      }
    }),
  );
}

/** Keeps a submission off the leaderboard or no longer does. `changingRows` then takes it off or decides about it. */
async function keepOff(tx: Tx, by: UserAuthor, board: Board, id: number, isKeptOff: boolean): Promise<void> {
  if (!(await setKeptOff(tx, id, isKeptOff))) return;
  await record(tx, by, {
    place: { competition: board.competition_id },
    kind: isKeptOff ? "submission.kept_off" : "submission.let_back",
    subject: id,
    before: { kept_off_leaderboard: !isKeptOff },
    after: { kept_off_leaderboard: isKeptOff },
  });
}

/** The other submissions of a contestant that are on the leaderboard of a phase. */
async function othersOf(
  tx: Tx,
  { competition_id: competitionId }: Board,
  { id, phase_id: phaseId, owner_id }: { id: number; phase_id: number; owner_id: number },
): Promise<number[]> {
  const contestants = await lockContestants(tx, competitionId, [owner_id]);
  const own = await rowCandidates(tx, { competitionId, phaseId, contestants });
  return own.flatMap((other) => (other.on_leaderboard && other.id !== id ? [other.id] : []));
}
