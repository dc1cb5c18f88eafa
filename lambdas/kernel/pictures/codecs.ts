/**
 * Decodes and encodes pictures. Everything runs in JavaScript or in the memory of a WebAssembly instance, so a file that
 * deceives a decoder reaches nothing else of the process.
 */
import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import decodeJpeg, { init as initJpegDecoder } from "@jsquash/jpeg/decode.js";
import decodeWebp, { init as initWebpDecoder } from "@jsquash/webp/decode.js";
import encodeWebp, { init as initWebpEncoder } from "@jsquash/webp/encode.js";
import { PNG } from "pngjs";
import { codecFiles } from "#codec-files";
import type { ImageFormat } from "../objects/image-format.ts";

/** Red, green, blue and alpha of each pixel, line by line. */
export interface Pixels {
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
}

/** The formats that can be decoded. */
export type DecodedFormat = Exclude<ImageFormat, "gif">;

const compiled = new Map<string, WebAssembly.Module>();

function moduleIn(file: string): WebAssembly.Module {
  const module = compiled.get(file) ?? new WebAssembly.Module(readFileSync(file));
  compiled.set(file, module);
  return module;
}

const ownOptions = {
  // Decoders print a line for each thing that they find odd.
  print: () => undefined,
  printErr: () => undefined,
  // They get their module, and need not look for it beside their code, which in a bundle has no URL.
  locateFile: (name: string) => name,
};

/** Per codec, when a new instance of it is ready. */
const ready = new Map<string, Promise<unknown>>();

/**
 * Uses a codec on a new instance, and leaves another new one behind for the next use: an instance never gives memory back, and one
 * whose codec failed cannot be trusted. Instances are few, because each makes V8 collect the garbage of the whole heap sooner.
 */
async function afresh<Result>(
  init: (module: WebAssembly.Module, options: object) => Promise<unknown>,
  file: string,
  use: () => Promise<Result>,
): Promise<Result> {
  const fresh = () => init(moduleIn(file), ownOptions);
  const turn = (ready.get(file) ?? fresh()).then(use);
  const next = turn.then(fresh, fresh);
  ready.set(file, next);
  try {
    return await turn;
  } finally {
    await next.catch((error: unknown) => {
      if (ready.get(file) === next) ready.delete(file);
      throw error;
    });
  }
}

const arrayBufferOf = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;

const decoders: Record<DecodedFormat, (bytes: Buffer) => Pixels | Promise<Pixels>> = {
  jpeg: (bytes) =>
    afresh(initJpegDecoder, codecFiles.jpegDecoder, () =>
      // Cameras note how they were held instead of turning the picture.
      decodeJpeg(arrayBufferOf(bytes), { preserveOrientation: true }),
    ),
  webp: (bytes) => afresh(initWebpDecoder, codecFiles.webpDecoder, () => decodeWebp(arrayBufferOf(bytes))),
  png(bytes) {
    requireBoundedPng(bytes);
    // Browsers show pictures with wrong checksums, and with something behind their end.
    const end = bytes.lastIndexOf("IEND") + 8;
    const { data, width, height } = PNG.sync.read(bytes.subarray(0, end), { checkCRC: false });
    return { data, width, height };
  },
};

/** The decoder inflates interlaced pictures whole, however much that is. */
function requireBoundedPng(bytes: Buffer): void {
  if (bytes[28] === 0) return;
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const parts: Buffer[] = [];
  for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at))
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT")
      parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  // Pixels of up to eight bytes, and a byte for each line of the seven passes.
  inflateSync(Buffer.concat(parts), { maxOutputLength: 8 * width * height + 7 * (height + 1) });
}

/** Decodes a picture whose size was measured before. Throws whatever its decoder throws if it is damaged. */
export const decode = async (format: DecodedFormat, bytes: Buffer): Promise<Pixels> => decoders[format](bytes);

/**
 * Encodes the sizes of one picture as WebP. They have nothing but their pixels: no place, no camera, no thumbnail of what was cut
 * off.
 */
export function encode(sizes: Pixels[]): Promise<Buffer[]> {
  return afresh(initWebpEncoder, codecFiles.webpEncoder, async () => {
    const encoded: Buffer[] = [];
    for (const { data, width, height } of sizes) {
      const image = { data: new Uint8ClampedArray(data), width, height, colorSpace: "srgb" as const };
      encoded.push(Buffer.from(await encodeWebp(image, { quality: 85 })));
    }
    return encoded;
  });
}
