import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { maxSinglePutBytes, type ApiClient } from "../client/api-client.ts";
import { ApiError } from "../client/api-error.ts";
import { Interrupted, interrupted } from "./interruption.ts";
import { Progress } from "./progress.ts";
import { settingsFile } from "./settings.ts";

/** Unfinished uploads in parts: the dataset's key by the identity of the file. */
type UnfinishedUploads = Record<string, string>;

/**
 * Uploads a file as a dataset and returns its key. Large files are uploaded in parts, and an interrupted upload of the
 * same content is resumed, also if it is a folder that was packed again.
 */
export async function upload(client: ApiClient, type: string, file: string): Promise<string> {
  const { size } = await stat(file);
  const isLarge = size > maxSinglePutBytes;
  const progress = new Progress(`Uploading ${basename(file)}`);
  const onProgress = (done: number, total: number) => progress.update(done, total);
  try {
    return isLarge
      ? await uploadLarge(client, type, { file, size }, onProgress)
      : await client.upload(type, file, onProgress);
  } catch (error) {
    if (!interrupted.aborted) throw error;
    throw new Interrupted(
      `The upload was interrupted.${isLarge ? " Repeat the command to continue it." : " Nothing has been submitted or created."}`,
    );
  } finally {
    progress.end();
  }
}

async function uploadLarge(
  client: ApiClient,
  type: string,
  { file, size }: { file: string; size: number },
  onProgress: (done: number, total: number) => void,
): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash, { signal: interrupted });
  const sha256 = hash.digest("hex");
  const identity = [client.url, type, size, sha256].join(" ");
  const previousKey = (await readUnfinished())[identity];
  if (previousKey !== undefined && (await resumed(client, previousKey, file, onProgress))) {
    await update(({ [identity]: _, ...others }) => others);
    return previousKey;
  }
  const { key: created } = await client.createDataset(type, file, size, sha256);
  await update((uploads) => ({ ...uploads, [identity]: created }));
  await client.uploadParts(created, file, onProgress);
  await update(({ [identity]: _, ...others }) => others);
  return created;
}

/** Resumes an upload. Returns false when the platform does not know it any more. */
async function resumed(
  client: ApiClient,
  key: string,
  file: string,
  onProgress: (done: number, total: number) => void,
): Promise<boolean> {
  try {
    await client.uploadParts(key, file, onProgress);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return false;
    throw error;
  }
}

async function readUnfinished(): Promise<UnfinishedUploads> {
  try {
    return JSON.parse(await readFile(await settingsFile("uploads.json"), "utf8")) as UnfinishedUploads;
  } catch (error) {
    // Without a readable note, the upload begins anew.
    if (error instanceof SyntaxError || notNoted.has((error as NodeJS.ErrnoException).code)) return {};
    throw error;
  }
}

/** Why there is no note of unfinished uploads, or none can be made: an upload works without it. */
const notNoted = new Set<string | undefined>(["ENOENT", "EACCES", "EPERM", "EROFS", "ENOTDIR"]);

async function update(change: (uploads: UnfinishedUploads) => UnfinishedUploads): Promise<void> {
  const text = `${JSON.stringify(change(await readUnfinished()), null, 2)}\n`;
  try {
    await writeFile(await settingsFile("uploads.json"), text, { mode: 0o600 });
  } catch (error) {
    if (!notNoted.has((error as NodeJS.ErrnoException).code)) throw error;
  }
}
