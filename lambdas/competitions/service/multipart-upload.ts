/**
 * Uploads of dataset files in parts, for files that are too large for one PUT (over 5 GB) and for unreliable
 * connections. The bucket records which parts have arrived, so an upload can continue from any machine until the bucket
 * deletes it after two days. Nobody can replace the object that it makes: a signature for a part is of no use after the upload
 * has ended, and each upload makes an object of its own.
 */
import { maxFileBytes } from "../../kernel/objects/part-uploads.ts";
import { randomUUID } from "node:crypto";
import {
  beginPartUpload,
  endPartUpload,
  keepFile,
  ownerOfUpload,
  partUploadOf,
  type PartUpload,
} from "../db/dataset-uploads.ts";
import { findDatasetById, type Dataset } from "../db/datasets.ts";
import type { ObjectRef } from "../../../contract/job.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { uploadKey } from "../../kernel/objects/upload-key.ts";
import type { ReceivedPart } from "../../kernel/objects/part-uploads.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { lockStorageOf } from "../db/storage.ts";
import { requireSpace } from "./quota.ts";

const mebibyte = 1024 ** 2;
/**
 * Default size of a part: small enough to send again, large enough that there are few parts. Larger files have larger
 * parts.
 */
const defaultPartBytes = 16 * mebibyte;
const maxParts = 5000;
/** How long the signed URL of a part is valid. Half a day allows for slow connections. */
const urlSeconds = 12 * 3600;

export interface PartPlan {
  /** Size in bytes of every part except the last, which has the rest. */
  partSize: number;
  partCount: number;
}

/** Splits a file into parts: part 1 has the first `partSize` bytes, and so on. */
export function planParts(fileSize: number): PartPlan {
  const least = Math.ceil(fileSize / maxParts / mebibyte) * mebibyte;
  const partSize = Math.max(defaultPartBytes, least);
  return { partSize, partCount: Math.max(1, Math.ceil(fileSize / partSize)) };
}

/** The expected size of a part in bytes. */
const sizeOfPart = ({ partSize, partCount }: PartPlan, fileSize: number, number: number): number =>
  number < partCount ? partSize : fileSize - partSize * (partCount - 1);

export interface Upload extends PartPlan {
  fileSize: number;
  /** Numbers of the parts that have arrived with the right size. */
  received: number[];
}

const objectOf = ({ key }: { key: string }): ObjectRef => ({ bucket: "uploads", key });

const noUpload = () =>
  new Refusal("not-found", "NO_UPLOAD", "This dataset has no upload in progress. Start one with a POST to multipart/.");

const uploadedAlready = () =>
  new Refusal(
    "invalid",
    "UPLOADED_ALREADY",
    "The file of this dataset has already been uploaded. Create a new dataset for another file.",
  );

/** Starts to upload the file of a dataset in parts, or continues an upload in progress. */
export async function beginUpload(context: Context, dataset: Dataset, fileSize: number | undefined): Promise<Upload> {
  const { objects } = context;
  if (dataset.upload_completed_when) throw uploadedAlready();
  const size = fileSize ?? dataset.file_size;
  if (!size || size > maxFileBytes) {
    const message = size ? `A file may have at most ${maxFileBytes} bytes.` : "Give the size of the file in bytes.";
    throw new Refusal("invalid", "INVALID", `file_size: ${message}`, { file_size: [message] });
  }
  const before = await current(context, dataset);
  if (before?.upload.fileSize === size) return before.upload;
  if (before) await objects.parts.abort(objectOf(before), before.id);
  const key = uploadKey(dataset.type, randomUUID(), dataset.file_name);
  const id = await objects.parts.begin(objectOf({ key }), "application/zip");
  const change = { from: before?.id ?? null, to: { id, key }, fileSize: size };
  const noted = await beginWithinQuota(context, dataset, change).catch(async (error: unknown) => {
    await objects.parts.abort(objectOf({ key }), id);
    throw error;
  });
  if (noted) return { ...planParts(size), fileSize: size, received: [] };
  await objects.parts.abort(objectOf({ key }), id);
  throw new Refusal(
    "conflict",
    "UPLOAD_BEGUN",
    "Another request has just started this upload. Repeat the request to continue it.",
  );
}

/** Records an upload and its size, unless its owner may not store that much. */
async function beginWithinQuota(
  context: Context,
  { id, created_by: owner }: Dataset,
  change: Parameters<typeof beginPartUpload>[2],
): Promise<boolean> {
  return transact(context, async (tx) => {
    await lockStorageOf(tx, owner);
    const announced = (await ownerOfUpload(tx, id))?.announced ?? 0;
    await requireSpace(context, tx, owner, change.fileSize - announced, "file_size");
    return beginPartUpload(tx, id, change);
  });
}

/** Returns the upload in progress and its received parts. */
export async function findUpload(context: Context, dataset: Dataset): Promise<Upload> {
  const found = await current(context, dataset);
  if (!found) throw noUpload();
  return found.upload;
}

/** Returns signed URLs for parts, by part number. */
export async function signParts(
  context: Context,
  dataset: Dataset,
  numbers: number[],
): Promise<Record<string, string>> {
  const { objects } = context;
  const begun = await openUploadOf(context, dataset);
  if (!begun || dataset.file_size === null) throw noUpload();
  const { partCount } = planParts(dataset.file_size);
  const unknown = numbers.find((number) => number > partCount);
  if (unknown !== undefined) {
    const message = `There is no part ${unknown}. The file has ${partCount} parts.`;
    throw new Refusal("invalid", "INVALID", `parts: ${message}`, { parts: [message] });
  }
  const signed = numbers.map(async (number) => {
    const url = await objects.parts.sign(objectOf(begun), begun.id, number, { seconds: urlSeconds });
    return [String(number), url] as const;
  });
  return Object.fromEntries(await Promise.all(signed));
}

/** Joins the parts, which must all have arrived. Can be repeated safely. Returns the size in bytes. */
export async function completeParts(context: Context, dataset: Dataset): Promise<number> {
  const { db, objects } = context;
  if (dataset.upload_completed_when && dataset.file_size !== null) return dataset.file_size;
  const upload = await partUploadOf(db, dataset.id);
  if (!upload) throw noUpload();
  const { id, key } = upload;
  const parts = id === null ? undefined : await objects.parts.received(objectOf(upload), id);
  if (id !== null && parts) {
    requireAll(dataset.file_size ?? 0, parts);
    await objects.parts.complete(objectOf(upload), id, parts);
  }
  const file = await objects.head(objectOf(upload));
  if (!file) throw noUpload();
  if (await keepFile(db, dataset.id, { to: key, size: file.size, sha256: null })) return file.size;
  const kept = await findDatasetById(db, dataset.id);
  if (kept?.object_key !== key) await objects.delete(objectOf(upload));
  return kept?.file_size ?? file.size;
}

function requireAll(fileSize: number, parts: ReceivedPart[]): void {
  const plan = planParts(fileSize);
  const whole = new Set(
    parts.filter(({ number, size }) => size === sizeOfPart(plan, fileSize, number)).map(({ number }) => number),
  );
  const missing = Array.from({ length: plan.partCount }, (_, i) => i + 1).filter((number) => !whole.has(number));
  if (missing.length === 0 && parts.length === plan.partCount) return;
  const named = missing.slice(0, 20).join(", ") + (missing.length > 20 ? ` and ${missing.length - 20} more` : "");
  const message = `These parts are missing or have the wrong size: ${named}.`;
  throw new Refusal("invalid", "PARTS_MISSING", message, { parts: [message] });
}

/** Aborts an upload and deletes its parts. */
export async function abortUpload(context: Context, dataset: Dataset): Promise<void> {
  const { db, objects } = context;
  const begun = await openUploadOf(context, dataset);
  if (!begun) throw noUpload();
  await objects.parts.abort(objectOf(begun), begun.id);
  await endPartUpload(db, dataset.id, begun.id);
}

/** The upload of a dataset that has not ended as far as the database knows. */
async function openUploadOf({ db }: Context, { id }: Dataset): Promise<PartUpload | undefined> {
  const begun = await partUploadOf(db, id);
  return begun && begun.id !== null ? { ...begun, id: begun.id } : undefined;
}

/** The upload in progress. Undefined if there is none or the bucket has deleted it. */
async function current(context: Context, dataset: Dataset): Promise<(PartUpload & { upload: Upload }) | undefined> {
  const { db, objects } = context;
  const begun = await openUploadOf(context, dataset);
  if (!begun) return undefined;
  const fileSize = dataset.file_size ?? 0;
  const parts = await objects.parts.received(objectOf(begun), begun.id);
  if (!parts) {
    await endPartUpload(db, dataset.id, begun.id);
    return undefined;
  }
  const plan = planParts(fileSize);
  const received = parts
    .filter(({ number, size }) => size === sizeOfPart(plan, fileSize, number))
    .map(({ number }) => number);
  return { ...begun, upload: { ...plan, fileSize, received } };
}
