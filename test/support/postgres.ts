import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, globSync } from "node:fs";
import { chmod, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { temporaryFolder } from "./files.ts";
import { freePort } from "./free-port.ts";
import { waitFor } from "./wait.ts";

export interface PostgresServer {
  /** The folder with its data. */
  data: string;
  /** Connection string of a superuser and the database `postgres`. */
  url: string;
  /** Ends the server and keeps its data. `immediate` is how it ends when its machine fails. */
  halt: (how: "fast" | "immediate") => Promise<void>;
  /** Starts a halted server again at the same port. */
  resume: () => Promise<void>;
  /** Stops the server and removes all of its data. */
  stop: () => Promise<void>;
}

export interface PostgresOptions {
  /** The folder under which it has its data; by default the system's temporary folder. */
  under?: string | undefined;
  /** Settings in addition to those of tests. */
  settings?: Record<string, string>;
  /** Instead of an empty server, one with a copy of another's data. `makeData` puts it into the folder. */
  copyOf?: { server: PostgresServer; makeData: (folder: string) => Promise<void> };
}

/**
 * Starts a PostgreSQL server on 127.0.0.1, with a temporary folder and without syncing to disk. It ends with this process, even
 * if that is killed. If PostgreSQL is missing, throws a sentence that says what to install.
 */
export async function startPostgres({ under, settings = {}, copyOf }: PostgresOptions = {}): Promise<PostgresServer> {
  const binaries = findBinaries();
  const folder = await temporaryFolder(under);
  // The server refuses to run as root, so it runs as the user from Debian's package.
  const user = process.getuid?.() === 0 ? "postgres" : null;
  const password = copyOf ? decodeURIComponent(new URL(copyOf.server.url).password) : randomBytes(16).toString("hex");
  const data = join(folder.path, "data");
  const passwordFile = join(folder.path, "password");

  try {
    await chmod(folder.path, 0o700);
    if (user) await run("chown", [user, folder.path], null);
    if (copyOf) {
      await copyOf.makeData(data);
      await chmod(data, 0o700);
      if (user) await run("chown", ["-R", user, data], null);
    } else {
      await writeFile(passwordFile, password, { mode: 0o600 });
      if (user) await run("chown", [user, passwordFile], null);
      const cluster = ["-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
      const login = ["--auth=scram-sha-256", `--pwfile=${passwordFile}`];
      await run(join(binaries, "initdb"), [...cluster, ...login], user);
      await rm(passwordFile);
    }

    const program = join(binaries, "postgres");
    const first = await startServer(program, folder.path, user, password, settings);
    const { port } = first;
    let { server } = first;
    const halt: PostgresServer["halt"] = async (how) => {
      if (server.exitCode !== null || server.signalCode !== null) return;
      const ended = once(server, "exit");
      server.ref();
      server.kill(how === "fast" ? "SIGINT" : "SIGQUIT");
      await ended;
    };
    return {
      data,
      url: connectionString(port, password),
      halt,
      resume: async () => void ({ server } = await startServer(program, folder.path, user, password, settings, port)),
      stop: async () => {
        await halt("fast");
        await folder.remove();
      },
    };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

/** A new database on a real PostgreSQL server. */
export interface TestDatabase {
  /** Connection string of a superuser. */
  url: string;
  /** Drops the database, even while others are connected to it. */
  drop: () => Promise<void>;
}

/**
 * Creates an empty database, or a copy of another one, on the server that `npm test` started (`TEST_DATABASE_URL`), or on a server of its own if a test file runs
 * alone. Call it once per test file:
 * `const database = await testDatabase(); after(database.drop);`
 */
export async function testDatabase(copyOf = "template1"): Promise<TestDatabase> {
  const shared = process.env.TEST_DATABASE_URL;
  if (!shared) {
    const server = await startPostgres();
    return { url: server.url, drop: server.stop };
  }
  const name = `test_${randomBytes(8).toString("hex")}`;
  await command(shared, `create database ${name} template ${copyOf} ${process.env.TEST_DATABASE_STRATEGY ?? ""}`);
  const url = new URL(shared);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => command(shared, `drop database ${name} with (force)`) };
}

/** The folder with the programs of the newest PostgreSQL that Debian's packages installed. */
export function findBinaries(): string {
  const newestFirst = globSync("/usr/lib/postgresql/*/bin").sort((a, b) => version(b) - version(a));
  const found = newestFirst.find(
    (folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")),
  );
  if (!found) {
    throw new Error("PostgreSQL's server programs are missing. Install them: apt-get install postgresql");
  }
  return found;
}

/** The major version of the programs in such a folder. */
export const version = (folder: string): number => Number(/postgresql\/(\d+)/.exec(folder)?.[1] ?? 0);

const connectionString = (port: number, password: string): string =>
  `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;

/** Another process may take the free port before the server does, so a second port is tried. */
async function startServer(
  program: string,
  folder: string,
  user: string | null,
  password: string,
  more: Record<string, string>,
  fixedPort?: number,
): Promise<{ server: ChildProcess; port: number }> {
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "200",
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    ...more,
  };
  for (let tries = 1; ; tries++) {
    const port = fixedPort ?? (await freePort());
    const options = Object.entries({ ...settings, port }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const logFile = join(folder, "server.log");
    const log = await open(logFile, "w");
    const server = spawnAs(user, program, ["-D", join(folder, "data"), ...options], log.fd);
    await log.close();
    const outcome = await waitFor("PostgreSQL to accept connections", async () => {
      if (server.exitCode !== null) return "exited";
      await command(connectionString(port, password), "select 1");
      return "ready";
    });
    if (outcome === "ready") {
      // A running server must not keep this process alive.
      server.unref();
      return { server, port };
    }
    if (tries === 3) throw new Error(`PostgreSQL did not start:\n${await readFile(logFile, "utf8")}`);
  }
}

async function command(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** `setpriv` changes the user, and makes the kernel end the program when this process ends. */
function spawnAs(user: string | null, program: string, args: string[], stderr: "pipe" | number): ChildProcess {
  const identity = user ? [`--reuid=${user}`, `--regid=${user}`, "--init-groups"] : [];
  return spawn("setpriv", [...identity, "--pdeathsig=INT", program, ...args], {
    cwd: "/",
    stdio: ["ignore", "ignore", stderr],
  });
}

async function run(program: string, args: string[], user: string | null): Promise<void> {
  const child = spawnAs(user, program, args, "pipe");
  let log = "";
  child.stderr?.on("data", (piece: Buffer) => (log += piece.toString()));
  const [exitCode] = (await once(child, "close")) as [number | null];
  if (exitCode !== 0) throw new Error(`${program} failed: ${log}`);
}
