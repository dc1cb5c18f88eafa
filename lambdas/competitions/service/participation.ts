/** Participation in a competition, and the mails about it. */
import { findCompetitionAccess, type CompetitionAccess } from "../db/competitions.ts";
import {
  findParticipant,
  findParticipantById,
  insertParticipant,
  listParticipants,
  organizerMails,
  pageOfParticipants as readPage,
  pendingWithWhitelistedMail,
  setParticipantStatus,
  type ParticipantFilter,
  type ParticipantOrder,
  type ParticipantStatus,
} from "../db/participants.ts";
import type { Mail } from "../../accounts/rules/mail.ts";
import { may, type CompetitionFacts, type UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import type { Part } from "../../kernel/db/page.ts";
import { notAllowed, Refusal } from "../../kernel/refusal.ts";
import { record, thePlatform, type Author, type UserAuthor } from "../../accounts/service/audit.ts";
import { post, type Posted } from "../../accounts/service/mail.ts";
import { postWanted } from "../../accounts/service/optional-mail.ts";
import { tryOnce } from "../../accounts/service/throttle.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { competitionFacts, competitionFor, visibleCompetition } from "./access.ts";
import { changingRows } from "./board-rows.ts";
import { possibleOf, type Skipped } from "./many.ts";

export { participantOrders } from "../db/participants.ts";

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

/** A page of the same in an order, with their number, and the number of each status. */
export async function pageOfParticipants(
  context: Context,
  actor: UserActor,
  competitionId: number,
  filter: ParticipantFilter,
  order: ParticipantOrder,
  part: Part,
) {
  await competitionFor(context, actor, competitionId, "competition.participants");
  return readPage(context.db, competitionId, filter, order, part);
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

/** Whether a person is approved at once: everybody is, or they organize the competition, or have an address on its list. */
const isApprovedAtOnce = (actor: UserActor, competition: CompetitionAccess, facts: CompetitionFacts): boolean =>
  competition.registration_auto_approve ||
  may(actor, "competition.edit", facts) ||
  (actor.emailIsConfirmed && competition.whitelist_emails.includes(actor.email.toLowerCase()));

/** Registers a person, who is approved at once or else pending. Refused if they are already registered. */
export async function registerParticipant(
  context: Context,
  actor: UserActor,
  reason: string | null,
  competition: CompetitionAccess,
  facts: CompetitionFacts,
): Promise<ParticipantStatus> {
  if (!may(actor, "competition.register", facts)) throw notAllowed("invited people");
  const atOnce = isApprovedAtOnce(actor, competition, facts);
  // Whoever leaves and asks again writes mail to the organizers each time.
  await tryOnce(context, ["reset", `register ${actor.id} ${competition.id}`]);
  return transact(context, async (tx) => {
    const status = atOnce ? "approved" : "pending";
    const participant = await insertRegistration(tx, { actor, reason }, competition, status);
    if (!participant)
      throw new Refusal("invalid", "REGISTERED_ALREADY", "You have already registered for this competition.");
    await mailStatus(tx, context, status, actor, competition);
    return participant.status;
  });
}

/**
 * Approves a person in the competitions that they asked to participate in and that have their address on the list of
 * mail addresses, when they have confirmed that address.
 */
export async function approveWhitelisted(tx: Tx, context: Context, person: Person & { id: number }): Promise<void> {
  for (const { participant, ...competition } of await pendingWithWhitelistedMail(tx, person))
    await decide(tx, context, thePlatform, { ...person, id: participant, user_id: person.id }, competition, {
      from: ["pending"],
      to: "approved",
    });
}

/**
 * Stores that a person registered, perhaps again after they left, and decides their rows on the leaderboards. Returns
 * undefined if they are registered, whatever their status.
 */
export async function insertRegistration(
  tx: Tx,
  by: UserAuthor,
  competition: { id: number },
  status: ParticipantStatus,
): Promise<{ id: number; status: ParticipantStatus } | undefined> {
  const participant = await changingRows(tx, by, rowsOf(competition, by.actor.id), () =>
    insertParticipant(tx, competition.id, by.actor.id, status),
  );
  if (participant)
    await record(tx, by, {
      place: { competition: competition.id },
      kind: "participant.registered",
      subject: participant.id,
      before: null,
      after: { status: participant.status },
    });
  return participant;
}

/** Sets the status of those participants of which the actor may decide and who do not have it. Returns their ids. */
export async function decideMany(
  context: Context,
  by: UserAuthor,
  ids: number[],
  status: ParticipantStatus,
): Promise<{ decided: number[]; skipped: Skipped[] }> {
  const { possible, skipped } = await possibleOf(ids, async (id) => {
    const { participant, competition } = await ownParticipant(context, by.actor, id);
    await decideParticipant(context, by, participant, competition, status);
    return id;
  });
  return { decided: possible, skipped };
}

/**
 * Ends a person's participation, or takes back the request to participate. Their submissions stay, but off the
 * leaderboards. They can register again. Refused if an organizer has denied them, because they could then ask again.
 */
export async function leave(context: Context, by: UserAuthor, competitionId: number): Promise<void> {
  const { actor } = by;
  const competition = await findCompetitionAccess(context.db, competitionId);
  const participant = competition && (await findParticipant(context.db, competitionId, actor.id));
  if (!participant) await visibleCompetition(context, actor, competitionId);
  if (!participant || !may(actor, "competition.leave", await competitionFacts(context, actor, competition)))
    throw new Refusal(
      "forbidden",
      "NOT_PARTICIPATING",
      "You can leave only a competition in which you participate or wait for approval. Its organizers always participate.",
    );
  const own = { ...actor, id: participant.id, user_id: actor.id };
  const change = { from: ["pending", "approved"] satisfies ParticipantStatus[], to: "left" } as const;
  await transact(context, (tx) => decide(tx, context, by, own, competition, change));
}

/** The statuses that an organizer can change. Who has left decides alone about coming back. */
const decidable: ParticipantStatus[] = ["unknown", "pending", "approved", "denied"];

/** Sets a participant's status, as an organizer decided. Refused if they already have that status. */
export async function decideParticipant(
  context: Context,
  by: Author,
  participant: Person & { id: number; user_id: number; status: ParticipantStatus },
  competition: Titled,
  status: ParticipantStatus,
): Promise<void> {
  if (participant.status === "left")
    throw new Refusal(
      "invalid",
      "HAS_LEFT",
      `${participant.username} has left this competition, and can register again.`,
    );
  const changed = await transact(context, (tx) =>
    decide(tx, context, by, participant, competition, { from: decidable, to: status }),
  );
  if (!changed) throw new Refusal("invalid", "STATUS_UNCHANGED", `Status is already set to \`${status}\``);
}

/**
 * Sets a participant's status and writes mail about it. Returns false if they already have that status, or one that is
 * not in `from`.
 */
async function decide(
  tx: Tx,
  context: Context,
  by: Author,
  participant: Person & { id: number; user_id: number },
  competition: Titled,
  { from, to }: { from: ParticipantStatus[]; to: ParticipantStatus },
): Promise<boolean> {
  const before = await changingRows(tx, by, rowsOf(competition, participant.user_id), () =>
    setParticipantStatus(tx, participant.id, from, to),
  );
  if (before === undefined) return false;
  await record(tx, by, {
    place: { competition: competition.id },
    kind: `participant.${to}`,
    subject: participant.id,
    before: { status: before },
    after: { status: to },
  });
  if (to === "approved" || to === "denied") await mailStatus(tx, context, to, participant, competition);
  return true;
}

/** The leaderboard rows that a person's participation decides. */
const rowsOf = ({ id }: { id: number }, userId: number) => ({ competitionId: id, phaseId: null, ownerIds: [userId] });

/** Sends an organizer's message to a participant, unless the participant does not want such messages. */
export async function writeTo(
  context: Context,
  participant: { user_id: number },
  competition: Titled,
  message: string,
): Promise<Posted> {
  return writeToPeople(context, [participant], competition, message);
}

/** Sends a message to all participants with some statuses who want messages. Recipients do not see each other. */
export async function writeToAll(
  context: Context,
  competition: Titled,
  message: string,
  statuses: ParticipantStatus[],
): Promise<Posted> {
  const participants = await listParticipants(context.db, competition.id, { statuses });
  return writeToPeople(context, participants, competition, message);
}

const writeToPeople = (
  context: Context,
  people: { user_id: number }[],
  { title, contact_email }: Titled,
  message: string,
): Promise<Posted> =>
  transact(context, (tx) =>
    postWanted(
      tx,
      context,
      "organizer_direct_message_updates",
      people.map(({ user_id }) => ({
        to: user_id,
        replyTo: contact_email,
        subject: `A message from the admins of ${title}`,
        body: message,
      })),
    ),
  );
