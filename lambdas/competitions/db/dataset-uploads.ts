import type { Db } from "../../kernel/db/connection.ts";

/** Datasets whose file comes in parts: which upload is under way in the bucket. */

export async function uploadIdOf(db: Db, datasetId: number): Promise<string | null> {
  const row = await db.selectFrom("datasets").select("upload_id").where("id", "=", datasetId).executeTakeFirst();
  return row?.upload_id ?? null;
}

/**
 * Notes an upload instead of another (null: none), and how many bytes it is to have. False when it was not the other that
 * was noted: somebody else was faster.
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
