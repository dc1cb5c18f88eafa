import { randomUUID } from "node:crypto";
import type { ObjectRef } from "../../../contract/job.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { imageFormat } from "../../kernel/objects/image-format.ts";
import { uploadKey } from "../../kernel/objects/upload-key.ts";
import type { Context } from "../../kernel/context.ts";

const linkSeconds = 24 * 3600;

/** A link to a stored image, good for a day. */
export const imageUrl = async ({ objects }: Context, key: string | null): Promise<string | null> =>
  key === null ? null : objects.signGet({ bucket: "uploads", key }, { seconds: linkSeconds });

/** An image inside a request, in the form that Codabench's pages send. */
export interface NamedImage {
  fileName: string;
  bytes: Buffer;
}

/** The same as it is written in JSON; the base64 may start as a data URL does. */
export interface EncodedImage {
  file_name: string;
  data: string;
}

/** Decodes an image. Refused when it is none; `field` is where the request has it. */
export function decodeImage(field: string, { file_name, data }: EncodedImage): NamedImage {
  const bytes = Buffer.from(data.replace(/^[^,]*;base64,/, ""), "base64");
  if (imageFormat(bytes) === null) {
    const message = "This is no JPEG, PNG, GIF or WebP image.";
    throw new Refusal("invalid", "NOT_AN_IMAGE", message, { [field]: [message] });
  }
  return { fileName: file_name, bytes };
}

/**
 * Stores an image under a new key of the uploads bucket and hands the key to `work`, which saves it. Deletes the image
 * again when `work` fails. `work` gets null to remove the image and undefined to keep the present one.
 */
export async function withStoredImage<Result>(
  { objects }: Context,
  type: "logo" | "photo",
  image: NamedImage | null | undefined,
  work: (key: string | null | undefined) => Promise<Result>,
): Promise<Result> {
  if (!image) return work(image);
  const ref: ObjectRef = { bucket: "uploads", key: uploadKey(type, randomUUID(), image.fileName) };
  await objects.put(ref, image.bytes, `image/${imageFormat(image.bytes)}`);
  try {
    return await work(ref.key);
  } catch (error) {
    await objects.delete(ref);
    throw error;
  }
}
