/**
 * Keeps uploaded files: what the platform checked is what it uses from then on. A signed URL allows writing a file for a day,
 * however often. So the file is copied to a key that no signature covers, before anything is checked.
 */
import { randomUUID } from "node:crypto";
import type { ObjectRef } from "../../../contract/job.ts";
import { takeBack } from "../../accounts/service/throttle.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { ObjectChanged, ObjectMissing } from "../../kernel/objects/errors.ts";
import { uploadKey } from "../../kernel/objects/upload-key.ts";
import { Refusal } from "../../kernel/refusal.ts";
import {
  forgetIncoming,
  keepFile,
  leftUploads,
  forgetLeftUploads,
  oldIncoming,
  ownerOfUpload,
} from "../db/dataset-uploads.ts";
import { lockStorageOf } from "../db/storage.ts";
import { findDatasetById, type Dataset } from "../db/datasets.ts";
import { requireSpace } from "./quota.ts";

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
  const { objects } = context;
  const from = inUploads(dataset.object_key);
  const to = inUploads(uploadKey(dataset.type, randomUUID(), dataset.file_name));
  try {
    const found = await objects.head(from);
    if (!found) return await keptNow(context, dataset);
    // Others look for data that changed on its way, and not for programs and submissions.
    const sha256 = await objects.copy(from, found, to, { withSha256: dataset.type === "public_data" });
    if (!(await keepWithinQuota(context, dataset, { to: to.key, size: found.size, sha256 }))) {
      await objects.delete(to);
      return await keptNow(context, dataset);
    }
  } catch (error) {
    // Nothing counts these bytes, so they must not stay.
    if (error instanceof Refusal && error.code === "QUOTA_EXCEEDED") await objects.deleteMany([from, to]);
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
  if (dataset.file_size === null) await takeBack(context, ["unsizedUpload", String(dataset.created_by)]);
  // Storage only: what stays is deleted together with what is uploaded there later.
  await objects.delete(from).catch(() => undefined);
  return keptNow(context, dataset);
}

/** Completes an upload. Its owner may have announced another size than that of the file, or none. */
async function keepWithinQuota(context: Context, { id }: Dataset, file: Parameters<typeof keepFile>[2]) {
  return transact(context, async (tx) => {
    const owner = await ownerOfUpload(tx, id);
    if (!owner) return false;
    await lockStorageOf(tx, owner.id);
    const announced = (await ownerOfUpload(tx, id))?.announced ?? 0;
    await requireSpace(context, tx, owner.id, file.size - announced, "data");
    return keepFile(tx, id, file);
  });
}

/** The dataset as it is now, if a request has kept its file. */
async function keptNow({ db }: Context, { id }: Dataset): Promise<KeptDataset | undefined> {
  const dataset = await findDatasetById(db, id);
  return dataset && isKept(dataset) ? dataset : undefined;
}

/** The keys of all objects of a dataset. */
export const keysOf = ({ object_key, incoming_key }: Pick<Dataset, "object_key" | "incoming_key">): string[] =>
  incoming_key === null ? [object_key] : [object_key, incoming_key];

/** Deletes what was uploaded to signed URLs after the file was kept or its dataset deleted, once they have expired. */
export async function deleteLeftUploads({ db, objects }: Context): Promise<void> {
  const left = await oldIncoming(db, writableSeconds, maxLeftovers);
  await objects.deleteMany(left.map(({ key }) => inUploads(key)));
  await forgetIncoming(
    db,
    left.map(({ id }) => id),
  );
  const ownerless = await leftUploads(db, maxLeftovers);
  for (const { key, upload_id: id } of ownerless) if (id !== null) await objects.parts.abort(inUploads(key), id);
  await objects.deleteMany(ownerless.map(({ key }) => inUploads(key)));
  await forgetLeftUploads(
    db,
    ownerless.map(({ key }) => key),
  );
}
