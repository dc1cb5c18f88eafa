/** Backups of a PostgreSQL server, with the programs that belong to PostgreSQL. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Client } from "pg";
import { BackupRefused } from "./description.ts";

/** Writes the database of one moment into a file, while others use it. */
export const dump = (url: string, file: string): Promise<void> =>
  run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", "--file", file], url);

/** Fills an empty database from a file of `dump`, completely or not at all. */
export const load = (url: string, file: string): Promise<void> =>
  run(
    "pg_restore",
    ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-comments", file],
    url,
  );

/** Whether a database has no table yet. */
export async function isEmpty(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    const { rows } = await client.query("select from pg_tables where schemaname = 'public' limit 1");
    return rows.length === 0;
  } catch (error) {
    throw new BackupRefused(`The database of DATABASE_URL cannot be used: ${(error as Error).message}`);
  } finally {
    await client.end();
  }
}

async function run(program: string, words: string[], address: string): Promise<void> {
  // Other people of this machine see the words of a command, but not its environment.
  const url = new URL(address);
  const PGPASSWORD = decodeURIComponent(url.password);
  url.password = "";
  const env = { ...process.env, ...(PGPASSWORD && { PGPASSWORD }) };
  const child = spawn(program, ["--dbname", url.href, ...words], { env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (piece: Buffer) => (said += piece.toString()));
  const [code] = (await once(child, "close").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new BackupRefused(
      `${program} is missing. Install the client programs of PostgreSQL, in the version of your server or a later one.`,
    );
  })) as [number | null];
  if (code !== 0) throw new BackupRefused(`${program} failed: ${said.trim()}`);
}
