/** Accounts with what belongs to them, as administrators see them. */
import { sql } from "kysely";
import { isBannedNow } from "../../accounts/db/users.ts";
import type { Db } from "../../kernel/db/connection.ts";
import { containing } from "../../kernel/db/like.ts";
import { partOf, type Order, type Part } from "../../kernel/db/page.ts";
import { isFinal, submissionStatuses } from "../rules/submission-status.ts";
import { bytesStoredBy } from "./storage.ts";

/** What accounts can be ordered by. */
export const userOrders = ["username", "joined_when", "last_seen", "submissions", "storage_bytes"] as const;

export interface UserFilter {
  id?: number | undefined;
  /** Part of a username, display name or mail address. */
  search?: string | undefined;
  isSuperuser?: boolean | undefined;
  isBot?: boolean | undefined;
  isBanned?: boolean | undefined;
  emailIsConfirmed?: boolean | undefined;
  hasSecondFactor?: boolean | undefined;
  /** Id of an identity provider. */
  provider?: string | undefined;
  /** Whether they store more than they may: their own quota, or else what everybody may store. */
  overQuota?: { is: boolean; usualBytes: number } | undefined;
}

const joined = sql<Date>`u.created_when`;
const isConfirmed = sql<boolean>`u.confirmed_email is not distinct from u.email`;
const hasSecondFactor = sql<boolean>`exists (
  select from second_factors f where f.user_id = u.id and f.confirmed_when is not null)`;
const submissions = sql<number>`(
  select coalesce(sum(k.n), 0)::int from submission_counts k where k.owner_id = u.id and not k.is_child)`;
const storageBytes = bytesStoredBy(sql`u.id`);

const ordered = {
  username: sql`lower(u.username)`,
  joined_when: joined,
  last_seen: sql`u.last_seen`,
  submissions,
  storage_bytes: storageBytes,
};

/** A part of the accounts that match a filter, and how many match. */
export async function listUsers(
  db: Db,
  filter: UserFilter,
  { field, descending }: Order<(typeof userOrders)[number]>,
  part: Part,
) {
  const is = (condition: ReturnType<typeof sql<boolean>>, wanted: boolean) =>
    wanted ? condition : sql<boolean>`not ${condition}`;
  let query = db.selectFrom("users as u");
  if (filter.id !== undefined) query = query.where("u.id", "=", filter.id);
  if (filter.search) {
    const pattern = containing(filter.search);
    query = query.where((eb) =>
      eb.or([
        eb("u.username", "ilike", pattern),
        eb("u.email", "ilike", pattern),
        eb("u.display_name", "ilike", pattern),
      ]),
    );
  }
  if (filter.isSuperuser !== undefined) query = query.where("u.is_superuser", "=", filter.isSuperuser);
  if (filter.isBot !== undefined) query = query.where("u.is_bot", "=", filter.isBot);
  if (filter.isBanned !== undefined) query = query.where(is(isBannedNow("u"), filter.isBanned));
  if (filter.emailIsConfirmed !== undefined)
    query = query.where(
      filter.emailIsConfirmed ? isConfirmed : sql<boolean>`u.confirmed_email is distinct from u.email`,
    );
  if (filter.hasSecondFactor !== undefined) query = query.where(is(hasSecondFactor, filter.hasSecondFactor));
  if (filter.provider !== undefined)
    query = query.where(
      sql<boolean>`exists (select from identities n where n.user_id = u.id and n.provider = ${filter.provider})`,
    );
  if (filter.overQuota !== undefined) {
    const { is: wanted, usualBytes } = filter.overQuota;
    const isOver = sql<boolean>`(${storageBytes} > coalesce(u.storage_quota_bytes, ${usualBytes}::float8))`;
    query = query.where(is(isOver, wanted));
  }
  const selected = query
    .select(["u.id", "u.username", "u.email", "u.display_name", "u.is_superuser", "u.is_bot", "u.last_seen"])
    .select(["u.ban_reason", "u.banned_until", "u.queue_limit", "u.created_when as joined_when"])
    .select([
      isBannedNow("u").as("is_banned"),
      isConfirmed.as("email_is_confirmed"),
      hasSecondFactor.as("has_second_factor"),
      sql<string[]>`array(select n.provider from identities n where n.user_id = u.id order by n.provider)`.as(
        "identity_providers",
      ),
      submissions.as("submissions"),
      storageBytes.as("storage_bytes"),
      sql<number | null>`u.storage_quota_bytes::float8`.as("storage_quota_bytes"),
    ])
    .orderBy(ordered[field], (order) => (descending ? order.desc() : order.asc()).nullsLast())
    .orderBy("u.id", descending ? "desc" : "asc");
  return partOf(db, selected, part);
}

export type ListedUser = Awaited<ReturnType<typeof listUsers>>["rows"][number];

/** How many of each kind of thing of somebody are shown, the newest first. */
const maxShown = 50;

/** The newest competitions that somebody created or organizes. */
export const competitionsOfUser = (db: Db, userId: number) =>
  db
    .selectFrom("competitions as c")
    .select(["c.id", "c.title", "c.published", "c.created_when"])
    .select(sql<boolean>`c.created_by = ${userId}`.as("is_creator"))
    .where(
      sql<boolean>`c.id = any(array(select id from competitions where created_by = ${userId}
        union all select competition_id from competition_collaborators where user_id = ${userId}))`,
    )
    .orderBy("c.id", "desc")
    .limit(maxShown)
    .execute();

/** The newest submissions of somebody, each with its competition. */
export const submissionsOfUser = (db: Db, userId: number) =>
  db
    .selectFrom("submissions as s")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .innerJoin("competitions as c", "c.id", "p.competition_id")
    .select(["s.id", "s.status", "s.created_when", "c.id as competition", "c.title as competition_title"])
    .where("s.owner_id", "=", userId)
    .where("s.parent_id", "is", null)
    .orderBy("s.id", "desc")
    .limit(maxShown)
    .execute();

/** The queues that somebody owns. */
export const queuesOfUser = (db: Db, userId: number) =>
  db
    .selectFrom("queues as q")
    .select(["q.id", "q.name", "q.is_public", "q.created_when"])
    .where("q.owner_id", "=", userId)
    .where("q.deleted_when", "is", null)
    .orderBy("q.created_when")
    .execute();

/** What the platform has paid this month, in millionths of a USD, for runs of somebody's submissions that ended. */
export async function spentOnUser(db: Db, userId: number): Promise<number> {
  const { spent } = await db
    .selectFrom("submissions as s")
    .innerJoin("attempts as a", "a.job_id", "s.job_id")
    .select(sql<number>`coalesce(sum(a.cost_microusd), 0)::float8`.as("spent"))
    .where("s.owner_id", "=", userId)
    .where("a.paid_by", "=", "platform")
    .where("a.ended_when", ">=", sql<Date>`date_trunc('month', now() at time zone 'utc') at time zone 'utc'`)
    .executeTakeFirstOrThrow();
  return spent;
}

/** The submissions of somebody that have not ended, without the children of others. */
export async function openSubmissionsOf(db: Db, userId: number): Promise<number[]> {
  const rows = await db
    .selectFrom("submissions")
    .select("id")
    .where("owner_id", "=", userId)
    .where("parent_id", "is", null)
    .where(
      "status",
      "in",
      submissionStatuses.filter((status) => !isFinal(status)),
    )
    .execute();
  return rows.map(({ id }) => id);
}
