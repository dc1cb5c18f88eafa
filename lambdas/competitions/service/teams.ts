import { groupOf } from "../../accounts/db/organizations.ts";
import { lockLeaderboard } from "../db/leaderboards.ts";
import { lockParticipant } from "../db/submission-changes.ts";
import { lockOrganization, setTeam, teamOf, teamOpenTo, type Team } from "../db/teams.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record, type Author } from "../../accounts/service/audit.ts";
import { changingTeam } from "./board-rows.ts";
import { transact, type Context } from "../../kernel/context.ts";

/**
 * Decides for whom a participant submits: for an organization that allows it, or for themselves. Where teams share
 * limits, an organization becomes their team in this competition with their first submission for it, and members of a
 * team cannot submit alone. The caller must have locked the participant's row, and before it the leaderboard if they have
 * no team.
 */
export async function submitFor(
  tx: Tx,
  actor: UserActor,
  participantId: number,
  competition: { id: number; teams_share_limits: boolean },
  organizationId: number | null,
): Promise<void> {
  if (organizationId !== null) await requireSubmitter(tx, actor, organizationId);
  if (!competition.teams_share_limits) return;
  const team = await teamOf(tx, participantId);
  if (team) {
    if (team.id !== organizationId) throw teamRefusal(team, "In this competition, you participate with the team");
  } else if (organizationId !== null) {
    await changeTeam(
      tx,
      { actor, reason: null },
      { id: participantId, user_id: actor.id, competition_id: competition.id },
      null,
      organizationId,
    );
  } else {
    const open = await teamOpenTo(tx, competition.id, actor.id);
    if (open) throw teamRefusal(open, "Your organization participates in this competition:");
  }
}

/** Removes a participant from their team, so that they can submit alone or with another team. */
export async function releaseFromTeam(
  context: Context,
  by: Author,
  participant: { id: number; user_id: number; competition_id: number },
): Promise<void> {
  await transact(context, async (tx) => {
    await lockLeaderboard(tx, participant.competition_id, "update");
    await lockParticipant(tx, participant.id);
    const team = await teamOf(tx, participant.id);
    if (!team) throw new Refusal("not-found", "NO_TEAM", "This participant has no team.");
    await changeTeam(tx, by, participant, team.id, null);
  });
}

async function changeTeam(
  tx: Tx,
  by: Author,
  { id, user_id: userId, competition_id: competitionId }: { id: number; user_id: number; competition_id: number },
  from: number | null,
  to: number | null,
): Promise<void> {
  await changingTeam(tx, by, { competitionId, ownerId: userId }, () => setTeam(tx, id, to));
  const [before, after] = [{ organization: from }, { organization: to }];
  await record(tx, by, {
    place: { competition: competitionId },
    kind: "participant.team_changed",
    subject: id,
    before,
    after,
  });
}

async function requireSubmitter(tx: Tx, actor: UserActor, organizationId: number): Promise<void> {
  const organization = await lockOrganization(tx, organizationId);
  if (!organization) throw wrong("NO_SUCH_ORGANIZATION", "There is no such organization.");
  const group = await groupOf(tx, organizationId, actor.id);
  if (group === null || group === "INVITED")
    throw wrong("NOT_A_MEMBER", `You are not a member of ${organization.name}.`);
  if (!may(actor, "organization.submit", { group }))
    throw wrong(
      "MAY_NOT_SUBMIT",
      `You are only a member of ${organization.name}. Ask its owner or managers to let you submit for it.`,
    );
}

const wrong = (code: string, message: string) => new Refusal("invalid", code, message, { organization: [message] });

function teamRefusal({ id, name }: Team, why: string): Refusal {
  const message = `${why} ${name}. Submit with organization ${id}.`;
  return new Refusal("forbidden", "HAS_TEAM", message, { organization: [message] });
}
