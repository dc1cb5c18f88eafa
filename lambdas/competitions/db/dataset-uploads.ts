/** Datasets that are uploaded in parts (S3 multipart uploads). */
import type { Db } from "../../kernel/db/connection.ts";

export async function uploadIdOf(db: Db, datasetId: number): Promise<string | null> {
  const row = await db.selectFrom("datasets").select("upload_id").where("id", "=", datasetId).executeTakeFirst();
  return row?.upload_id ?? null;
}

/**
 * Replaces a dataset's upload by another (null for none), and records the file's expected size in bytes. Returns false
 * if another request has changed the upload meanwhile.
 */
export async function replaceUploadId(
  db: Db,
  datasetId: number,
  change: { from: string | null; to: string | null; fileSize?: number },
): Promise<boolean> {
  const { from, to, fileSize } = change;
  const row = await db
    .updateTable("datasets")
    .set({ upload_id: to, ...(fileSize === undefined ? {} : { file_size: fileSize }) })
    .where("id", "=", datasetId)
    .where("upload_id", from === null ? "is" : "=", from)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}
