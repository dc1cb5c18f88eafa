import type { Transaction } from "kysely";
import { groupOf } from "../../accounts/db/organizations.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { lockParticipant } from "../db/submission-changes.ts";
import { lockOrganization, setTeam, teamOf, teamOpenTo, type Team } from "../db/teams.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record, type Author } from "../../accounts/service/audit.ts";
import { transact, type Context } from "../../kernel/context.ts";

/**
 * Settles for whom a participant submits: an organization that lets them, or themselves. Where teams share limits, the
 * organization is their team in this competition from the first time on, and who has a team does not submit alone. Hold
 * the participant's row.
 */
export async function submitFor(
  tx: Transaction<Database>,
  actor: UserActor,
  participantId: number,
  competition: { id: number; teams_share_limits: boolean },
  organizationId: number | null,
): Promise<void> {
  if (organizationId !== null) await requireSubmitter(tx, actor, organizationId);
  if (!competition.teams_share_limits) return;
  const team = await teamOf(tx, participantId);
  if (team) {
    if (team.id !== organizationId) throw hasTeam(team, "You take part in this competition with");
  } else if (organizationId !== null) {
    await changeTeam(
      tx,
      { actor, reason: null },
      { id: participantId, competition_id: competition.id },
      null,
      organizationId,
    );
  } else {
    const open = await teamOpenTo(tx, competition.id, actor.id);
    if (open) throw hasTeam(open, "An organization of yours takes part in this competition:");
  }
}

/** Takes a participant out of their team, so that they may submit alone or with another one. */
export async function releaseFromTeam(
  context: Context,
  by: Author,
  participant: { id: number; competition_id: number },
): Promise<void> {
  await transact(context, async (tx) => {
    await lockParticipant(tx, participant.id);
    const team = await teamOf(tx, participant.id);
    if (!team) throw new Refusal("not-found", "NO_TEAM", "This participant has no team.");
    await changeTeam(tx, by, participant, team.id, null);
  });
}

async function changeTeam(
  tx: Transaction<Database>,
  by: Author,
  { id, competition_id: competitionId }: { id: number; competition_id: number },
  from: number | null,
  to: number | null,
): Promise<void> {
  await setTeam(tx, id, to);
  const [before, after] = [{ organization: from }, { organization: to }];
  await record(tx, by, {
    place: { competition: competitionId },
    kind: "participant.team_changed",
    subject: id,
    before,
    after,
  });
}

async function requireSubmitter(tx: Transaction<Database>, actor: UserActor, organizationId: number): Promise<void> {
  const organization = await lockOrganization(tx, organizationId);
  if (!organization) throw wrong("NO_SUCH_ORGANIZATION", "There is no such organization.");
  const group = await groupOf(tx, organizationId, actor.id);
  if (group === null || group === "INVITED")
    throw wrong("NOT_A_MEMBER", `You are not a member of ${organization.name}.`);
  if (!may(actor, "organization.submit", { group }))
    throw wrong(
      "MAY_NOT_SUBMIT",
      `You are no participant of ${organization.name}. Its owner and managers decide who submits for it.`,
    );
}

const wrong = (code: string, message: string) => new Refusal("invalid", code, message, { organization: [message] });

function hasTeam({ id, name }: Team, why: string): Refusal {
  const message = `${why} ${name}. Submit for it: organization ${id}.`;
  return new Refusal("forbidden", "HAS_TEAM", message, { organization: [message] });
}
