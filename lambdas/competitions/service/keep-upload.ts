/**
 * Keeps uploaded files: what the platform checked is what it uses from then on. A signed URL allows writing a file for a day,
 * however often. So the file is copied to a key that no signature covers, before anything is checked.
 */
import { randomUUID } from "node:crypto";
import type { ObjectRef } from "../../../contract/job.ts";
import type { Context } from "../../kernel/context.ts";
import { ObjectChanged, ObjectMissing } from "../../kernel/objects/errors.ts";
import { uploadKey } from "../../kernel/objects/upload-key.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { forgetIncoming, keepFile, oldIncoming } from "../db/dataset-uploads.ts";
import { findDatasetById, type Dataset } from "../db/datasets.ts";

/** A dataset whose file is kept. */
export type KeptDataset = Dataset & { file_size: number };

/** The time after which nobody writes to a signed URL any more: it is valid for a day, and a slow upload takes another. */
const writableSeconds = 2 * 24 * 3600;
/** Maximum number of leftovers that one call deletes. */
const maxLeftovers = 500;

const inUploads = (key: string): ObjectRef => ({ bucket: "uploads", key });

const isKept = (dataset: Dataset): dataset is KeptDataset =>
  dataset.upload_completed_when !== null && dataset.file_size !== null;

/** Keeps the file of a dataset, and records its actual size. Undefined if it was not uploaded yet. Can be repeated safely. */
export async function keepUpload(context: Context, dataset: Dataset): Promise<KeptDataset | undefined> {
  if (isKept(dataset)) return dataset;
  const { db, objects } = context;
  const from = inUploads(dataset.object_key);
  const to = inUploads(uploadKey(dataset.type, randomUUID(), dataset.file_name));
  try {
    const found = await objects.head(from);
    if (!found) return await keptNow(context, dataset);
    await objects.copy(from, found, to);
    if (!(await keepFile(db, dataset.id, { to: to.key, size: found.size }))) {
      await objects.delete(to);
      return await keptNow(context, dataset);
    }
  } catch (error) {
    if (!(error instanceof ObjectMissing || error instanceof ObjectChanged)) throw error;
    const kept = await keptNow(context, dataset);
    if (kept || error instanceof ObjectMissing) return kept;
    throw new Refusal(
      "conflict",
      "UPLOAD_REPLACED",
      `The file of dataset ${dataset.key} was replaced while it was being read. Repeat the request when its upload has ended.`,
      { data: ["The file was replaced while it was being read."] },
    );
  }
  // Storage only: what stays is deleted together with what is uploaded there later.
  await objects.delete(from).catch(() => undefined);
  return keptNow(context, dataset);
}

/** The dataset as it is now, if a request has kept its file. */
async function keptNow({ db }: Context, { id }: Dataset): Promise<KeptDataset | undefined> {
  const dataset = await findDatasetById(db, id);
  return dataset && isKept(dataset) ? dataset : undefined;
}

/** The keys of all objects of a dataset. */
export const keysOf = ({ object_key, incoming_key }: Pick<Dataset, "object_key" | "incoming_key">): string[] =>
  incoming_key === null ? [object_key] : [object_key, incoming_key];

/** Deletes what was uploaded to signed URLs after the file was kept, once they have expired. */
export async function deleteLeftUploads({ db, objects }: Context): Promise<void> {
  const left = await oldIncoming(db, writableSeconds, maxLeftovers);
  await objects.deleteMany(left.map(({ key }) => inUploads(key)));
  await forgetIncoming(
    db,
    left.map(({ id }) => id),
  );
}
