/** Makes the pictures that pages show of the ones that people upload. */
import { imageFormat, isCutOff } from "../objects/image-format.ts";
import { decode, encode, type Pixels } from "./codecs.ts";
import { measure } from "./measure.ts";
import { fitted, middleSquare, scaled } from "./scale.ts";

/** A picture in the two sizes that pages show, as WebP. */
export interface Picture {
  large: Buffer;
  small: Buffer;
}

/** Why a picture is refused, as a sentence for the person who sent it. */
export class BadPicture extends Error {}

/** What fits into a request as base64: Lambda takes 6 MB. */
export const maxSentPictureBytes = 4 * 1024 ** 2;
const maxBytes = 16 * 1024 ** 2;
/** More than the pictures of cameras in phones have, as these usually combine pixels; and few enough for a function's memory. */
export const maxPixels = 13_000_000;
const maxSide = 16_384;
/** More than any program writes. A file of a few MB can have a million passes. */
const maxPasses = 100;

/** What pages show: photos are squares, and logos keep their shape. The sides are twice those on the page, for sharp screens. */
const sides = { photo: { large: 256, small: 64 }, logo: { large: 512, small: 128 } } as const;

/** Makes the two sizes of a picture. Throws `BadPicture` for what is none, or is too large to be decoded safely. */
export async function pictureOf(kind: keyof typeof sides, bytes: Buffer): Promise<Picture> {
  const pixels = await readPixels(bytes);
  const area = kind === "photo" ? middleSquare(pixels) : { x: 0, y: 0, width: pixels.width, height: pixels.height };
  const large = scaled(pixels, area, fitted(area, sides[kind].large));
  const whole = { x: 0, y: 0, width: large.width, height: large.height };
  const small = scaled(large, whole, fitted(whole, sides[kind].small));
  const [encodedLarge, encodedSmall] = await encode([large, small]);
  return { large: encodedLarge!, small: encodedSmall! };
}

async function readPixels(bytes: Buffer): Promise<Pixels> {
  if (bytes.length > maxBytes) throw new BadPicture("This picture has more than 16 MB. Make it smaller.");
  if (imageFormat(bytes) === "gif") throw new BadPicture("GIF pictures are not taken. Save it as PNG, JPEG or WebP.");
  const measured = measure(bytes);
  if (measured === null) throw new BadPicture("This is no JPEG, PNG or WebP image.");
  if (isCutOff(bytes)) throw new BadPicture("The end of this image is missing. Copy or export it again.");
  const { format, width, height, bytesPerPixel, isAnimated, passes } = measured;
  if (isAnimated) throw new BadPicture("This picture is animated. Save one of its frames as a picture.");
  const most = (maxPixels * 4) / bytesPerPixel;
  if (width * height > most || Math.max(width, height) > maxSide)
    throw new BadPicture(
      `This picture has ${width} × ${height} pixels. It may have at most ${most / 1e6} million, and ${maxSide} on a side. Make it smaller.`,
    );
  if (width === 0 || height === 0 || passes > maxPasses) throw damaged();
  try {
    return await decode(format, bytes);
  } catch {
    throw damaged();
  }
}

const damaged = () => new BadPicture("This picture cannot be read. Open it in an image program and export it again.");
