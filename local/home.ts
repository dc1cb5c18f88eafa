import { createHash, randomBytes } from "node:crypto";
import { chmod, readFile, rename, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { makeFolder } from "../worker-image/make-folder.ts";

/** The folder of a local platform, with all its data. */
export interface Home {
  path: string;
  /** Key pair of the embedded object store and queues, created with the folder. */
  credentials: { accessKeyId: string; secretAccessKey: string };
  release(): Promise<void>;
}

export class HomeInUse extends Error {}

/** Opens a home and creates it if needed. Throws `HomeInUse` when another platform uses it. */
export async function openHome(folder: string): Promise<Home> {
  const path = resolve(folder);
  await makeFolder(path, 0o700);
  const lock = await takeLock(path);
  const credentials = await readOrMake(join(path, "credentials.json"), () => ({
    accessKeyId: `local-${randomBytes(8).toString("hex")}`,
    secretAccessKey: randomBytes(32).toString("base64url"),
  }));
  return { path, credentials, release: () => new Promise((done) => lock.close(() => done())) };
}

/**
 * Locks the home with a listening socket, which a killed process cannot leave behind: a socket file without a listener
 * is replaced. The socket is in the folder for temporary files, because socket paths must be short.
 */
async function takeLock(path: string): Promise<Server> {
  const socket = join(tmpdir(), `benchstack-${createHash("sha256").update(path).digest("hex").slice(0, 16)}.sock`);
  if (await answers(socket)) throw new HomeInUse(`Another Benchstack platform is running with its home in ${path}.`);
  await rm(socket, { force: true });
  return new Promise((done, failed) => {
    const server = createServer((connection) => connection.end());
    server.once("error", failed);
    server.listen(socket, () => done(server));
  });
}

function answers(socket: string): Promise<boolean> {
  return new Promise((done) => {
    const connection = connect(socket);
    connection.once("connect", () => (connection.destroy(), done(true)));
    connection.once("error", () => done(false));
  });
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
