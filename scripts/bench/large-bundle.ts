import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import yazl from "yazl";

const competition = {
  version: 2,
  title: "Large",
  image: "logo.png",
  terms: "terms.md",
  pages: [],
  tasks: [
    {
      index: 0,
      name: "Large",
      scoring_program: "scoring_program",
      input_data: "data",
      reference_data: "reference.zip",
    },
  ],
  phases: [{ name: "Only", start: "2026-01-01", tasks: [0], public_data: "public.zip" }],
  leaderboards: [{ title: "Results", key: "main", columns: [{ title: "Score", key: "score", index: 0 }] }],
};

/**
 * Writes a bundle of about `bytes` bytes: a quarter is small compressed files in a folder, half is an uncompressed zip,
 * as most zip programs store zips, and a quarter is a zip that is compressed again, as some do.
 */
export async function writeLargeBundle(
  path: string,
  { bytes, entries }: { bytes: number; entries: number },
): Promise<void> {
  const zip = new yazl.ZipFile();
  const written = pipeline(zip.outputStream, createWriteStream(path));
  const add = (name: string, content: string | Buffer) => zip.addBuffer(Buffer.from(content as string), name);
  add("competition.yaml", JSON.stringify(competition));
  add("logo.png", Buffer.from("\x89PNG\r\n\x1a\n", "latin1"));
  add("terms.md", "Be fair.");
  add("scoring_program/metadata.yaml", "command: python score.py");
  const noise = randomBytes(8 * 1024 ** 2);
  // Hexadecimal digits compress to half their size.
  const small = Math.floor(bytes / 4 / entries) * 2;
  for (let i = 0; i < entries; i += 1) {
    const content = hexadecimal(noise, i, small);
    zip.addReadStreamLazy(`data/${i % 100}/${i}.txt`, { size: small, compressionLevel: 1 }, (done) =>
      done(null, Readable.from([content()])),
    );
  }
  const large = (name: string, size: number, compress: boolean) =>
    zip.addReadStreamLazy(name, { size, ...(compress ? { compressionLevel: 1 } : { compress }) }, (done) =>
      done(null, Readable.from(repeated(noise, size))),
    );
  large("reference.zip", Math.floor(bytes / 2), false);
  large("public.zip", Math.floor(bytes / 4), true);
  zip.end();
  await written;
}

const hexadecimal = (noise: Buffer, i: number, size: number) => () => {
  const from = (i * 7919) % (noise.length - size);
  return Buffer.from(noise.toString("hex", from, from + size / 2));
};

function* repeated(noise: Buffer, size: number): Generator<Buffer> {
  for (let left = size; left > 0; left -= noise.length) yield noise.subarray(0, Math.min(left, noise.length));
}
