import { createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ApiClient } from "../client/api-client.ts";
import { countBytes } from "../client/count-bytes.ts";
import { makeFolder } from "../worker-image/make-folder.ts";
import { interrupted } from "./interruption.ts";
import { Progress } from "./progress.ts";

/** Downloads a file, with a progress bar. An existing file is not replaced, and a part of a file is never left. */
export async function save(client: ApiClient, url: string, file: string): Promise<void> {
  if (await stat(file).catch(() => undefined)) throw new Error(`${file} exists already. Give another place.`);
  const part = `${file}.part`;
  const progress = new Progress(`Downloading ${basename(file)}`);
  try {
    const counter = countBytes((bytes) => progress.update(bytes));
    await pipeline(await client.download(url), counter, createWriteStream(part), { signal: interrupted });
    await rename(part, file);
  } catch (error) {
    // What fails while it is written does not say where. The part is of no interest.
    const { code, syscall } = error as NodeJS.ErrnoException;
    throw code && (syscall === "write" || syscall === "open") ? Object.assign(error as Error, { path: file }) : error;
  } finally {
    progress.end();
    // A disk that is read-only refuses this as well.
    await rm(part, { force: true }).catch(() => undefined);
  }
}

/**
 * Runs `work`, which saves files in a folder and adds their paths to a list. Returns the list. If it fails, none of them
 * stays, so that the command can be repeated.
 */
export async function savedTogether(folder: string, work: (saved: string[]) => Promise<void>): Promise<string[]> {
  const existed = (await stat(folder).catch(() => undefined)) !== undefined;
  const saved: string[] = [];
  try {
    await work(saved);
    return saved;
  } catch (error) {
    for (const path of existed ? saved : [folder])
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}

/** Creates a folder and returns the path of a file in it, whose name other people may have chosen. */
export async function placeIn(folder: string, name: string): Promise<string> {
  await makeFolder(folder);
  return join(folder, safeName(name));
}

/** Makes a file name of a text: without separators, control characters or a dot at the start. */
export const safeName = (text: string): string =>
  text
    .replace(/[^\p{L}\p{N}._ -]+/gu, "_")
    .replace(/^\.+/, "_")
    .slice(0, 100) || "_";
