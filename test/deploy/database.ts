import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { startPostgres } from "../support/postgres.ts";

const execute = promisify(execFile);

/** A database of an institution: it speaks TLS only, and lets the platform's roles in, as RDS does by their tokens. */
export interface InstitutionDatabase {
  host: string;
  port: number;
  name: string;
  owner: { username: string; password: string };
  /** File with the certificate that its clients have to trust. */
  certificate: string;
  /** Runs a query on it as the superuser, and gives the rows. */
  query<Row extends object>(text: string): Promise<Row[]>;
  stop(): Promise<void>;
}

const host = "localhost";
const name = "benchstack";
const ownerName = "institution_owner";

/** Starts a PostgreSQL server and has it speak TLS with a certificate of its own, made in `folder`. */
export async function startDatabase(folder: string): Promise<InstitutionDatabase> {
  const server = await startPostgres();
  const certificate = join(folder, "database.crt");
  const key = join(folder, "database.key");
  const password = randomBytes(16).toString("hex");
  const query = async <Row extends object>(text: string, database = "postgres"): Promise<Row[]> => {
    const client = new Client({ connectionString: server.url.replace(/postgres$/, database) });
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  };
  try {
    const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`, "-days", "2"];
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    await execute("openssl", ["req", "-x509", ...newKey, ...subject, "-keyout", key, "-out", certificate]);
    const [data] = await query<{ data_directory: string }>("show data_directory");
    for (const [from, to] of [
      [certificate, "server.crt"],
      [key, "server.key"],
    ] as const)
      await installFile(from, join(data!.data_directory, to));
    const [hba] = await query<{ hba_file: string }>("show hba_file");
    // RDS takes tokens, which no other server knows; this one takes the roles at their word, and nothing without TLS.
    const rules = await readFile(hba!.hba_file, "utf8");
    await writeFile(
      hba!.hba_file,
      `hostssl ${name} benchstack_api,benchstack_worker,benchstack_events,benchstack_gateway 127.0.0.1/32 trust\nhostnossl ${name} all all reject\n${rules}`,
    );
    await query("alter system set ssl = on");
    await query(`create role ${ownerName} login createrole password '${password}'`);
    await query(`create database ${name} owner ${ownerName}`);
    await query("select pg_reload_conf()");
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    host,
    port: Number(new URL(server.url).port),
    name,
    owner: { username: ownerName, password },
    certificate,
    query: (text) => query(text, `${name}?sslmode=no-verify`),
    stop: server.stop,
  };
}

/** The server reads a key only if it is its own and nobody else's. */
async function installFile(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  await execute("chmod", ["600", to]);
  await execute("chown", ["--reference", dirname(to), to]);
}
