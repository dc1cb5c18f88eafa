import { chmod, cp, mkdir, readdir, rename, rm, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { makeFolder } from "../../worker-image/make-folder.ts";
import { BackupRefused, readBackup, type Description } from "./description.ts";
import { isEmpty, load } from "./postgresql.ts";
import { firstDamaged } from "./sums.ts";

export interface RestoreOrders {
  /** One backup, not the folder of all. */
  backup: string;
  /** A folder that does not exist or is empty. */
  home: string;
  /** An empty database, for a backup of a PostgreSQL server; else null. */
  databaseUrl: string | null;
}

/**
 * Makes a home from a backup, for a platform that does not run yet. Throws `BackupRefused` with a sentence before it writes anything, if the
 * backup is not complete, a file is damaged, or the home or the database is not empty. A home exists completely or not at all.
 */
export async function restoreBackup({ backup, home: named, databaseUrl }: RestoreOrders): Promise<Description> {
  const home = resolve(named);
  const { description, sums } = await readBackup(backup);
  const damaged = await firstDamaged(backup, sums);
  if (damaged !== undefined)
    throw new BackupRefused(`The backup ${backup} is damaged: ${damaged} is missing or has changed. Use another one.`);
  if (!(await isVacant(home)))
    throw new BackupRefused(`${home} is not empty. Set BENCHSTACK_HOME to a folder that does not exist.`);
  if ((description.database === "embedded") !== (databaseUrl === null))
    throw new BackupRefused(
      databaseUrl === null
        ? "This is a backup of a PostgreSQL server. Set DATABASE_URL to an empty database."
        : "This backup has an embedded database. Leave DATABASE_URL out.",
    );
  if (databaseUrl !== null && !(await isEmpty(databaseUrl)))
    throw new BackupRefused("The database of DATABASE_URL is not empty. Create a new one, and set DATABASE_URL to it.");
  await makeFolder(dirname(home));
  const { bsize, bavail } = await statfs(dirname(home));
  if (bsize * bavail < description.bytes)
    throw new BackupRefused(`${dirname(home)} has too little space: the backup has ${description.bytes} bytes.`);

  const made = `${home}.restoring`;
  await rm(made, { recursive: true, force: true });
  await mkdir(made, { mode: 0o700 });
  try {
    const parts = ["objects", "credentials.json", ...(databaseUrl === null ? ["database"] : [])];
    const copying = { recursive: true, preserveTimestamps: true };
    for (const part of parts) await cp(join(backup, part), join(made, part), copying);
    await chmod(join(made, "credentials.json"), 0o600);
    if (databaseUrl !== null) await load(databaseUrl, join(backup, "database.dump"));
    await rename(made, home);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    throw error;
  }
  return description;
}

/** Whether a folder is empty or does not exist. */
async function isVacant(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  }
}
