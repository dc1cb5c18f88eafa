/** What administrators see and decide of all competitions. */
import { sql } from "kysely";
import type { Listing } from "../rules/listing.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { containing } from "../../kernel/db/like.ts";
import { partOf, type Order, type Part } from "../../kernel/db/page.ts";
import { participantsCount, submissionsCount } from "./counts.ts";

export interface Moderated {
  is_featured: boolean;
  listing: Listing;
  listing_reason: string | null;
}

export interface AdministeredCompetition extends Moderated {
  id: number;
  title: string;
  competition_type: string;
  created_by: { id: number; username: string };
  created_when: Date;
  published: boolean;
  queue: { id: string; name: string } | null;
  participants_count: number;
  submissions_count: number;
  last_submission_when: Date | null;
}

/** What all competitions can be ordered by. */
export const administeredOrders = [
  "id",
  "title",
  "created_when",
  "participants_count",
  "submissions_count",
  "last_submission_when",
] as const;

export interface AdministeredFilter {
  /** A part of the title, or the username or mail address of the creator. */
  search?: string | undefined;
  type?: "competition" | "benchmark" | undefined;
  published?: boolean | undefined;
  featured?: boolean | undefined;
  listing?: Listing | undefined;
  /** Id of a queue. */
  queue?: string | undefined;
}

// Not `=`, for which PostgreSQL would take the primary key, and read the rows of all phases.
const lastSubmission = sql<Date | null>`(
  select max(latest.created_when) from phases ph cross join lateral (
    select s.created_when from submissions s where s.phase_id between ph.id and ph.id and s.parent_id is null
    order by s.phase_id desc, s.id desc limit 1) as latest
  where ph.competition_id = c.id)`.as("last_submission_when");

/** A page of all competitions in an order, and their total number. */
export function pageOfAllCompetitions(
  db: Db,
  filter: AdministeredFilter,
  { field, descending }: Order<(typeof administeredOrders)[number]>,
  part: Part,
): Promise<{ count: number; rows: AdministeredCompetition[] }> {
  let query = db
    .selectFrom("competitions as c")
    .innerJoin("users as u", "u.id", "c.created_by")
    .leftJoin("queues as q", "q.id", "c.queue_id")
    .select([
      "c.id",
      "c.title",
      "c.competition_type",
      sql<AdministeredCompetition["created_by"]>`json_build_object('id', u.id, 'username', u.username)`.as(
        "created_by",
      ),
      "c.created_when",
      "c.published",
      "c.is_featured",
      "c.listing",
      "c.listing_reason",
      sql<AdministeredCompetition["queue"]>`case when q.id is not null
        then json_build_object('id', q.id, 'name', q.name) end`.as("queue"),
      participantsCount,
      submissionsCount,
      lastSubmission,
    ]);
  if (filter.search) {
    const name = filter.search.toLowerCase();
    query = query.where((eb) =>
      eb.or([
        eb("c.title", "ilike", containing(name)),
        sql<boolean>`lower(u.username) = ${name}`,
        sql<boolean>`lower(u.email) = ${name}`,
      ]),
    );
  }
  if (filter.type !== undefined) query = query.where("c.competition_type", "=", filter.type);
  if (filter.published !== undefined) query = query.where("c.published", "=", filter.published);
  if (filter.featured !== undefined) query = query.where("c.is_featured", "=", filter.featured);
  if (filter.listing !== undefined) query = query.where("c.listing", "=", filter.listing);
  if (filter.queue !== undefined) query = query.where("c.queue_id", "=", filter.queue);
  const ordered = query
    .orderBy(sql.ref(field), (order) => (descending ? order.desc().nullsLast() : order.asc().nullsFirst()))
    .orderBy("id", "desc");
  return partOf(db, ordered, part);
}

/** How many competitions there are, published, featured, and by their place in lists. */
export async function countCompetitions(db: Db) {
  return db
    .selectFrom("competitions")
    .select([
      sql<number>`count(*)::int`.as("all"),
      sql<number>`(count(*) filter (where published))::int`.as("published"),
      sql<number>`(count(*) filter (where is_featured))::int`.as("featured"),
      sql<number>`(count(*) filter (where listing = 'unlisted'))::int`.as("unlisted"),
      sql<number>`(count(*) filter (where listing = 'withheld'))::int`.as("withheld"),
    ])
    .executeTakeFirstOrThrow();
}

/** What administrators decided about a competition, locked until the transaction ends. */
export const lockModerated = (tx: Tx, id: number): Promise<(Moderated & { published: boolean }) | undefined> =>
  tx
    .selectFrom("competitions")
    .select(["is_featured", "listing", "listing_reason", "published"])
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();

/** Stores what administrators decide about a competition, and whether it is published. */
export async function setModerated(tx: Tx, id: number, decided: Moderated & { published: boolean }): Promise<void> {
  await tx.updateTable("competitions").set(decided).where("id", "=", id).execute();
}
