import { readFile, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { maxSinglePutBytes, type ApiClient } from "../client/api-client.ts";
import { ApiError } from "../client/api-error.ts";
import { settingsFile } from "./settings.ts";

/** Unfinished uploads in parts: the dataset's key by the identity of the file. */
type UnfinishedUploads = Record<string, string>;

/**
 * Uploads a file as a dataset and returns its key. Large files are uploaded in parts, and an interrupted upload of the
 * same file is resumed.
 */
export async function upload(client: ApiClient, type: string, file: string): Promise<string> {
  const { size, mtimeMs } = await stat(file);
  if (size <= maxSinglePutBytes) return client.upload(type, file);
  const identity = [client.url, type, resolve(file), size, mtimeMs].join(" ");
  const previousKey = (await readUnfinished())[identity];
  if (previousKey !== undefined && (await resume(client, previousKey, file))) {
    await update(({ [identity]: _, ...others }) => others);
    return previousKey;
  }
  const { key } = await client.createDataset(type, file, size);
  await update((uploads) => ({ ...uploads, [identity]: key }));
  await client.uploadParts(key, file);
  await update(({ [identity]: _, ...others }) => others);
  return key;
}

/** Resumes an upload. Returns false when the platform does not know it any more. */
async function resume(client: ApiClient, key: string, file: string): Promise<boolean> {
  try {
    await client.uploadParts(key, file);
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
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

const update = async (change: (uploads: UnfinishedUploads) => UnfinishedUploads) =>
  writeFile(await settingsFile("uploads.json"), `${JSON.stringify(change(await readUnfinished()), null, 2)}\n`, {
    mode: 0o600,
  });
