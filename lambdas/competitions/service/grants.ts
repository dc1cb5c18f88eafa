/** Submissions that organizers grant to participants beyond the limits of a phase. */
import type { PhaseAndCompetition } from "../db/competitions.ts";
import { deleteGrant, insertGrant, listGrants, type GrantRow } from "../db/grants.ts";
import { findParticipantById } from "../db/participants.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { phaseFor } from "./access.ts";
import type { UserActor } from "../../policy/policy.ts";
import { transact, type Context } from "../../kernel/context.ts";

export type { GrantRow };

/** What was granted in a phase that the actor organizes, oldest first, without what was taken back. */
export async function grantsOfPhase(context: Context, actor: UserActor, phaseId: number): Promise<GrantRow[]> {
  const { phase } = await phaseFor(context, actor, phaseId, "competition.grant");
  return listGrants(context.db, phase.id);
}

export interface GrantRequest {
  /** Id of a participant. */
  participant: number;
  /** Additional submissions on every day. */
  perDay: number;
  /** Additional submissions in total. */
  perPerson: number;
}

/**
 * Grants a participant more submissions in a phase, until the grant is revoked. Refused if the phase has no such limit.
 */
export async function grantSubmissions(
  context: Context,
  by: UserAuthor,
  { phase, competition }: PhaseAndCompetition,
  { participant: participantId, perDay, perPerson }: GrantRequest,
): Promise<GrantRow> {
  if (perDay + perPerson === 0)
    throw refused(
      "submissions_per_day",
      "NOTHING_GRANTED",
      "Enter how many more submissions to grant, per day or in total.",
    );
  if (perDay > 0 && !phase.max_submissions_per_day)
    throw refused("submissions_per_day", "NO_SUCH_LIMIT", "This phase has no limit per day.");
  if (perPerson > 0 && !phase.max_submissions_per_person)
    throw refused("submissions_per_person", "NO_SUCH_LIMIT", "This phase has no limit in total.");
  return transact(context, async (tx) => {
    const participant = await findParticipantById(tx, participantId);
    if (participant?.competition_id !== competition.id)
      throw refused(
        "participant",
        "NO_SUCH_PARTICIPANT",
        `This competition has no participant with the id ${participantId}.`,
      );
    const id = await insertGrant(tx, {
      phaseId: phase.id,
      participantId,
      perDay,
      perPerson,
      reason: by.reason,
      grantedBy: by.actor.id,
    });
    await record(tx, by, {
      place: { competition: competition.id },
      kind: "submissions.granted",
      subject: participantId,
      before: null,
      after: { grant: id, phase: phase.id, submissions_per_day: perDay, submissions_per_person: perPerson },
    });
    return (await listGrants(tx, phase.id)).find((grant) => grant.id === id)!;
  });
}

const refused = (field: string, code: string, message: string) =>
  new Refusal("invalid", code, message, { [field]: [message] });

/** Revokes a grant. Submissions already made with it are kept and counted. */
export async function takeBackGrant(
  context: Context,
  by: UserAuthor,
  { phase, competition }: PhaseAndCompetition,
  id: number,
): Promise<void> {
  await transact(context, async (tx) => {
    const grant = await deleteGrant(tx, phase.id, id);
    if (!grant) throw new Refusal("not-found", "NO_SUCH_GRANT", "This phase has no grant with this id.");
    const { participant_id: participant, per_day, per_person } = grant;
    await record(tx, by, {
      place: { competition: competition.id },
      kind: "submissions.taken_back",
      subject: participant,
      before: { grant: id, phase: phase.id, submissions_per_day: per_day, submissions_per_person: per_person },
      after: null,
    });
  });
}
