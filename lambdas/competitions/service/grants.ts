/** Submissions that organizers grant participants beyond the limits of a phase. */
import type { PhaseAndCompetition } from "../db/competitions.ts";
import { deleteGrant, insertGrant, listGrants, type GrantRow } from "../db/grants.ts";
import { findParticipantById } from "../db/participants.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { transact, type Context } from "../../kernel/context.ts";

export interface GrantRequest {
  /** Id of a participant. */
  participant: number;
  /** How many more on every day. */
  perDay: number;
  /** How many more in all. */
  perPerson: number;
}

/** Grants a participant more submissions in a phase, until it is taken back. Refused where there is no such limit. */
export async function grantSubmissions(
  context: Context,
  by: UserAuthor,
  { phase, competition }: PhaseAndCompetition,
  { participant: participantId, perDay, perPerson }: GrantRequest,
): Promise<GrantRow> {
  if (perDay + perPerson === 0)
    throw refused("submissions_per_day", "NOTHING_GRANTED", "Say how many more submissions a day or in all.");
  if (perDay > 0 && !phase.max_submissions_per_day)
    throw refused("submissions_per_day", "NO_SUCH_LIMIT", "This phase has no limit a day.");
  if (perPerson > 0 && !phase.max_submissions_per_person)
    throw refused("submissions_per_person", "NO_SUCH_LIMIT", "This phase has no limit in all.");
  return transact(context, async (tx) => {
    const participant = await findParticipantById(tx, participantId);
    if (participant?.competition_id !== competition.id)
      throw refused(
        "participant",
        "NO_SUCH_PARTICIPANT",
        `There is no participant ${participantId} in this competition.`,
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

/** Takes back what was granted. What was submitted with it stays, and counts. */
export async function takeBackGrant(
  context: Context,
  by: UserAuthor,
  { phase, competition }: PhaseAndCompetition,
  id: number,
): Promise<void> {
  await transact(context, async (tx) => {
    const grant = await deleteGrant(tx, phase.id, id);
    if (!grant) throw new Refusal("not-found", "NO_SUCH_GRANT", "This phase has no such grant.");
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
