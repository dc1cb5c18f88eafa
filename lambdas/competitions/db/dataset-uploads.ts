/** How files of datasets are uploaded, and where they are kept. */
import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { isUsed } from "./dataset-uses.ts";

type Reader = Db | Transaction<Database>;

/** A multipart upload of S3, and the object that it makes. */
export interface PartUpload {
  id: string;
  key: string;
}

/** The multipart upload of a dataset. Its id is null if it has ended. Undefined if there was none. */
export async function partUploadOf(
  db: Reader,
  datasetId: number,
): Promise<{ id: string | null; key: string } | undefined> {
  const row = await db
    .selectFrom("datasets")
    // An upload that functions of the previous release began makes the object that single PUTs make.
    .select(["upload_id as id", sql<string>`coalesce(upload_key, object_key)`.as("key"), "upload_key"])
    .where("id", "=", datasetId)
    .executeTakeFirst();
  return row && (row.id !== null || row.upload_key !== null) ? { id: row.id, key: row.key } : undefined;
}

/**
 * Begins a multipart upload instead of the current one (null for none), and records the file's expected size in bytes. Returns
 * false if another request has changed or completed the upload meanwhile.
 */
export async function beginPartUpload(
  db: Reader,
  datasetId: number,
  change: { from: string | null; to: PartUpload; fileSize: number },
): Promise<boolean> {
  const { from, to, fileSize } = change;
  const row = await db
    .updateTable("datasets")
    .set({ upload_id: to.id, upload_key: to.key, file_size: fileSize })
    .where("id", "=", datasetId)
    .where("upload_id", from === null ? "is" : "=", from)
    .where("upload_completed_when", "is", null)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** Records that a multipart upload has ended. */
export async function endPartUpload(db: Db, datasetId: number, id: string): Promise<void> {
  await db
    .updateTable("datasets")
    .set({ upload_id: null })
    .where("id", "=", datasetId)
    .where("upload_id", "=", id)
    .execute();
}

/**
 * Completes an upload: the file of the dataset is from now on the object `to`, of `size` bytes. `sha256` in hex takes the place of
 * what its owner said; null leaves that. Returns false if another request has completed it meanwhile.
 */
export async function keepFile(
  db: Reader,
  datasetId: number,
  { to, size, sha256 }: { to: string; size: number; sha256: string | null },
): Promise<boolean> {
  const row = await db
    .updateTable("datasets")
    .set({
      upload_completed_when: sql<Date>`now()`,
      file_size: size,
      incoming_key: sql<string | null>`nullif(object_key, ${to})`,
      object_key: to,
      upload_id: null,
      ...(sha256 === null ? {} : { sha256: Buffer.from(sha256, "hex") }),
    })
    .where("id", "=", datasetId)
    .where("upload_completed_when", "is", null)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** The SHA-256 of a dataset's file in hex; null if nobody has computed it. */
export async function fileSha256(db: Reader, datasetId: number): Promise<string | null> {
  const row = await db.selectFrom("datasets").select("sha256").where("id", "=", datasetId).executeTakeFirst();
  return row?.sha256?.toString("hex") ?? null;
}

/** Records the actual size of a dataset's file in bytes. */
export async function recordSize(db: Db, datasetId: number, size: number): Promise<void> {
  await db.updateTable("datasets").set({ file_size: size }).where("id", "=", datasetId).execute();
}

/** Datasets whose file was kept, and to whose upload nobody can write any more. */
export async function oldIncoming(db: Db, olderThanSeconds: number, limit: number) {
  return db
    .selectFrom("datasets")
    .select(["id", "incoming_key as key"])
    .where("incoming_key", "is not", null)
    .$narrowType<{ key: string }>()
    .where("created_when", "<", sql<Date>`now() - make_interval(secs => ${olderThanSeconds})`)
    .orderBy("created_when")
    .limit(limit)
    .execute();
}

/** Records that nothing is left where the files of datasets were uploaded. */
export async function forgetIncoming(db: Db, datasetIds: number[]): Promise<void> {
  if (datasetIds.length === 0) return;
  await db.updateTable("datasets").set({ incoming_key: null }).where("id", "in", datasetIds).execute();
}

/** Who pays for an upload that is not completed, and the size in bytes that was announced. */
export async function ownerOfUpload(db: Reader, datasetId: number) {
  return db
    .selectFrom("datasets")
    .select(["created_by as id", sql<number>`coalesce(file_size, 0)::float8`.as("announced")])
    .where("id", "=", datasetId)
    .where("upload_completed_when", "is", null)
    .executeTakeFirst();
}

/** What was left of deleted datasets where nobody can write any more. */
export const leftUploads = (db: Db, limit: number) =>
  db
    .selectFrom("left_uploads")
    .select(["key", "upload_id"])
    .where("erase_when", "<", sql<Date>`now()`)
    .orderBy("erase_when")
    .limit(limit)
    .execute();

export async function forgetLeftUploads(db: Db, keys: string[]): Promise<void> {
  if (keys.length > 0) await db.deleteFrom("left_uploads").where("key", "in", keys).execute();
}

/** Datasets that nothing uses and whose file did not arrive in time, oldest first. */
export async function abandonedUploads(db: Db, olderThanSeconds: number, limit: number): Promise<number[]> {
  const rows = await db
    .selectFrom("datasets as d")
    .select("d.id")
    .where("d.upload_completed_when", "is", null)
    .where("d.created_when", "<", sql<Date>`now() - make_interval(secs => ${olderThanSeconds})`)
    .where(sql<boolean>`not ${isUsed(sql`d.id`)}`)
    .orderBy("d.created_when")
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}
