/** People as worksheets know them: what the platform knows of them, and what only worksheets do. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";

export interface PersonRow {
  id: number;
  username: string;
  first_name: string | null;
  last_name: string | null;
  affiliation: string | null;
  url: string | null;
  created_when: Date;
  has_access: boolean;
  email: string;
  notifications: number;
  last_seen: Date | null;
  is_superuser: boolean;
  email_is_confirmed: boolean;
  /** Null: as everybody. */
  storage_quota_bytes: number | null;
  time_quota_seconds: number | null;
  parallel_run_quota: number | null;
}

/** All columns of `PersonRow`, of the tables `u` and `wu`. People who have deleted their account are left out. */
export const selectPeople = (db: Db | Tx) =>
  db
    .selectFrom("users as u")
    .leftJoin("worksheet_users as wu", "wu.user_id", "u.id")
    .select(["u.id", "u.username", "u.first_name", "u.last_name", "wu.affiliation", "u.personal_url as url"])
    .select(["u.created_when", "u.email", "u.last_seen", "u.is_superuser", "wu.parallel_run_quota"])
    .select([
      sql<boolean>`(u.is_superuser or coalesce(wu.has_access, false))`.as("has_access"),
      sql<number>`coalesce(wu.notifications, 2)`.as("notifications"),
      sql<boolean>`u.confirmed_email is not distinct from u.email`.as("email_is_confirmed"),
      sql<number | null>`u.storage_quota_bytes::float8`.as("storage_quota_bytes"),
      sql<number | null>`wu.time_quota_seconds::float8`.as("time_quota_seconds"),
    ])
    .where("u.deleted_when", "is", null);

export async function findPeople(db: Db | Tx, ids: number[]): Promise<PersonRow[]> {
  if (ids.length === 0) return [];
  return selectPeople(db).where("u.id", "in", ids).orderBy("u.id").execute();
}

/** People by username or mail address, regardless of case. */
export async function findPeopleByName(db: Db | Tx, names: string[]): Promise<PersonRow[]> {
  if (names.length === 0) return [];
  const lower = names.map((name) => name.toLowerCase());
  return selectPeople(db)
    .where((eb) => eb.or([eb(sql`lower(u.username)`, "in", lower), eb(sql`lower(u.email)`, "in", lower)]))
    .orderBy("u.id")
    .execute();
}

export interface PersonChanges {
  has_access?: boolean;
  affiliation?: string | null;
  notifications?: number;
  time_quota_seconds?: number;
  parallel_run_quota?: number;
}

/** Changes what only worksheets know of a person. */
export async function updatePerson(tx: Tx, id: number, changes: PersonChanges): Promise<void> {
  await tx
    .insertInto("worksheet_users")
    .values({ user_id: id, ...changes })
    .onConflict((conflict) => conflict.column("user_id").doUpdateSet({ user_id: id, ...changes }))
    .execute();
}
