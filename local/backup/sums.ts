/** The files of a backup with their checksums, as `sha256sum` writes them, so that it can check a backup as well. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** Checksums by path in the backup. */
export type Sums = Map<string, string>;

export const sumsFile = "SHA256SUMS";
/** No path leads out of the backup. */
const line = /^([0-9a-f]{64}) {2}((?:database|database\.dump|objects|credentials\.json)(?:\/(?!\.\.?(?:\/|$))[^/]+)*)$/;

export const writtenSums = (sums: Sums): string => [...sums].map(([path, sum]) => `${sum}  ${path}\n`).join("");

/** Undefined when a line is not one of `writtenSums`. */
export function readSums(text: string): Sums | undefined {
  const sums: Sums = new Map();
  for (const written of text.split("\n").slice(0, -1)) {
    const found = line.exec(written);
    if (!found) return undefined;
    sums.set(found[2]!, found[1]!);
  }
  return sums;
}

export const sumOfText = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Undefined when there is no such file. */
export async function sumOfFile(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** The first file that is missing or has another content than its checksum says; undefined when all are right. */
export async function firstDamaged(folder: string, sums: Sums): Promise<string | undefined> {
  for (const [path, sum] of sums) if ((await sumOfFile(join(folder, path))) !== sum) return path;
  return undefined;
}
