import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { crc32, deflateSync } from "node:zlib";
import { describe, it } from "@jest/globals";
import encodeJpeg, { init as initJpegEncoder } from "@jsquash/jpeg/encode.js";
import { PNG } from "pngjs";
import { decode, encode, type Pixels } from "../../../lambdas/kernel/pictures/codecs.ts";
import { measure } from "../../../lambdas/kernel/pictures/measure.ts";
import { BadPicture, pictureOf } from "../../../lambdas/kernel/pictures/pictures.ts";

const { resolve } = createRequire(import.meta.url);

/** A picture whose left part is red and whose right part is blue. */
function twoColours(width: number, height: number, alpha = 255): Pixels {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let at = 0; at < width * height; at++)
    data.set(at % width < width / 2 ? [255, 0, 0, alpha] : [0, 0, 255, alpha], at * 4);
  return { data, width, height };
}

const pngOf = ({ data, width, height }: Pixels) => {
  const png = new PNG({ width, height });
  png.data.set(data);
  return PNG.sync.write(png);
};

async function jpegOf({ data, width, height }: Pixels): Promise<Buffer> {
  await initJpegEncoder(new WebAssembly.Module(readFileSync(resolve("@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm"))));
  const image = { data: new Uint8ClampedArray(data), width, height, colorSpace: "srgb" as const };
  return Buffer.from(await encodeJpeg(image, { quality: 95 }));
}

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}

function pngHeader(width: number, height: number, { bits = 8, isInterlaced = false } = {}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, 6, 0, 0, isInterlaced ? 1 : 0], 8);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header)]);
}

function png16Of({ data, width, height }: Pixels): Buffer {
  const lines = Array.from({ length: height }, (_, y) => [
    0,
    ...[...data.slice(y * width * 4, (y + 1) * width * 4)].flatMap((value) => [value, value]),
  ]);
  return Buffer.concat([
    pngHeader(width, height, { bits: 16 }),
    chunk("IDAT", deflateSync(Buffer.from(lines.flat()))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A JPEG that says that the camera was held upright. */
function upright(jpeg: Buffer): Buffer {
  const tiff = Buffer.from("4d4d002a00000008000101120003000000010006000000000000", "hex");
  const exif = Buffer.concat([Buffer.from("Exif\0\0"), tiff]);
  const marker = Buffer.of(0xff, 0xe1, 0, exif.length + 2);
  return Buffer.concat([jpeg.subarray(0, 2), marker, exif, jpeg.subarray(2)]);
}

const sizeOf = async (webp: Buffer) => {
  const { width, height } = await decode("webp", webp);
  return [width, height];
};
const colourAt = ({ data, width }: Pixels, x: number, y: number) => [
  ...data.slice((y * width + x) * 4, (y * width + x) * 4 + 4),
];
const isNear = (found: number[], wanted: number[]) =>
  assert.ok(
    found.every((value, i) => Math.abs(value - wanted[i]!) < 40),
    `${found.join()} is not near ${wanted.join()}`,
  );
const refusal = async (bytes: Buffer): Promise<string> => {
  const error: unknown = await pictureOf("photo", bytes).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof BadPicture, String(error));
  return error.message;
};

describe("pictures", () => {
  it("are squares of two sizes, from the middle of a photo", async () => {
    const { large, small } = await pictureOf("photo", pngOf(twoColours(600, 300)));
    assert.deepEqual(
      [await sizeOf(large), await sizeOf(small)],
      [
        [256, 256],
        [64, 64],
      ],
    );
    const shown = await decode("webp", large);
    isNear(colourAt(shown, 10, 128), [255, 0, 0, 255]);
    isNear(colourAt(shown, 245, 128), [0, 0, 255, 255]);
  });

  it("keep the shape of a logo and its transparency, and never grow", async () => {
    const { large, small } = await pictureOf("logo", pngOf(twoColours(1024, 256, 0)));
    assert.deepEqual(
      [await sizeOf(large), await sizeOf(small)],
      [
        [512, 128],
        [128, 32],
      ],
    );
    assert.equal(colourAt(await decode("webp", small), 5, 5)[3], 0);
    const tiny = await pictureOf("logo", pngOf(twoColours(20, 10)));
    assert.deepEqual(
      [await sizeOf(tiny.large), await sizeOf(tiny.small)],
      [
        [20, 10],
        [20, 10],
      ],
    );
  });

  it("come from JPEG and WebP, and from PNG with 16 bits a colour", async () => {
    const sources = [
      await jpegOf(twoColours(300, 300)),
      (await encode([twoColours(300, 300)]))[0]!,
      png16Of(twoColours(300, 300)),
    ];
    for (const source of sources) {
      const shown = await decode("webp", (await pictureOf("photo", source)).large);
      isNear(colourAt(shown, 10, 10), [255, 0, 0, 255]);
    }
  });

  it("stand as the camera was held, and say nothing of the camera", async () => {
    const photo = upright(await jpegOf(twoColours(300, 300)));
    const { large } = await pictureOf("photo", photo);
    const shown = await decode("webp", large);
    isNear(colourAt(shown, 128, 10), [255, 0, 0, 255]);
    isNear(colourAt(shown, 128, 245), [0, 0, 255, 255]);
    assert.ok(photo.includes("Exif") && !large.includes("Exif") && !large.includes("EXIF"));
  });

  it("are refused before they are decoded if they have too many pixels", async () => {
    const bomb = Buffer.concat([
      pngHeader(60_000, 60_000),
      chunk("IDAT", deflateSync(Buffer.alloc(1000))),
      chunk("IEND", Buffer.alloc(0)),
    ]);
    assert.match(await refusal(bomb), /60000 × 60000 pixels/);
    assert.match(await refusal(pngOf(twoColours(17_000, 1))), /16384 on a side/);
    const jpeg = await jpegOf(twoColours(16, 16));
    const at =
      jpeg.indexOf(Buffer.of(0xff, 0xc2)) === -1
        ? jpeg.indexOf(Buffer.of(0xff, 0xc0))
        : jpeg.indexOf(Buffer.of(0xff, 0xc2));
    jpeg.writeUInt32BE(0xffffffff, at + 5);
    assert.match(await refusal(jpeg), /65535 × 65535 pixels/);
  });

  it("are refused if a second header tells the decoder another size than was measured", async () => {
    const png = Buffer.concat([
      ...[pngHeader(10, 10), pngHeader(2000, 2000).subarray(8)],
      ...[chunk("IDAT", deflateSync(Buffer.alloc(2000 * 8001))), chunk("IEND", Buffer.alloc(0))],
    ]);
    assert.equal((await decode("png", png)).width, 2000, "the decoder believes the second one");
    assert.match(await refusal(png), /no JPEG, PNG or WebP/);

    // Decoders skip these marks, which have no length. Whoever takes what follows for one misses the real size.
    const jpeg = await jpegOf(twoColours(16, 16));
    const frame = [0xc0, 0xc2].map((mark) => jpeg.indexOf(Buffer.of(0xff, mark))).find((at) => at !== -1)!;
    const real = Buffer.from(jpeg.subarray(frame, frame + 2 + jpeg.readUInt16BE(frame + 2)));
    const others = Buffer.concat([jpeg.subarray(2, frame), jpeg.subarray(frame + real.length)]);
    for (const mark of [0x00, 0x01, 0xd0]) {
      const large = Buffer.from(real);
      large.writeUInt32BE((4000 << 16) + 4000, 5);
      // A comment as long as a segment can be.
      const filler = Buffer.alloc(2 + 0xffff);
      filler.set([0xff, 0xfe, 0xff, 0xff]);
      // The mark, the real frame, whose first bytes look like a length, and the small frame at that distance.
      const hidden = Buffer.concat([Buffer.of(0xff, 0xd8, 0xff, mark), large, filler, others]);
      real.copy(hidden, 4 + large.readUInt16BE(0));
      assert.equal((await decode("jpeg", hidden)).width, 4000);
      assert.match(await refusal(hidden), /no JPEG, PNG or WebP/, mark.toString(16));
    }
  });

  it("are refused if they unpack to more than their pixels, or take too many passes", async () => {
    const bomb = Buffer.concat([
      pngHeader(10, 10, { isInterlaced: true }),
      chunk("IDAT", deflateSync(Buffer.alloc(2 ** 24))),
      chunk("IEND", Buffer.alloc(0)),
    ]);
    assert.match(await refusal(bomb), /cannot be read/);
    const jpeg = await jpegOf(twoColours(16, 16));
    const passes = Buffer.concat(Array<Buffer>(200).fill(Buffer.of(0xff, 0xda, 0, 2)));
    assert.match(await refusal(Buffer.concat([jpeg.subarray(0, -2), passes, jpeg.subarray(-2)])), /cannot be read/);
  });

  it("are refused if they are animated, with advice", async () => {
    const still = pngOf(twoColours(10, 10));
    const animated = Buffer.concat([still.subarray(0, 33), chunk("acTL", Buffer.alloc(8)), still.subarray(33)]);
    const webp = Buffer.alloc(40);
    webp.write("RIFF\x20\0\0\0WEBPVP8X", "latin1");
    webp[20] = 2;
    for (const picture of [animated, webp]) assert.match(await refusal(picture), /one of its frames/);
  });

  it("do not disturb each other when one of them is damaged", async () => {
    const jpeg = await jpegOf(twoColours(100, 100));
    const alone = await pictureOf("photo", jpeg);
    const damaged = Buffer.from(jpeg).fill(0xff, 30, 200);
    const [first, refused, second] = await Promise.allSettled(
      [jpeg, damaged, jpeg].map((one) => pictureOf("photo", one)),
    );
    assert.equal(refused!.status, "rejected");
    for (const one of [first, second]) assert.deepEqual(one, { status: "fulfilled", value: alone });
  });

  it("are refused as GIF, with what to do instead", async () =>
    assert.match(await refusal(Buffer.from("GIF89a\x01\0\x01\0\0\0\0;", "latin1")), /Save it as PNG/));

  it("are refused if they are damaged anywhere, and later ones are not", async () => {
    const sources = [
      pngOf(twoColours(40, 40)),
      await jpegOf(twoColours(40, 40)),
      (await encode([twoColours(40, 40)]))[0]!,
    ];
    for (const source of sources)
      for (let at = 12; at < source.length; at += 3) {
        const damaged = Buffer.from(source);
        damaged[at]! ^= 0xff;
        await pictureOf("photo", damaged).catch((error: unknown) =>
          assert.ok(error instanceof BadPicture, String(error)),
        );
        assert.doesNotThrow(() => measure(source.subarray(0, at)));
      }
    for (const source of sources) await pictureOf("photo", source);
    assert.match(await refusal(Buffer.from("<svg/>")), /no JPEG, PNG or WebP/);
  });
});
