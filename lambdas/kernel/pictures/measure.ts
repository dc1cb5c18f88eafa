import { imageFormat } from "../objects/image-format.ts";
import type { DecodedFormat } from "./codecs.ts";

/** What the header of a picture says. Nothing is decoded to learn it. */
export interface Measured {
  format: DecodedFormat;
  width: number;
  height: number;
  /** Bytes of a decoded pixel, at least the four of red, green, blue and alpha. */
  bytesPerPixel: number;
  isAnimated: boolean;
  /** How often the decoder goes over all pixels. Progressive JPEGs have about ten passes. */
  passes: number;
}

/** Measures a JPEG, PNG or WebP picture. Null if it is none, or its header is damaged. */
export function measure(bytes: Buffer): Measured | null {
  const format = imageFormat(bytes);
  if (format === null || format === "gif") return null;
  const measures: Record<DecodedFormat, (bytes: Buffer) => Header | null> = { jpeg, png, webp };
  try {
    const measured = measures[format](bytes);
    return measured && { format, bytesPerPixel: 4, isAnimated: false, passes: 1, ...measured };
  } catch (error) {
    // The file ends within its header.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

type Header = Pick<Measured, "width" | "height"> & Partial<Measured>;

/** Markers of JPEG: a frame, which has the size, and a scan, which is one pass. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const scan = Buffer.of(0xff, 0xda);

function jpeg(bytes: Buffer): Header | null {
  for (let at = 2; bytes[at] === 0xff && bytes[at + 1] !== 0xda;) {
    const marker = bytes[at + 1]!;
    // Bytes before a marker may be filled with 0xff.
    if (marker === 0xff) at++;
    // Decoders skip these, which have no length: what follows is not what it seems to be. No program writes them here.
    else if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd9)) return null;
    else if (isFrame(marker))
      return {
        height: bytes.readUInt16BE(at + 5),
        width: bytes.readUInt16BE(at + 7),
        passes: occurrences(bytes, scan),
      };
    else at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
}

function occurrences(bytes: Buffer, what: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(what); at !== -1; at = bytes.indexOf(what, at + what.length)) count++;
  return count;
}

function png(bytes: Buffer): Header | null {
  const name = (at: number) => bytes.toString("latin1", at + 4, at + 8);
  if (name(8) !== "IHDR") return null;
  let isAnimated = false;
  for (let at = 8; at + 12 <= bytes.length && name(at) !== "IEND"; at += 12 + bytes.readUInt32BE(at)) {
    // The decoder would believe the second one.
    if (at > 8 && name(at) === "IHDR") return null;
    isAnimated ||= name(at) === "acTL";
  }
  return {
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    bytesPerPixel: bytes[24] === 16 ? 8 : 4,
    isAnimated,
  };
}

function webp(bytes: Buffer): Header | null {
  const kind = bytes.toString("latin1", 12, 16);
  if (kind === "VP8 ") return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
  if (kind === "VP8L") {
    const bits = bytes.readUInt32LE(21);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (kind !== "VP8X") return null;
  const isAnimated = (bytes.readUInt8(20) & 0x02) !== 0;
  return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1, isAnimated };
}
