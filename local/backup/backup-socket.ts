/**
 * How `npm run backup` asks a running platform for a copy of its database: over a socket in the home, which only the home's owner
 * reaches. While the connection is open, the platform keeps the copy, and the objects that are deleted meanwhile.
 */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";
import { processLog } from "../../lambdas/kernel/log.ts";
import type { EmbeddedDatabase } from "../database.ts";
import type { ObjectStore } from "../object-store/server.ts";
import { BackupRefused } from "./description.ts";

const socketFile = "backup.socket";
/** The copy of the database, in the home: the platform may be unable to write anywhere else. */
const copyFolder = "database.copy";

const answerSchema = z.union([
  z.object({
    /** The copy of the embedded database; null with a server of one's own. */
    database: z.string().nullable(),
    /** Has the objects that are deleted meanwhile; null with an object store of one's own. */
    deleted: z.string().nullable(),
  }),
  z.object({ refused: z.string() }),
]);

/** The parts of the platform that a backup is of; null where a service outside takes their place. */
export interface BackedUp {
  database: EmbeddedDatabase | null;
  store: ObjectStore | null;
}

/** Answers those who back this home up, until it is closed. */
export async function serveBackups(
  home: string,
  { database, store }: BackedUp,
): Promise<{ close: () => Promise<void> }> {
  const copy = join(home, copyFolder);
  const clean = () => rm(copy, { recursive: true, force: true });
  await clean();
  await rm(join(home, socketFile), { force: true });
  const connections = new Set<Socket>();
  let last: Promise<unknown> = Promise.resolve();

  async function hold(socket: Socket): Promise<void> {
    const closed = ended(socket);
    let kept: Awaited<ReturnType<ObjectStore["keepDeleted"]>> | undefined;
    try {
      kept = await store?.keepDeleted();
      await database?.copyTo(copy);
      socket.write(JSON.stringify({ database: database && copy, deleted: kept?.folder ?? null }) + "\n");
      await closed;
    } catch (error) {
      processLog().error("backup.failed", { error });
      socket.end(
        JSON.stringify({ refused: `The platform cannot copy its database: ${(error as Error).message}` }) + "\n",
      );
    } finally {
      await kept?.end();
      await clean();
    }
  }
  const server = createServer((socket) => {
    if (connections.size > 0)
      return void socket.end(JSON.stringify({ refused: "Another backup of it is running." }) + "\n");
    connections.add(socket);
    // Otherwise it would not notice the other end.
    socket.resume();
    last = hold(socket)
      .catch((error: unknown) => processLog().error("backup.failed", { error }))
      .finally(() => connections.delete(socket));
  });
  const { path, forget } = await namedByFolder(home);
  server.listen(path);
  await once(server, "listening");
  return {
    async close() {
      server.close();
      for (const socket of connections) socket.destroy();
      await last;
      await forget();
    },
  };
}

/** What a running platform keeps for a backup. */
export interface Held {
  database: string | null;
  deleted: string | null;
  /** Ends it. Throws unless all was kept until now. */
  end: () => void;
  /** Ends it if it has not ended yet. */
  close: () => void;
}

/** Asks the platform that runs in a home. Throws `BackupRefused` when it cannot. */
export async function askPlatform(home: string): Promise<Held> {
  const unreachable = `A platform of another release runs in ${home}, or it is just starting or ending. Try again.`;
  if (!existsSync(join(home, socketFile))) throw new BackupRefused(unreachable);
  const { path, forget } = await namedByFolder(home);
  const socket = connect(path);
  try {
    await once(socket, "connect");
  } catch {
    throw new BackupRefused(unreachable);
  } finally {
    await forget();
  }
  let isOver = false;
  const over = ended(socket).then(() => {
    isOver = true;
    return JSON.stringify({ refused: "It ended meanwhile." });
  });
  const line = new Promise<string>((read) => createInterface(socket).once("line", read));
  const answer = answerSchema.parse(JSON.parse(await Promise.race([line, over])));
  if ("refused" in answer) {
    socket.destroy();
    throw new BackupRefused(`The platform in ${home} cannot be backed up now. ${answer.refused}`);
  }
  return {
    ...answer,
    close: () => socket.destroy(),
    end() {
      socket.destroy();
      if (isOver)
        throw new BackupRefused("The platform ended during the backup, so it is not complete. Start it again.");
    },
  };
}

/** Resolves when a connection has ended, even if with an error. */
const ended = (socket: Socket): Promise<void> =>
  new Promise((over) => socket.on("error", () => undefined).once("close", () => over()));

/** The path of a socket may have 107 bytes and a home's any length, so it is named by an open folder. */
async function namedByFolder(home: string): Promise<{ path: string; forget: () => Promise<void> }> {
  const folder = await open(home, "r");
  return { path: `/proc/self/fd/${folder.fd}/${socketFile}`, forget: () => folder.close() };
}
