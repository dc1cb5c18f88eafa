/** Participation in a competition, and the mails about it. */
import type { CompetitionAccess } from "../db/competitions.ts";
import {
  findParticipantById,
  insertParticipant,
  listParticipants,
  organizerMails,
  setParticipantStatus,
  type ParticipantFilter,
  type ParticipantStatus,
} from "../db/participants.ts";
import type { Mail } from "../../accounts/rules/mail.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record, type Author } from "../../accounts/service/audit.ts";
import { mailSettingsUrl, post, type Posted } from "../../accounts/service/mail.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { competitionFor } from "./access.ts";
import { changingRows } from "./board-rows.ts";

type Person = { username: string; email: string };
type Titled = Pick<CompetitionAccess, "id" | "title" | "contact_email">;

export type Participant = Awaited<ReturnType<typeof listParticipants>>[number];

/** The participants of a competition that the actor organizes, by username. */
export async function participantsOf(
  context: Context,
  actor: UserActor,
  competitionId: number,
  filter: ParticipantFilter,
): Promise<Participant[]> {
  await competitionFor(context, actor, competitionId, "competition.participants");
  return listParticipants(context.db, competitionId, filter);
}

/** A participant of a competition that the actor organizes, with the competition. */
export async function ownParticipant(context: Context, actor: UserActor, id: number) {
  const participant = await findParticipantById(context.db, id);
  const noSuchParticipant = new Refusal("not-found", "NO_SUCH_PARTICIPANT", "There is no such participant.");
  if (!participant) throw noSuchParticipant;
  try {
    const { competition } = await competitionFor(
      context,
      actor,
      participant.competition_id,
      "competition.participants",
    );
    return { participant, competition };
  } catch (error) {
    // Only organizers may know who participates.
    throw error instanceof Refusal ? noSuchParticipant : error;
  }
}

/** Subjects of the mails when a person asks to participate and when an organizer decides. */
const mailSubjects: Record<"pending" | "approved" | "denied", { toOrganizers: string; toParticipant: string }> = {
  pending: { toOrganizers: "asked to participate in", toParticipant: "You have asked to participate in" },
  approved: { toOrganizers: "was accepted into", toParticipant: "You were accepted into" },
  denied: { toOrganizers: "was not accepted into", toParticipant: "You were not accepted into" },
};

async function mailStatus(
  tx: Tx,
  context: Context,
  status: keyof typeof mailSubjects,
  person: Person,
  { id, title, contact_email }: Titled,
): Promise<void> {
  const { toOrganizers, toParticipant } = mailSubjects[status];
  const link = `${context.environment.PUBLIC_URL}/competitions/${id}/`;
  const written = (recipients: string[], replyTo: string | null, subject: string): Mail => ({
    recipients,
    replyTo,
    subject,
    body: `${subject}.\n\n${link}\n`,
  });
  await post(tx, context, [
    written(await organizerMails(tx, id), person.email, `${person.username} ${toOrganizers} ${title}`),
    written([person.email], contact_email, `${toParticipant} ${title}`),
  ]);
}

/**
 * Registers a person, who is approved immediately if `atOnce`, or else pending. Refused if they are already registered.
 */
export async function registerParticipant(
  context: Context,
  actor: UserActor,
  reason: string | null,
  competition: Titled,
  atOnce: boolean,
): Promise<ParticipantStatus> {
  return transact(context, async (tx) => {
    const status = atOnce ? "approved" : "pending";
    const participant = await insertParticipant(tx, competition.id, actor.id, status);
    if (!participant)
      throw new Refusal("invalid", "REGISTERED_ALREADY", "You have already registered for this competition.");
    await recordRegistration(tx, { actor, reason }, competition.id, participant);
    await mailStatus(tx, context, status, actor, competition);
    return participant.status;
  });
}

/** Records on the audit trail that a person registered. */
export async function recordRegistration(
  tx: Tx,
  by: Author,
  competitionId: number,
  { id, status }: { id: number; status: ParticipantStatus },
): Promise<void> {
  await record(tx, by, {
    place: { competition: competitionId },
    kind: "participant.registered",
    subject: id,
    before: null,
    after: { status },
  });
}

/** Sets a participant's status, as an organizer decided. Refused if they already have that status. */
export async function decideParticipant(
  context: Context,
  by: Author,
  participant: Person & { id: number; user_id: number },
  competition: Titled,
  status: ParticipantStatus,
): Promise<void> {
  await transact(context, async (tx) => {
    const rows = { competitionId: competition.id, phaseId: null, ownerIds: [participant.user_id] };
    const before = await changingRows(tx, by, rows, () => setParticipantStatus(tx, participant.id, status));
    if (before === undefined)
      throw new Refusal("invalid", "STATUS_UNCHANGED", `Status is already set to \`${status}\``);
    await record(tx, by, {
      place: { competition: competition.id },
      kind: `participant.${status}`,
      subject: participant.id,
      before: { status: before },
      after: { status },
    });
    if (status === "approved" || status === "denied") await mailStatus(tx, context, status, participant, competition);
  });
}

/** Sends an organizer's message to a participant, unless the participant does not want such messages. */
export async function writeTo(
  context: Context,
  participant: Person & { wants_messages: boolean },
  competition: Titled,
  message: string,
): Promise<Posted> {
  const recipients = participant.wants_messages ? [participant.email] : [];
  return transact(context, (tx) =>
    post(tx, context, [{ ...messageOfAdmins(context, competition, message), recipients }]),
  );
}

/** Sends a message to all approved participants who want messages. Recipients do not see each other. */
export async function writeToAll(context: Context, competition: Titled, message: string): Promise<Posted> {
  const participants = await listParticipants(context.db, competition.id, { status: "approved" });
  const blindCopies = participants.flatMap(({ email, wants_messages }) => (wants_messages ? [email] : []));
  return transact(context, (tx) =>
    post(tx, context, [{ ...messageOfAdmins(context, competition, message), recipients: [], blindCopies }]),
  );
}

const messageOfAdmins = (
  context: Context,
  { title, contact_email }: Titled,
  message: string,
): Omit<Mail, "recipients"> => ({
  replyTo: contact_email,
  subject: `A message from the admins of ${title}`,
  body: message,
  unsubscribeUrl: mailSettingsUrl(context),
});
