/** Bundles of worksheets. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { BundleState, BundleType } from "../rules/bundle.ts";
import type { Metadata } from "../rules/metadata.ts";
import type { Permission } from "../rules/permission.ts";
import { granted } from "./permissions.ts";

export interface Bundle {
  id: string;
  uuid: string;
  type: BundleType;
  owner_id: number;
  command: string | null;
  state: BundleState;
  metadata: Metadata;
  frozen_when: Date | null;
  is_anonymous: boolean;
  content: "file" | "archive" | "link" | null;
  content_key: string | null;
  data_size: number;
  /** Of a run that has been given to workers. */
  job_id: string | null;
  created_when: Date;
  /** The most that a group of whoever asks may do. */
  granted: Permission;
}

/** All columns of `Bundle`, of the table `b`. */
export const selectBundles = (db: Db | Tx, personId: number | null) =>
  db
    .selectFrom("bundles as b")
    .select(["b.id", "b.uuid", "b.type", "b.owner_id", "b.command", "b.state", "b.metadata", "b.frozen_when"])
    .select(["b.is_anonymous", "b.content", "b.content_key", "b.job_id", "b.created_when"])
    .select([sql<number>`b.data_size::float8`.as("data_size"), granted("bundle", "b.id", personId).as("granted")]);

/** Bundles by their uuids, with what whoever asks may do. */
export async function findBundles(db: Db | Tx, personId: number | null, uuids: string[]): Promise<Bundle[]> {
  if (uuids.length === 0) return [];
  return selectBundles(db, personId)
    .where("b.uuid", "in", [...new Set(uuids)])
    .execute();
}

/**
 * Bundles that stay as they are until the transaction ends, and so do their jobs. A job is locked before its run, everywhere: a
 * heartbeat changes first the one and then the other.
 */
export async function lockBundles(tx: Tx, personId: number | null, uuids: string[]): Promise<Bundle[]> {
  for (;;) {
    await sql`savepoint before_locks`.execute(tx);
    const { rows } = await sql<{ job_id: string | null }>`
      select job_id from bundles where uuid = any(${uuids})`.execute(tx);
    const jobs = rows.map(({ job_id: job }) => job);
    await sql`select from jobs where id = any(${jobs}) order by id for no key update`.execute(tx);
    await sql`select from bundles where uuid = any(${uuids}) order by id for update`.execute(tx);
    const bundles = await findBundles(tx, personId, uuids);
    if (bundles.every(({ job_id: job }) => job === null || jobs.includes(job))) return bundles;
    // A run got its job meanwhile. The locks go, so that the job is locked first. A run gets one job at most, so this ends.
    await sql`rollback to savepoint before_locks`.execute(tx);
  }
}

/** Whoever looks for bundles. Root sees all. */
interface Reader {
  id: number | null;
  all: boolean;
}

const readable = ({ id, all }: Reader) =>
  sql<boolean>`(${all} or b.owner_id = ${id} or ${granted("bundle", "b.id", id)} > 0)`;

/** The uuids that begin so, of bundles that somebody may read. At most two, because more are as bad as two. */
export async function uuidsWithPrefix(db: Db, reader: Reader, prefix: string): Promise<string[]> {
  const found = await db
    .selectFrom("bundles as b")
    .select("b.uuid")
    .where("b.uuid", "like", `${prefix}%`)
    .where(readable(reader))
    .limit(2)
    .execute();
  return found.map(({ uuid }) => uuid);
}

/** How a name is compared: exactly, or as a pattern in which `%` stands for any text. */
export interface NameFilter {
  text: string;
  isPattern: boolean;
}

const named = ({ text, isPattern }: NameFilter) =>
  isPattern
    ? sql<boolean>`b.metadata ->> 'name' like ${text.replace(/[\\_]/g, "\\$&")}`
    : sql<boolean>`b.metadata ->> 'name' = ${text}`;

/** The bundles of a worksheet, those that were added last first, also those that are gone unless a name is asked for. */
export async function uuidsOnWorksheet(
  db: Db,
  worksheetId: string,
  name: NameFilter | null,
  limit: number,
): Promise<string[]> {
  const found = await db
    .selectFrom("worksheet_items as i")
    .leftJoin("bundles as b", "b.uuid", "i.bundle_uuid")
    .select("i.bundle_uuid")
    .where("i.worksheet_id", "=", worksheetId)
    .where("i.bundle_uuid", "is not", null)
    .$if(name !== null, (query) => query.where(named(name!)))
    .orderBy("i.id", "desc")
    .limit(limit)
    .execute();
  return found.map(({ bundle_uuid }) => bundle_uuid!);
}

/** The bundles with a name that a person may read, the newest first. */
export async function uuidsWithName(db: Db, reader: Reader, name: NameFilter, limit: number): Promise<string[]> {
  const found = await db
    .selectFrom("bundles as b")
    .select("b.uuid")
    .where(named(name))
    .where(readable(reader))
    .orderBy("b.id", "desc")
    .limit(limit)
    .execute();
  return found.map(({ uuid }) => uuid);
}

export interface NewBundle {
  uuid: string;
  type: BundleType;
  ownerId: number;
  command: string | null;
  state: BundleState;
  metadata: Metadata;
  isAnonymous: boolean;
  dependencies: NewDependency[];
}

export interface NewDependency {
  child_path: string;
  parent_uuid: string;
  parent_path: string;
}

/** Makes a bundle. Returns its id; undefined if there is one with its uuid. */
export async function insertBundle(tx: Tx, bundle: NewBundle): Promise<string | undefined> {
  const inserted = await tx
    .insertInto("bundles")
    .values({
      uuid: bundle.uuid,
      type: bundle.type,
      owner_id: bundle.ownerId,
      command: bundle.command,
      state: bundle.state,
      metadata: JSON.stringify(bundle.metadata),
      is_anonymous: bundle.isAnonymous,
    })
    .onConflict((conflict) => conflict.column("uuid").doNothing())
    .returning("id")
    .executeTakeFirst();
  if (inserted && bundle.dependencies.length > 0)
    await tx
      .insertInto("bundle_dependencies")
      .values(bundle.dependencies.map((one, position) => ({ ...one, child_id: inserted.id, position })))
      .execute();
  return inserted?.id;
}

export interface BundleChanges {
  /** Keys that change. The others stay. */
  metadata?: Metadata;
  frozen_when?: Date | null;
  is_anonymous?: boolean;
  owner_id?: number;
  state?: BundleState;
}

export async function updateBundle(tx: Tx, id: string, { metadata, ...changes }: BundleChanges): Promise<void> {
  await tx
    .updateTable("bundles")
    .set({
      ...changes,
      ...(metadata && { metadata: sql<string>`jsonb_strip_nulls(metadata || ${JSON.stringify(metadata)}::jsonb)` }),
      changed_when: sql<Date>`now()`,
    })
    .where("id", "=", id)
    .execute();
}

/** Deletes bundles, and takes them off the worksheets. */
export async function deleteBundles(tx: Tx, bundles: Pick<Bundle, "id" | "uuid">[]): Promise<void> {
  if (bundles.length === 0) return;
  const uuids = bundles.map(({ uuid }) => uuid);
  await tx.deleteFrom("worksheet_items").where("bundle_uuid", "in", uuids).execute();
  await tx
    .deleteFrom("bundles")
    .where(
      "id",
      "in",
      bundles.map(({ id }) => id),
    )
    .execute();
}

/** Forgets the contents of bundles, and nothing else. */
export async function deleteContents(tx: Tx, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .updateTable("bundles")
    .set({ content: null, content_key: null, data_size: 0, changed_when: sql<Date>`now()` })
    .where("id", "in", ids)
    .execute();
}

/** Notes how much more an upload is about to send. */
export async function announceBytes(tx: Tx, id: string, bytes: number): Promise<void> {
  await tx
    .updateTable("bundles")
    .set({ announced_bytes: sql<number>`announced_bytes + ${bytes}` })
    .where("id", "=", id)
    .execute();
}
