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
  } finally {
    progress.end();
    await rm(part, { force: true });
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
