/** Describes datasets in Croissant. */
import { fileSha256 } from "../db/dataset-uploads.ts";
import { croissantOf } from "../rules/croissant.ts";
import type { Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { requireUpload, usableDataset } from "./datasets.ts";
import type { KeptDataset } from "./keep-upload.ts";

/** The metadata of a dataset that the actor may use. */
export async function croissant(context: Context, actor: Actor, idOrKey: number | string) {
  const dataset = await requireUpload(context, await usableDataset(context, actor, idOrKey));
  const { PUBLIC_URL } = context.environment;
  return croissantOf({
    name: dataset.name,
    description: dataset.description,
    license: dataset.license,
    creator: dataset.owner_display_name,
    published: dataset.created_when,
    url: `${PUBLIC_URL}/api/datasets/${dataset.id}/`,
    contentUrl: `${PUBLIC_URL}/datasets/download/id/${dataset.id}/`,
    fileName: dataset.file_name,
    fileSize: dataset.file_size,
    checksum: await checksumOf(context, dataset),
  });
}

/** The SHA-256 of a dataset's file in hex; null if nobody has computed it. */
export const sha256Of = ({ db }: Context, { id }: Pick<KeptDataset, "id">): Promise<string | null> =>
  fileSha256(db, id);

/**
 * A checksum that is known without reading the file: its SHA-256, which is stored, or its MD5, which is the ETag of an object that
 * was not written in parts. Null if there is neither.
 */
async function checksumOf(context: Context, dataset: KeptDataset) {
  const sha256 = await sha256Of(context, dataset);
  if (sha256 !== null) return { sha256 };
  const etag = (await context.objects.head({ bucket: "uploads", key: dataset.object_key }))?.etag ?? "";
  return /^[0-9a-f]{32}$/.test(etag) ? { md5: etag } : null;
}
