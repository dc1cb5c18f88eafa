/**
 * `npm run restore -- BACKUP`: makes a home from a backup of `npm run backup`, for `npm start` (docs/one-machine.md).
 * BENCHSTACK_HOME is the new home, and DATABASE_URL an empty database if the backup is of a PostgreSQL server.
 */
import { resolve } from "node:path";
import { systemSentence } from "../cli/system-errors.ts";
import { BackupRefused } from "../local/backup/description.ts";
import { restoreBackup } from "../local/backup/restore.ts";

const [backup, ...more] = process.argv.slice(2);
if (backup === undefined || backup.startsWith("-") || more.length > 0) {
  console.error("Usage: npm run restore -- BACKUP\nBACKUP is one of the folders that npm run backup has written.");
  process.exit(2);
}
const home = process.env["BENCHSTACK_HOME"] || ".benchstack";
try {
  const { taken, release } = await restoreBackup({ backup, home, databaseUrl: process.env["DATABASE_URL"] || null });
  console.log(`${resolve(home)} is the platform of ${taken} (release ${release}). Start it with npm start.`);
} catch (error) {
  const sentence = error instanceof BackupRefused ? error.message : systemSentence(error);
  if (sentence === undefined) throw error;
  console.error(sentence);
  process.exit(1);
}
