import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { migrate, openDatabase } from "../../lambdas/kernel/db/connection.ts";
import { startDatabase } from "../../local/database.ts";
import { repository } from "./files.ts";
import { keptFolder } from "./kept-folder.ts";

const execute = promisify(execFile);

/**
 * Fills a folder that does not exist yet with a migrated database of PGlite without rows, as the first start of a platform
 * does. That takes PGlite five seconds of CPU time, so tests create it once per release of PGlite and set of migrations, and
 * copy it. `npm run demo` is the test of a first start.
 */
export async function copyPgliteDatabase(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await execute("cp", ["-r", await emptyPgliteDatabase(), folder]);
}

/** The folder of the database that is copied. */
export async function emptyPgliteDatabase(): Promise<string> {
  return keptFolder("pglite", await versionOfDatabase(), async (folder) => {
    const server = await startDatabase(folder);
    const db = openDatabase(server);
    await migrate(db);
    await db.destroy();
    await server.close();
  });
}

/** A hash of all that decides what a new database contains. */
async function versionOfDatabase(): Promise<string> {
  const hash = createHash("sha256");
  for (const pattern of [
    "node_modules/@electric-sql/pglite/package.json",
    "lambdas/kernel/db/**/*.ts",
    "local/database.ts",
  ])
    for (const file of globSync(pattern, { cwd: repository }).sort())
      hash.update(await readFile(join(repository, file)));
  return hash.digest("hex").slice(0, 16);
}
