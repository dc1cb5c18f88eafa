import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, type Stats } from "node:fs";
import { link, lstat, mkdir, readdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { makeFolder } from "../../worker-image/make-folder.ts";
import { HomeInUse, openHome } from "../home.ts";
import { askPlatform, type Held } from "./backup-socket.ts";
import { BackupRefused, descriptionFile, readBackup, type Description } from "./description.ts";
import { dump } from "./postgresql.ts";
import { sumOfText, sumsFile, writtenSums, type Sums } from "./sums.ts";

export interface BackupOrders {
  home: string;
  /** The folder of all backups of this home. */
  folder: string;
  /** The server that the platform uses; null for the embedded database. */
  databaseUrl: string | null;
  /** The release of this code. */
  release: string;
}

const ownStore =
  "They are in a store of yours (AWS_ENDPOINT_URL_S3): back up that store and the database with their own programs.";
/** The end of the name of a backup that is not complete. */
const incomplete = ".incomplete";
const backupName = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z$/;

/**
 * Backs a home up into a new folder, whether its platform runs or not: the database and the objects of one moment, and the home's
 * keys. Objects that the last backup in the same folder has are links to the same files. Throws `BackupRefused` with a sentence, and then leaves no
 * backup.
 */
export async function takeBackup(orders: BackupOrders): Promise<{ path: string; copied: number; linked: number }> {
  const { home, folder, databaseUrl } = orders;
  if (!existsSync(join(home, "credentials.json")))
    throw new BackupRefused(`There is no platform in ${home}. Set BENCHSTACK_HOME to its folder.`);
  if (!existsSync(join(home, "database")) && databaseUrl === null)
    throw new BackupRefused("The database is not in this home. Set DATABASE_URL as you set it for npm start.");
  if (!existsSync(join(home, "objects"))) throw new BackupRefused(`The objects are not in this home. ${ownStore}`);
  await makeFolder(folder, 0o700);
  const held = await hold(orders);
  const taken = new Date();
  const path = join(folder, taken.toISOString().replaceAll(":", "-"));
  const writer = new Writer(path + incomplete, await lastBackup(folder));
  try {
    await removeIncomplete(folder);
    await mkdir(path + incomplete, { mode: 0o700 });
    // The database before the objects: an object is written before the row that names it.
    if (databaseUrl === null) await writer.copyTree(held.database!, "database");
    else {
      await dump(databaseUrl, join(path + incomplete, "database.dump"));
      await writer.add("database.dump");
    }
    const buckets = join(home, "objects", "buckets");
    await writer.copyTree(buckets, "objects/buckets");
    if (held.deleted !== null) await writer.copyTree(join(held.deleted, "buckets"), "objects/buckets");
    await writer.copy(join(home, "credentials.json"), "credentials.json");
    held.end();
    await finish(path, writer, {
      release: orders.release,
      taken,
      database: databaseUrl === null ? "embedded" : "postgresql",
    });
  } catch (error) {
    held.close();
    await rm(path + incomplete, { recursive: true, force: true });
    throw error;
  }
  return { path, copied: writer.copied, linked: writer.linked };
}

/** Keeps what the backup is of until it is complete. */
async function hold({ home, databaseUrl }: BackupOrders): Promise<Held> {
  try {
    const opened = await openHome(home);
    const end = () => opened.release();
    return { database: join(home, "database"), deleted: null, end, close: () => undefined };
  } catch (error) {
    if (!(error instanceof HomeInUse)) throw error;
  }
  const held = await askPlatform(home);
  const problem =
    held.deleted === null
      ? `Its objects are not in this home. ${ownStore}`
      : (held.database === null) !== (databaseUrl !== null)
        ? "It has another database. Set DATABASE_URL, or leave it out, as you did for npm start."
        : undefined;
  if (problem === undefined) return held;
  held.close();
  throw new BackupRefused(`The platform in ${home} cannot be backed up. ${problem}`);
}

async function finish(
  path: string,
  writer: Writer,
  facts: { release: string; taken: Date; database: Description["database"] },
) {
  const list = writtenSums(writer.sums);
  const description: Description = {
    format: 1,
    ...facts,
    taken: facts.taken.toISOString(),
    bytes: writer.bytes,
    sums: sumOfText(list),
  };
  const folder = path + incomplete;
  await writeFile(join(folder, sumsFile), list, { mode: 0o600 });
  await writeFile(join(folder, descriptionFile), `${JSON.stringify(description, null, 1)}\n`, { mode: 0o600 });
  // A backup that exists is on the disk.
  await promisify(execFile)("sync", ["--file-system", folder]);
  await rename(folder, path);
}

/** The newest backup in a folder that is complete. */
async function lastBackup(folder: string): Promise<{ folder: string; sums: Sums } | null> {
  const names = (await readdir(folder)).filter((name) => backupName.test(name)).sort();
  for (const name of names.reverse())
    try {
      return { folder: join(folder, name), sums: (await readBackup(join(folder, name))).sums };
    } catch (error) {
      if (!(error instanceof BackupRefused)) throw error;
    }
  return null;
}

/** Removes what backups have left that were killed. */
async function removeIncomplete(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.endsWith(incomplete) && backupName.test(name.slice(0, -incomplete.length)))
      await rm(join(folder, name), { recursive: true });
}

/** Writes files into a backup, and notes their checksums. */
class Writer {
  readonly sums: Sums = new Map();
  copied = 0;
  linked = 0;
  bytes = 0;
  readonly #folder: string;
  readonly #last: { folder: string; sums: Sums } | null;

  constructor(folder: string, last: { folder: string; sums: Sums } | null) {
    this.#folder = folder;
    this.#last = last;
  }

  /** Copies all files that are in a folder, and the folders without any, which PostgreSQL needs. Files that disappear meanwhile are left out. */
  async copyTree(from: string, to: string): Promise<void> {
    await mkdir(join(this.#folder, to), { recursive: true, mode: 0o700 });
    for (const entry of await orGone(readdir(from, { withFileTypes: true }), [])) {
      const [source, target] = [join(from, entry.name), `${to}/${entry.name}`];
      if (entry.isDirectory()) await this.copyTree(source, target);
      else if (entry.isFile() && !this.sums.has(target)) await this.copy(source, target);
    }
  }

  async copy(from: string, to: string): Promise<void> {
    const found = await orGone(lstat(from), undefined);
    if (!found) return;
    const target = join(this.#folder, to);
    if (to.startsWith("objects/") && (await this.#link(found, to, target))) this.linked += 1;
    else if (!(await this.#copy({ path: from, mtime: found.mtime }, to, target))) return;
    this.bytes += found.size;
  }

  /** Notes a file that is in the backup already. */
  async add(path: string): Promise<void> {
    const hash = createHash("sha256");
    await pipeline(createReadStream(join(this.#folder, path)), hash);
    this.sums.set(path, hash.digest("hex"));
    this.bytes += (await lstat(join(this.#folder, path))).size;
  }

  /** An object never changes, so one of the same size and time is the same. */
  async #link({ size, mtimeMs }: Stats, to: string, target: string): Promise<boolean> {
    const sum = this.#last?.sums.get(to);
    if (!this.#last || sum === undefined) return false;
    const source = join(this.#last.folder, to);
    const before = await lstat(source).catch(() => undefined);
    if (before?.size !== size || Math.abs(before.mtimeMs - mtimeMs) >= 1) return false;
    try {
      await link(source, target);
    } catch {
      // This file system has no links, or no more of this file.
      return false;
    }
    this.sums.set(to, sum);
    return true;
  }

  /** False when the file has disappeared. */
  async #copy(from: { path: string; mtime: Date }, to: string, target: string): Promise<boolean> {
    const hash = createHash("sha256");
    const source = createReadStream(from.path);
    source.on("data", (piece) => hash.update(piece));
    try {
      await pipeline(source, createWriteStream(target, { mode: 0o600 }));
    } catch (error) {
      const { code, path } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" || path !== from.path) throw error;
      await rm(target, { force: true });
      return false;
    }
    await utimes(target, from.mtime, from.mtime);
    this.sums.set(to, hash.digest("hex"));
    this.copied += 1;
    return true;
  }
}

/** The result of reading a file or folder, or something else if it does not exist any more. */
const orGone = <Result, Else>(reading: Promise<Result>, otherwise: Else): Promise<Result | Else> =>
  reading.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return otherwise;
  });
