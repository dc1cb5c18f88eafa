/**
 * `npm run recover -- USERNAME`: makes an account of the platform on this machine an administrator with a new password, when no administrator
 * can log in (docs/one-machine.md). BENCHSTACK_HOME and DATABASE_URL are those of `npm start`.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { systemSentence } from "../cli/system-errors.ts";
import { recoverAdministrator } from "../lambdas/functions/setup.ts";
import { migrate, openDatabase } from "../lambdas/kernel/db/connection.ts";
import { Refusal } from "../lambdas/kernel/refusal.ts";
import { startDatabase } from "../local/database.ts";
import { HomeInUse, openHome } from "../local/home.ts";
import { argumentsOrExit } from "./arguments.ts";

const usage =
  "Usage: npm run recover -- [--create] USERNAME\nUSERNAME may be the mail address of an account that exists.";
const { positionals, values } = argumentsOrExit(usage, { create: { type: "boolean" } }, 1);
const username = positionals[0] ?? fail(usage, 2);
const home = process.env["BENCHSTACK_HOME"] ?? ".benchstack";

function fail(sentence: string, code = 1): never {
  console.error(sentence);
  process.exit(code);
}

/** The database of `npm start`: its own server, or the embedded one, which one process has at a time. */
async function open(): Promise<{ url: string; close: () => Promise<void> }> {
  const url = process.env["DATABASE_URL"];
  if (url) return { url, close: () => Promise.resolve() };
  if (!existsSync(join(home, "database"))) fail(`There is no platform in ${home}. Set BENCHSTACK_HOME to its folder.`);
  const opened = await openHome(home);
  const database = await startDatabase(join(opened.path, "database"));
  return {
    url: database.connectionString,
    async close() {
      await database.close();
      opened.release();
    },
  };
}

try {
  const { url, close } = await open();
  const db = openDatabase({ connectionString: url, maxConnections: 1 });
  try {
    await migrate(db);
    const recovered = await recoverAdministrator(db, { username, create: values.create ?? false });
    if (recovered)
      console.log(
        `${recovered.username} is an administrator with the password ${recovered.password} (it is not shown again). All other logins of this account have ended.`,
      );
    else {
      console.error(`There is no account ${username}. To make one that is an administrator, add --create.`);
      process.exitCode = 1;
    }
  } finally {
    await db.destroy();
    await close();
  }
} catch (error) {
  if (error instanceof HomeInUse) fail(`${error.message} Stop it first.`);
  if (error instanceof Refusal) fail(error.message);
  const sentence = systemSentence(error);
  if (sentence === undefined) throw error;
  fail(sentence);
}
