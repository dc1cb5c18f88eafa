/** Rows of whole tables for administrators, in the order of their ids, without anything secret. */
import { isBannedNow } from "../../accounts/db/users.ts";
import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import { participantsCount, submissionsCount } from "./counts.ts";

export interface Slice {
  /** Only rows with a greater id. */
  after: number;
  limit: number;
}

const users = (db: Db, { after, limit }: Slice) =>
  db
    .selectFrom("users as u")
    .select([
      "u.id",
      "u.username",
      "u.email",
      sql<boolean>`u.confirmed_email is not distinct from u.email`.as("email_is_confirmed"),
      "u.display_name",
      "u.first_name",
      "u.last_name",
      "u.location",
      "u.is_superuser",
      "u.is_bot",
      isBannedNow("u").as("is_banned"),
      "u.ban_reason",
      "u.banned_until",
      "u.queue_limit",
      sql<number | null>`u.storage_quota_bytes::float8`.as("storage_quota_bytes"),
      "u.created_when",
      sql<number>`(select count(*)::int from competitions c where c.created_by = u.id)`.as("competitions_count"),
      sql<number>`(select count(*)::int from submissions s where s.owner_id = u.id and s.parent_id is null)`.as(
        "submissions_count",
      ),
    ])
    .where("u.id", ">", after)
    .orderBy("u.id")
    .limit(limit)
    .execute();

const competitions = (db: Db, { after, limit }: Slice) =>
  db
    .selectFrom("competitions as c")
    .innerJoin("users as u", "u.id", "c.created_by")
    .leftJoin("queues as q", "q.id", "c.queue_id")
    .select([
      "c.id",
      "c.title",
      "u.username as created_by",
      "c.created_when",
      "c.competition_type",
      "c.published",
      "c.is_featured",
      "c.listing",
      "c.listing_reason",
      "q.name as queue",
      "c.docker_image",
      "c.contact_email",
      "c.reward",
      participantsCount,
      submissionsCount,
    ])
    .where("c.id", ">", after)
    .orderBy("c.id")
    .limit(limit)
    .execute();

const submissions = (db: Db, { after, limit }: Slice) =>
  db
    .selectFrom("submissions as s")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .innerJoin("competitions as c", "c.id", "p.competition_id")
    .innerJoin("users as u", "u.id", "s.owner_id")
    .leftJoin("organizations as o", "o.id", "s.organization_id")
    .leftJoin("tasks as t", "t.id", "s.task_id")
    .leftJoin("datasets as d", "d.id", "s.data_id")
    .select([
      "s.id",
      "s.parent_id as parent",
      "c.id as competition",
      "c.title as competition_title",
      "p.id as phase",
      "p.name as phase_name",
      "u.username as owner",
      "o.name as organization",
      "t.name as task",
      "s.status",
      "s.failure_code",
      "s.on_leaderboard",
      "s.is_public",
      "s.is_soft_deleted",
      sql<number | null>`d.file_size::float8`.as("file_size"),
      "s.created_when",
      "s.started_when",
      "s.finished_when",
    ])
    .where("s.id", ">", after)
    .orderBy("s.id")
    .limit(limit)
    .execute();

type Cell = string | number | boolean | Date | null;
/** What can be exported. */
export const exportedNames = ["users", "competitions", "submissions"] as const;
export type ExportedName = (typeof exportedNames)[number];
export type ExportedRow = { id: number } & Record<string, Cell>;

export const exported: Record<ExportedName, (db: Db, slice: Slice) => Promise<ExportedRow[]>> = {
  users,
  competitions,
  submissions,
};
