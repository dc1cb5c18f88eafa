import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The folder in which a local platform keeps all it has. */
export interface Home {
  path: string;
  /** Key pair of the embedded object store and queues; made once. */
  credentials: { accessKeyId: string; secretAccessKey: string };
  release(): Promise<void>;
}

export class HomeInUse extends Error {}

/** Opens a home, making it if need be. Throws `HomeInUse` when another platform has it open. */
export async function openHome(folder: string): Promise<Home> {
  const path = resolve(folder);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const lock = await takeLock(path);
  const credentials = await readOrMake(join(path, "credentials.json"), () => ({
    accessKeyId: `local-${randomBytes(8).toString("hex")}`,
    secretAccessKey: randomBytes(32).toString("base64url"),
  }));
  return { path, credentials, release: () => new Promise((done) => lock.close(() => done())) };
}

/**
 * A listening socket is a lock that a killed process cannot leave behind: a file nobody listens on is taken over. It
 * is not in the home itself, as paths of sockets must be short.
 */
async function takeLock(path: string): Promise<Server> {
  const socket = join(tmpdir(), `benchstack-${createHash("sha256").update(path).digest("hex").slice(0, 16)}.sock`);
  if (await answers(socket)) throw new HomeInUse(`Another Benchstack is running with its home in ${path}.`);
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
