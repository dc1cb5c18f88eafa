import { readFile, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { maxSinglePutBytes, type ApiClient } from "../client/api-client.ts";
import { ApiError } from "../client/api-error.ts";
import { settingsFile } from "./settings.ts";

/** Uploads in parts that have begun: the dataset's key, by what tells the file from another. */
type Begun = Record<string, string>;

/**
 * Uploads a file as a dataset and gives its key. A large one goes in parts, and when an earlier upload of the same file
 * broke off, only those that are missing.
 */
export async function upload(client: ApiClient, type: string, file: string): Promise<string> {
  const { size, mtimeMs } = await stat(file);
  if (size <= maxSinglePutBytes) return client.upload(type, file);
  const same = [client.url, type, resolve(file), size, mtimeMs].join(" ");
  const before = (await read())[same];
  if (before !== undefined && (await sent(client, before, file))) {
    await note(({ [same]: _, ...others }) => others);
    return before;
  }
  const { key } = await client.createDataset(type, file, size);
  await note((begun) => ({ ...begun, [same]: key }));
  await client.uploadParts(key, file);
  await note(({ [same]: _, ...others }) => others);
  return key;
}

/** False when the platform knows nothing of the upload any more. */
async function sent(client: ApiClient, key: string, file: string): Promise<boolean> {
  try {
    await client.uploadParts(key, file);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return false;
    throw error;
  }
}

async function read(): Promise<Begun> {
  try {
    return JSON.parse(await readFile(await settingsFile("uploads.json"), "utf8")) as Begun;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

const note = async (change: (begun: Begun) => Begun) =>
  writeFile(await settingsFile("uploads.json"), `${JSON.stringify(change(await read()), null, 2)}\n`, { mode: 0o600 });
