import { randomBytes } from "node:crypto";
import { chmod, open, readFile, rename, statfs, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeFolder } from "../worker-image/make-folder.ts";

/** The folder of a local platform, with all its data. */
export interface Home {
  path: string;
  /** Key pair of the embedded object store and queues, created with the folder. */
  credentials: { accessKeyId: string; secretAccessKey: string };
  release(): void;
}

/** The error code of SQLite when another connection has locked a file. */
const sqliteBusy = 5;

export class HomeInUse extends Error {}

/** Less would not be enough for a new database. */
const minFreeBytes = 64 * 1024 ** 2;

/**
 * Opens a home and creates it if needed. Throws `HomeInUse` when another platform uses it, and an error of the file system when
 * its disk is full.
 */
export async function openHome(folder: string): Promise<Home> {
  const path = resolve(folder);
  await makeFolder(path, 0o700);
  const { bsize, bavail } = await statfs(path);
  if (bsize * bavail < minFreeBytes) throw Object.assign(new Error("The disk is full."), { code: "ENOSPC", path });
  const lock = await takeLock(path);
  const credentials = await readOrMake(join(path, "credentials.json"), () => ({
    accessKeyId: `local-${randomBytes(8).toString("hex")}`,
    secretAccessKey: randomBytes(32).toString("base64url"),
  }));
  return { path, credentials, release: () => lock.close() };
}

/**
 * Locks the home with a file in it, so that it has one platform however it is reached: by another path, or from a container
 * that mounts it. SQLite has the kernel lock the file, and the kernel unlocks it when this process ends in any way.
 */
async function takeLock(path: string): Promise<DatabaseSync> {
  const file = join(path, "lock");
  // Makes the file, or fails with an error of the file system that says why.
  await (await open(file, "a", 0o600)).close();
  const lock = new DatabaseSync(file);
  try {
    lock.exec("begin exclusive");
    return lock;
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== sqliteBusy) throw error;
    throw new HomeInUse(`Another Benchstack platform is running with its home in ${path}.`);
  }
}

async function readOrMake<Value>(file: string, make: () => Value): Promise<Value> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Value;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const value = make();
  await writeFile(`${file}.new`, JSON.stringify(value), { mode: 0o600 });
  await chmod(`${file}.new`, 0o600);
  await rename(`${file}.new`, file);
  return value;
}
