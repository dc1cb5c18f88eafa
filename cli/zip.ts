import { createWriteStream } from "node:fs";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { zipFolder } from "../client/pack.ts";
import { countBytes } from "../client/count-bytes.ts";
import { hasZipEnd, tailBytes } from "../lambdas/jobs/rules/archives/bounds.ts";
import { interrupted } from "./interruption.ts";
import { Progress } from "./progress.ts";

interface Zip {
  path: string;
  size: number;
  /** Removes a zip that was created. */
  release: () => Promise<void>;
}

/** Returns the zip at a path, or zips the folder at that path. */
export async function zipAt(path: string): Promise<Zip> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? new Error(`There is no file or folder ${path}.`) : error;
  });
  if (!found.isDirectory()) return { path, size: found.size, release: () => Promise.resolve() };
  const folder = await mkdtemp(join(tmpdir(), "benchstack-"));
  const release = () => rm(folder, { recursive: true, force: true });
  const progress = new Progress(`Packing ${basename(resolve(path))}`);
  try {
    const zip = join(folder, `${basename(resolve(path))}.zip`);
    const counter = countBytes((bytes) => progress.update(bytes));
    await pipeline(await zipFolder(path), counter, createWriteStream(zip), { signal: interrupted });
    return { path: zip, size: (await stat(zip)).size, release };
  } catch (error) {
    await release();
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    throw new Error(
      `${path} cannot be packed, because the disk of ${tmpdir()} is full. Set TMPDIR to another folder.`,
      {
        cause: error,
      },
    );
  } finally {
    progress.end();
  }
}

/** Throws unless the file is a whole zip, so that nothing else is uploaded. Its content is checked by the platform. */
export async function requireZip({ path, size }: Zip, given: string): Promise<void> {
  const file = await open(path);
  try {
    const length = Math.min(size, tailBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    if (!hasZipEnd(buffer.subarray(0, bytesRead), size))
      throw new Error(`${given} is not a zip, or a part of it is missing. Give a whole zip or a folder.`);
  } finally {
    await file.close();
  }
}
