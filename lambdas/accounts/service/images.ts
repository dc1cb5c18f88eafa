import { randomUUID } from "node:crypto";
import { imageFormat } from "../../competitions/rules/bundle-format/index.ts";
import type { ObjectRef } from "../../../contract/job.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { datasetObjectKey } from "../../competitions/service/datasets.ts";
import type { Context } from "../../kernel/context.ts";

/** A picture that came inside a request, as Codabench's forms send them. */
export interface NamedImage {
  fileName: string;
  bytes: Buffer;
}

/** Reads `{"file_name": ..., "data": base64}`, where the data may start as a data URL does. */
export function decodeImage(field: string, { file_name, data }: { file_name: string; data: string }): NamedImage {
  const bytes = Buffer.from(data.replace(/^[^,]*;base64,/, ""), "base64");
  if (imageFormat(bytes) === null) {
    const message = "This is no JPEG, PNG, GIF or WebP image.";
    throw new Refusal("invalid", "NOT_AN_IMAGE", message, { [field]: [message] });
  }
  return { fileName: file_name, bytes };
}

/**
 * Stores a picture under a new key of the uploads bucket for `work`, which notes that key, and takes it away again when
 * that fails. No picture is none to note (null), and none said to leave what is there (undefined).
 */
export async function withStoredImage<Result>(
  { objects }: Context,
  type: "logo" | "photo",
  image: NamedImage | null | undefined,
  work: (key: string | null | undefined) => Promise<Result>,
): Promise<Result> {
  if (!image) return work(image);
  const ref: ObjectRef = { bucket: "uploads", key: datasetObjectKey(type, randomUUID(), image.fileName) };
  await objects.put(ref, image.bytes, `image/${imageFormat(image.bytes)}`);
  try {
    return await work(ref.key);
  } catch (error) {
    await objects.delete(ref);
    throw error;
  }
}
