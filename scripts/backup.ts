/**
 * `npm run backup -- FOLDER`: backs the platform on this machine up into a new folder in FOLDER, while it runs or not
 * (docs/one-machine.md). BENCHSTACK_HOME and DATABASE_URL are those of `npm start`.
 */
import { systemSentence } from "../cli/system-errors.ts";
import { version } from "../cli/version.ts";
import { BackupRefused } from "../local/backup/description.ts";
import { takeBackup } from "../local/backup/take.ts";

const [folder, ...more] = process.argv.slice(2);
if (folder === undefined || folder.startsWith("-") || more.length > 0) {
  console.error("Usage: npm run backup -- FOLDER\nThe backup is written to a new folder in FOLDER.");
  process.exit(2);
}
try {
  const { path, copied, linked } = await takeBackup({
    home: process.env["BENCHSTACK_HOME"] || ".benchstack",
    folder,
    databaseUrl: process.env["DATABASE_URL"] || null,
    release: version(),
  });
  console.log(`${path} is complete: ${copied} files are new, ${linked} are links to those of the backup before.`);
} catch (error) {
  const sentence = error instanceof BackupRefused ? error.message : systemSentence(error);
  if (sentence === undefined) throw error;
  console.error(sentence);
  process.exit(1);
}
