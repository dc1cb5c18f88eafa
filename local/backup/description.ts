import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { readSums, sumOfText, sumsFile, type Sums } from "./sums.ts";

/** A sentence for the person who backs up or restores. */
export class BackupRefused extends Error {}

export const descriptionFile = "backup.json";

const descriptionSchema = z.object({
  format: z.literal(1),
  /** The release of the platform. */
  release: z.string(),
  /** The moment of which it is. */
  taken: z.iso.datetime(),
  database: z.enum(["embedded", "postgresql"]),
  bytes: z.number(),
  /** The checksum of the list of checksums. */
  sums: z.string(),
});

/** What a backup says of itself. The file is written last, so a backup without it is not complete. */
export type Description = z.output<typeof descriptionSchema>;

/** Reads what a backup says of itself. Throws `BackupRefused` when it is not complete or its lists are damaged. */
export async function readBackup(folder: string): Promise<{ description: Description; sums: Sums }> {
  const text = await readFile(join(folder, descriptionFile), "utf8").catch(() => undefined);
  if (text === undefined)
    throw new BackupRefused(`${folder} is not a complete backup: it has no ${descriptionFile}. Name another one.`);
  const damaged = (file: string) =>
    new BackupRefused(`The backup ${folder} is damaged: ${file} is not as it was written.`);
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch {
    throw damaged(descriptionFile);
  }
  if (typeof written === "object" && written !== null && "format" in written && written.format !== 1)
    throw new BackupRefused(`${folder} was written by a later release of Benchstack. Restore it with that release.`);
  const description = descriptionSchema.safeParse(written);
  if (!description.success) throw damaged(descriptionFile);
  const list = await readFile(join(folder, sumsFile), "utf8").catch(() => "");
  const sums = readSums(list);
  if (!sums || sumOfText(list) !== description.data.sums) throw damaged(sumsFile);
  return { description: description.data, sums };
}
