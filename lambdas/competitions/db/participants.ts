import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import { containing } from "../../kernel/db/like.ts";
import { partOf, type Order, type Part } from "../../kernel/db/page.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { namedOrganization } from "./submissions.ts";

type Reader = Db | Transaction<Database>;

export type ParticipantStatus = "unknown" | "pending" | "approved" | "denied" | "left";

export async function findParticipant(
  db: Reader,
  competitionId: number,
  userId: number,
): Promise<{ id: number; status: ParticipantStatus } | undefined> {
  return db
    .selectFrom("participants")
    .select(["id", "status"])
    .where("competition_id", "=", competitionId)
    .where("user_id", "=", userId)
    .executeTakeFirst();
}

/** Registers a person, perhaps again after they left. Returns undefined if they are registered, whatever their status. */
export async function insertParticipant(
  db: Reader,
  competitionId: number,
  userId: number,
  status: ParticipantStatus,
): Promise<{ id: number; status: ParticipantStatus } | undefined> {
  return db
    .insertInto("participants")
    .values({ competition_id: competitionId, user_id: userId, status })
    .onConflict((conflict) =>
      conflict.columns(["competition_id", "user_id"]).doUpdateSet({ status }).where("participants.status", "=", "left"),
    )
    .returning(["id", "status"])
    .executeTakeFirst();
}

/** Makes people approved participants, whatever their status was. */
export async function approveParticipants(
  tx: Transaction<Database>,
  competitionId: number,
  userIds: number[],
): Promise<void> {
  if (userIds.length === 0) return;
  await tx
    .insertInto("participants")
    .values(userIds.map((user_id) => ({ competition_id: competitionId, user_id, status: "approved" as const })))
    .onConflict((conflict) => conflict.columns(["competition_id", "user_id"]).doUpdateSet({ status: "approved" }))
    .execute();
}

/** The competitions in which a person waits for approval and that have the person's address on their list. */
export async function pendingWithWhitelistedMail(tx: Transaction<Database>, user: { id: number; email: string }) {
  return tx
    .selectFrom("participants as p")
    .innerJoin("competitions as c", "c.id", "p.competition_id")
    .select(["p.id as participant", "c.id", "c.title", "c.contact_email"])
    .where("p.user_id", "=", user.id)
    .where("p.status", "=", "pending")
    .where(sql<boolean>`${user.email.toLowerCase()} = any(c.whitelist_emails)`)
    .execute();
}

export interface ParticipantFilter {
  /** Any of these, if there are some. */
  statuses?: ParticipantStatus[] | undefined;
  username?: string | undefined;
  email?: string | undefined;
  search?: string | undefined;
}

function matching(db: Db, competitionId: number, filter: ParticipantFilter) {
  let query = selectParticipants(db).where("p.competition_id", "=", competitionId);
  if (filter.username !== undefined) query = query.where("u.username", "=", filter.username);
  if (filter.email !== undefined) query = query.where("u.email", "=", filter.email.toLowerCase());
  if (filter.search) {
    const pattern = containing(filter.search);
    query = query.where((eb) => eb.or([eb("u.username", "ilike", pattern), eb("u.email", "ilike", pattern)]));
  }
  return query;
}

const withStatuses = (query: ReturnType<typeof matching>, { statuses = [] }: ParticipantFilter) =>
  statuses.length > 0 ? query.where("p.status", "in", statuses) : query;

/** Lists participants of a competition, ordered by username. */
export const listParticipants = (db: Db, competitionId: number, filter: ParticipantFilter) =>
  withStatuses(matching(db, competitionId, filter), filter)
    .orderBy("u.username")
    .execute();

/** What participants can be ordered by. */
export const participantOrders = ["username", "email", "status", "joined_when"] as const;
export type ParticipantOrder = Order<(typeof participantOrders)[number]>;

/** A page of the participants of a competition, their number, and how many have each status, whatever statuses the filter names. */
export async function pageOfParticipants(
  db: Db,
  competitionId: number,
  filter: ParticipantFilter,
  { field, descending }: ParticipantOrder,
  part: Part,
) {
  const all = matching(db, competitionId, filter);
  const column = { username: "u.username", email: "u.email", status: "p.status", joined_when: "p.created_when" }[field];
  const ordered = withStatuses(all, filter)
    .orderBy(sql.ref(column), descending ? "desc" : "asc")
    .orderBy("p.id");
  const counts = await all
    .clearSelect()
    .select((eb) => ["p.status", eb.fn.countAll<string>().as("count")])
    .groupBy("p.status")
    .execute();
  return {
    ...(await partOf(db, ordered, part)),
    counts: Object.fromEntries(counts.map(({ status, count }) => [status, Number(count)])),
  };
}

export async function findParticipantById(db: Reader, id: number) {
  return selectParticipants(db).where("p.id", "=", id).executeTakeFirst();
}

const selectParticipants = (db: Reader) =>
  db
    .selectFrom("participants as p")
    .innerJoin("users as u", "u.id", "p.user_id")
    .leftJoin("organizations as o", "o.id", "p.organization_id")
    .select([
      "p.id",
      "p.created_when",
      namedOrganization,
      "p.competition_id",
      "p.user_id",
      "p.status",
      "u.username",
      "u.is_bot",
      "u.email",
    ]);

/**
 * Changes a participant's status and returns the previous one. Undefined if the status is unchanged, or is none of
 * `from`.
 */
export async function setParticipantStatus(
  tx: Transaction<Database>,
  id: number,
  from: ParticipantStatus[],
  status: ParticipantStatus,
): Promise<ParticipantStatus | undefined> {
  const before = await tx
    .selectFrom("participants")
    .select("status")
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (!before || before.status === status || !from.includes(before.status)) return undefined;
  await tx.updateTable("participants").set({ status }).where("id", "=", id).execute();
  return before.status;
}

/** Mail addresses of a competition's creator and collaborators. */
export async function organizerMails(db: Reader, competitionId: number): Promise<string[]> {
  const rows = await db
    .selectFrom("users as u")
    .select("u.email")
    .where((eb) =>
      eb.or([
        eb.exists(
          eb
            .selectFrom("competitions as c")
            .select("c.id")
            .where("c.id", "=", competitionId)
            .whereRef("c.created_by", "=", "u.id"),
        ),
        eb.exists(
          eb
            .selectFrom("competition_collaborators as cc")
            .select("cc.user_id")
            .where("cc.competition_id", "=", competitionId)
            .whereRef("cc.user_id", "=", "u.id"),
        ),
      ]),
    )
    .orderBy("u.id")
    .execute();
  return rows.map((row) => row.email);
}
