import { randomUUID } from "node:crypto";
import type { ObjectRef } from "../../../contract/job.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { imageFormat, isCutOff } from "../../kernel/objects/image-format.ts";
import { uploadKey } from "../../kernel/objects/upload-key.ts";
import type { Context } from "../../kernel/context.ts";

const linkSeconds = 24 * 3600;

/** A link to a stored image, valid for a day. */
export const imageUrl = async ({ objects }: Context, key: string | null): Promise<string | null> =>
  key === null ? null : objects.signGet({ bucket: "uploads", key }, { seconds: linkSeconds });

/** An image in a request, in the format of Codabench's pages. */
export interface NamedImage {
  fileName: string;
  bytes: Buffer;
}

/** The same image in JSON. The base64 data may start with a data URL's prefix. */
export interface EncodedImage {
  file_name: string;
  data: string;
}

/** Decodes an image. Anything else is refused; `field` is the request's field for the error message. */
export function decodeImage(field: string, { file_name, data }: EncodedImage): NamedImage {
  const bytes = Buffer.from(data.replace(/^[^,]*;base64,/, ""), "base64");
  if (imageFormat(bytes) === null) {
    const message = "This is no JPEG, PNG, GIF or WebP image.";
    throw new Refusal("invalid", "NOT_AN_IMAGE", message, { [field]: [message] });
  }
  if (isCutOff(bytes)) {
    const message = "The end of this image is missing. Copy or export it again.";
    throw new Refusal("invalid", "NOT_AN_IMAGE", message, { [field]: [message] });
  }
  return { fileName: file_name, bytes };
}

/**
 * Stores an image under a new key in the uploads bucket and passes the key to `work`, which saves it. Deletes the image
 * again if `work` fails. `work` gets null to remove the image, and undefined to keep the current one.
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
