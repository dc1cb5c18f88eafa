/** What people leave behind in worksheets when they delete their account, and what an export says of it. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";

/**
 * Deletes a person's worksheets and groups, and some of the bundles that nobody else's bundle was made from and that stand on nobody
 * else's worksheet. Returns the keys of their contents and their jobs; none are left when the count is 0.
 */
export async function eraseSome(
  tx: Tx,
  userId: number,
  limit: number,
): Promise<{ count: number; keys: string[]; jobs: string[] }> {
  await tx.deleteFrom("worksheets").where("owner_id", "=", userId).execute();
  await tx.deleteFrom("worksheet_groups").where("owner_id", "=", userId).execute();
  await tx.deleteFrom("worksheet_group_members").where("user_id", "=", userId).execute();
  await tx.deleteFrom("worksheet_users").where("user_id", "=", userId).execute();
  await tx.deleteFrom("worksheet_creations").where("user_id", "=", userId).execute();
  await tx.deleteFrom("run_seconds").where("user_id", "=", userId).execute();
  // A job is locked before its run (bundles.ts).
  await sql`select from jobs where id in (select job_id from bundles where owner_id = ${userId})
    order by id for no key update`.execute(tx);
  const { rows } = await sql<{ content_key: string | null; job_id: string | null }>`
    delete from bundles where id in (
      select b.id from bundles b where b.owner_id = ${userId}
        and not exists (select from worksheet_items i where i.bundle_uuid = b.uuid)
        and not exists (select from bundle_dependencies d join bundles c on c.id = d.child_id
          where d.parent_uuid = b.uuid and c.owner_id <> ${userId})
      order by b.id limit ${limit})
    returning content_key, job_id`.execute(tx);
  return {
    count: rows.length,
    keys: rows.flatMap(({ content_key }) => content_key ?? []),
    jobs: rows.flatMap(({ job_id }) => job_id ?? []),
  };
}

/** A person's worksheets with their items. */
export async function worksheetsAfter(db: Db, userId: number, after: string, limit: number) {
  return db
    .selectFrom("worksheets as w")
    .select(["w.id", "w.uuid", "w.name", "w.title", "w.tags", "w.frozen_when", "w.is_anonymous", "w.created_when"])
    .select(
      sql<unknown>`(select coalesce(jsonb_agg(jsonb_build_object('type', i.type, 'value', i.value, 'bundle', i.bundle_uuid,
        'worksheet', i.subworksheet_uuid) order by coalesce(i.sort_key, i.id), i.id), '[]')
        from worksheet_items i where i.worksheet_id = w.id)`.as("items"),
    )
    .where("w.owner_id", "=", userId)
    .where("w.id", ">", after)
    .orderBy("w.id")
    .limit(limit)
    .execute();
}

/** A person's bundles with what they were made from. */
export async function bundlesAfter(db: Db, userId: number, after: string, limit: number) {
  return db
    .selectFrom("bundles as b")
    .select(["b.id", "b.uuid", "b.type", "b.command", "b.state", "b.metadata", "b.data_size", "b.created_when"])
    .select(
      sql<unknown>`(select coalesce(jsonb_agg(jsonb_build_object('key', d.child_path, 'bundle', d.parent_uuid,
        'path', d.parent_path) order by d.position), '[]') from bundle_dependencies d where d.child_id = b.id)`.as(
        "dependencies",
      ),
    )
    .where("b.owner_id", "=", userId)
    .where("b.id", ">", after)
    .orderBy("b.id")
    .limit(limit)
    .execute();
}

/** The groups that a person owns or is in. */
export const membershipsOf = (db: Db, userId: number) =>
  db
    .selectFrom("worksheet_group_members as m")
    .innerJoin("worksheet_groups as g", "g.id", "m.group_id")
    .select(["g.uuid", "g.name", "m.is_admin"])
    .where("m.user_id", "=", userId)
    .orderBy("g.id")
    .execute();

/** What only worksheets know of a person. */
export const settingsOf = (db: Db, userId: number) =>
  db
    .selectFrom("worksheet_users")
    .select(["has_access", "affiliation", "notifications", "time_quota_seconds", "parallel_run_quota"])
    .where("user_id", "=", userId)
    .execute();
