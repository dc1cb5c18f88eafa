/** The contents of worksheet bundles: objects, and the index of those that are folders. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { BundleState } from "../rules/bundle.ts";
import type { Metadata } from "../rules/metadata.ts";

/** Begins contents that nothing refers to yet. Returns their id. */
export async function insertContents(db: Db, bundleId: string, key: string): Promise<string> {
  const { id } = await db
    .insertInto("bundle_contents")
    .values({ bundle_id: bundleId, object_key: key })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** Notes how much has been written. It counts for the owner's quota from now on. False if the contents are no longer wanted. */
export async function noteProgress(
  db: Db,
  contentId: string,
  { bytes, entries }: { bytes: number; entries: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("bundle_contents")
    .set({ alive_when: sql<Date>`now()`, entries })
    .where("id", "=", contentId)
    .executeTakeFirst();
  await sql`update bundles b set data_size = greatest(b.data_size, ${bytes}), changed_when = now() from bundle_contents c
    where c.id = ${contentId} and b.id = c.bundle_id and b.content_key is null`.execute(db);
  return numUpdatedRows > 0n;
}

/** How many files, folders and links the folders of a person have, also those that are being uploaded. */
export async function entriesOf(db: Db, ownerId: number): Promise<number> {
  const { rows } = await sql<{ entries: number }>`
    select coalesce(sum(c.entries), 0)::float8 as entries
    from bundle_contents c join bundles b on b.id = c.bundle_id where b.owner_id = ${ownerId}`.execute(db);
  return rows[0]!.entries;
}

/** What a bundle has from now on, and the state it then is in. */
export interface NewContents {
  content: "file" | "archive";
  key: string;
  bytes: number;
}

/**
 * Ends an upload: sets the contents if there are any, the state, and metadata. Returns false if the bundle is gone or had ended already.
 */
export async function recordEnd(
  tx: Tx,
  bundleId: string,
  { contents, state, metadata }: { contents: NewContents | null; state: BundleState | null; metadata: Metadata },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("bundles")
    .set({
      ...(contents && { content: contents.content, content_key: contents.key }),
      ...(state && { state }),
      data_size: contents ? contents.bytes : sql<number>`case when content_key is null then 0 else data_size end`,
      announced_bytes: 0,
      metadata: sql<string>`metadata || ${JSON.stringify(metadata)}::jsonb`,
      changed_when: sql<Date>`now()`,
    })
    .where("id", "=", bundleId)
    .where("state", "not in", ["ready", "failed", "killed"])
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Forgets the contents of bundles, all but one. Returns the keys of their objects. */
export async function forgetContents(tx: Tx, bundleIds: string[], except: string | null): Promise<string[]> {
  if (bundleIds.length === 0) return [];
  const deleted = await tx
    .deleteFrom("bundle_contents")
    .where("bundle_id", "in", bundleIds)
    .$if(except !== null, (query) => query.where("object_key", "!=", except!))
    .returning("object_key")
    .execute();
  return deleted.map(({ object_key }) => object_key);
}

/** Forgets contents that were not finished. */
export async function forgetUnfinished(tx: Tx, contentId: string): Promise<void> {
  await tx.deleteFrom("bundle_contents").where("id", "=", contentId).execute();
}

/** The id of contents by the key of their object. */
export async function contentIdOf(db: Db | Tx, key: string): Promise<string | undefined> {
  const found = await db.selectFrom("bundle_contents").select("id").where("object_key", "=", key).executeTakeFirst();
  return found?.id;
}

/** Contents that nobody writes any more, with the bundles that still wait for them. */
export async function abandonedContents(
  db: Db,
  seconds: number,
  limit: number,
): Promise<{ id: string; key: string; bundleId: string; state: BundleState }[]> {
  const { rows } = await sql<{ id: string; key: string; bundleId: string; state: BundleState }>`
    select c.id, c.object_key as key, c.bundle_id as "bundleId", b.state from bundle_contents c join bundles b on b.id = c.bundle_id
    where c.alive_when < now() - make_interval(secs => ${seconds}) and b.content_key is distinct from c.object_key
    order by c.alive_when limit ${limit}`.execute(db);
  return rows;
}

/** Lets a bundle whose making was interrupted be made again. */
export async function makeAgain(tx: Tx, bundleId: string): Promise<void> {
  await tx
    .updateTable("bundles")
    .set({ state: "created", data_size: 0, changed_when: sql<Date>`now()` })
    .where("id", "=", bundleId)
    .where("state", "=", "making")
    .execute();
}
