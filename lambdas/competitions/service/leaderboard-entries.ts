import { findLeaderboard } from "../db/competitions.ts";
import type { SubmissionRule } from "../rules/competition.ts";
import { may } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { decideConnect, decideDisconnect } from "../rules/submission-rules.ts";
import type { SubmissionWithFacts } from "./access.ts";
import type { UserAuthor } from "../../accounts/service/audit.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { changeBoard } from "./submission-runs.ts";

/**
 * Puts a submission on the leaderboard of its phase or removes it, if the submission rule allows it. For a child, its
 * parent.
 */
export async function changeEntry(
  context: Context,
  by: UserAuthor,
  { submission, facts }: SubmissionWithFacts,
  wanted: "on" | "off",
): Promise<void> {
  const { actor } = by;
  const board = await findLeaderboard(context.db, submission.competition_id);
  if (!board) throw new Refusal("invalid", "NO_LEADERBOARD", "This competition has no leaderboard.");
  if (submission.status !== "Finished" || submission.is_soft_deleted)
    throw new Refusal("invalid", "NOT_FINISHED", "Only a finished submission can be on a leaderboard.");
  const decide = wanted === "on" ? decideConnect : decideDisconnect;
  const decision = decide(
    board.submission_rule as SubmissionRule,
    {
      isOwner: submission.owner_id === actor.id,
      isOrganizer: may(actor, "competition.edit", facts.competition) && !actor.isSuperuser,
      isSuperuser: actor.isSuperuser,
    },
    submission.is_specific_task_re_run,
  );
  if (!decision.allowed) throw new Refusal("forbidden", decision.code, decision.message);
  await transact(context, (tx) =>
    changeBoard(
      tx,
      by,
      board,
      { id: submission.parent ?? submission.id, phase_id: submission.phase_id, owner_id: submission.owner_id },
      decision.change,
    ),
  );
}
