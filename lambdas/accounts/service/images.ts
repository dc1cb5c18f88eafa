import { randomUUID } from "node:crypto";
import type { ObjectRef } from "../../../contract/job.ts";
import { ObjectTooLarge } from "../../kernel/objects/errors.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { imageFormat } from "../../kernel/objects/image-format.ts";
import { uploadKey } from "../../kernel/objects/upload-key.ts";
import { BadPicture, pictureOf, type Picture } from "../../kernel/pictures/pictures.ts";
import type { Context } from "../../kernel/context.ts";
import type { UserActor } from "../../policy/policy.ts";
import { tryOnce } from "./throttle.ts";

const windowSeconds = 12 * 3600;

/**
 * A link to a stored image, valid for 12 to 24 hours. It stays the same for 12 hours, so that browsers keep the image. On AWS
 * it also changes with the credentials of the function that signs it.
 */
export async function imageUrl({ objects, now }: Context, key: string | null): Promise<string | null> {
  if (key === null) return null;
  const windowMs = windowSeconds * 1000;
  const signedAt = new Date(Math.floor(now().getTime() / windowMs) * windowMs);
  return objects.signGet({ bucket: "uploads", key }, { seconds: 2 * windowSeconds, signedAt, keptFor: windowSeconds });
}

/** Links to both sizes of a photo. One from before there were two has the same link twice. */
export const photoUrls = async (context: Context, { photo_key, photo_icon_key }: PhotoKeys) => ({
  photo: await imageUrl(context, photo_key),
  photo_icon: await imageUrl(context, photo_icon_key ?? photo_key),
});

/** Links to both sizes of a logo. Where there is only the uploaded one, it stands for both. */
export const logoUrls = async (context: Context, { logo_key, logo_large_key, logo_icon_key }: LogoKeys) => ({
  logo: await imageUrl(context, logo_large_key ?? logo_key),
  logo_icon: await imageUrl(context, logo_icon_key ?? logo_key),
});

/** An image in a request. The base64 data may start with a data URL's prefix. */
export interface EncodedImage {
  file_name: string;
  data: string;
}

/** An image of a request in the sizes that pages show, and as it was sent. */
export interface NamedPicture extends Picture {
  fileName: string;
  original: Buffer;
}

/**
 * Decodes an image that somebody sent and makes its sizes. What is no image is refused; `field` is the request's field for the error
 * message. Decoding is work, so people may send only so many.
 */
export async function decodeImage(
  context: Context,
  actor: UserActor,
  field: "logo" | "photo",
  { file_name, data }: EncodedImage,
): Promise<NamedPicture> {
  await tryOnce(context, ["picture", String(actor.id)]);
  const original = Buffer.from(data.replace(/^[^,]*;base64,/, ""), "base64");
  try {
    return { fileName: file_name, original, ...(await pictureOf(field, original)) };
  } catch (error) {
    if (!(error instanceof BadPicture)) throw error;
    throw new Refusal("invalid", "NOT_AN_IMAGE", error.message, { [field]: [error.message] });
  }
}

/** The objects of a photo. The one that was sent is not kept: it can tell where it was taken. */
export interface PhotoKeys {
  photo_key: string | null;
  photo_icon_key: string | null;
}

/** The objects of a logo. The one that was uploaded is kept for dumps of the competition. */
export interface LogoKeys {
  logo_key: string | null;
  logo_large_key: string | null;
  logo_icon_key: string | null;
}

const noPhoto: PhotoKeys = { photo_key: null, photo_icon_key: null };
const noLogo: LogoKeys = { logo_key: null, logo_large_key: null, logo_icon_key: null };

/** The keys of the objects that a logo has. */
export const objectsOfLogo = ({ logo_key, logo_large_key, logo_icon_key }: LogoKeys): string[] =>
  [logo_key, logo_large_key, logo_icon_key].filter((key) => key !== null);

/** The keys of the objects that a photo has. */
export const objectsOfPhoto = ({ photo_key, photo_icon_key }: PhotoKeys): string[] =>
  [photo_key, photo_icon_key].filter((key) => key !== null);

/** Deletes the objects of a photo that nothing uses any more. */
export const deletePhoto = ({ objects }: Context, photo: PhotoKeys): Promise<void> =>
  objects.deleteMany(objectsOfPhoto(photo).map((key) => ({ bucket: "uploads" as const, key })));

/**
 * Stores a photo under new keys and passes them to `work`, which saves them. Deletes the objects again if `work` fails. To
 * remove the photo, `work` gets keys that are null; to keep the current one, none.
 */
export async function withStoredPhoto<Result>(
  context: Context,
  photo: NamedPicture | null | undefined,
  work: (keys: Partial<PhotoKeys>) => Promise<Result>,
): Promise<Result> {
  if (!photo) return work(photo === null ? noPhoto : {});
  const id = randomUUID();
  const keys = {
    photo_key: uploadKey("photo", id, "large.webp"),
    photo_icon_key: uploadKey("photo", id, "small.webp"),
  };
  const files = [file(keys.photo_key, photo.large), file(keys.photo_icon_key, photo.small)];
  return withStored(context, files, () => work(keys));
}

/** The same with a logo. */
export async function withStoredLogo<Result>(
  context: Context,
  logo: NamedPicture | null | undefined,
  work: (keys: Partial<LogoKeys>) => Promise<Result>,
): Promise<Result> {
  if (!logo) return work(logo === null ? noLogo : {});
  const keys = { logo_key: uploadKey("logo", randomUUID(), logo.fileName), ...sizedLogoKeys() };
  const files = [file(keys.logo_key, logo.original), ...sizedLogoFiles(keys, logo)];
  return withStored(context, files, () => work(keys));
}

/**
 * The same with a logo whose original is stored already. One that cannot be decoded, like an animated one, is
 * only shown as it is.
 */
export async function withSizedLogo<Result>(
  context: Context,
  logoKey: string,
  work: (keys: LogoKeys) => Promise<Result>,
): Promise<Result> {
  const alone = { ...noLogo, logo_key: logoKey };
  let picture: Picture;
  try {
    picture = await pictureOf("logo", await context.objects.get({ bucket: "uploads", key: logoKey }, maxLogoBytes));
  } catch (error) {
    if (error instanceof BadPicture || error instanceof ObjectTooLarge) return work(alone);
    throw error;
  }
  const keys = sizedLogoKeys();
  return withStored(context, sizedLogoFiles(keys, picture), () => work({ ...alone, ...keys }));
}

/** A larger logo of a bundle is not read as a whole. */
export const maxLogoBytes = 16 * 1024 ** 2;

function sizedLogoKeys() {
  const id = randomUUID();
  return { logo_large_key: uploadKey("logo", id, "large.webp"), logo_icon_key: uploadKey("logo", id, "small.webp") };
}

const sizedLogoFiles = (keys: ReturnType<typeof sizedLogoKeys>, { large, small }: Picture) => [
  file(keys.logo_large_key, large),
  file(keys.logo_icon_key, small),
];

interface NewFile {
  ref: ObjectRef;
  bytes: Buffer;
}

const file = (key: string, bytes: Buffer): NewFile => ({ ref: { bucket: "uploads", key }, bytes });

async function withStored<Result>(
  { objects }: Context,
  files: NewFile[],
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    for (const { ref, bytes } of files) await objects.put(ref, bytes, `image/${imageFormat(bytes)}`);
    return await work();
  } catch (error) {
    await objects.deleteMany(files.map(({ ref }) => ref));
    throw error;
  }
}
