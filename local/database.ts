import { constants, cp, statfs } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { PGlite } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { processLog } from "../lambdas/kernel/log.ts";

export interface EmbeddedDatabase {
  connectionString: string;
  /** PGlite has one session, and its socket server mixes up the statements of concurrent clients. */
  maxConnections: 1;
  /**
   * Copies its files, as they are at one moment between two statements, into a folder that does not exist. The database that starts
   * from the copy has all that was committed until then, as after a crash.
   */
  copyTo(folder: string): Promise<void>;
  close(): Promise<void>;
}

/** The severity of an error after which Postgres ends, in its message to the client: a field of a code and a text. */
const panic = "VPANIC\0";
/** Space for the files that Postgres writes when it starts after a failure. */
const minFreeBytes = 64 * 1024 * 1024;
const restartPauseMs = 1000;

/**
 * Starts the embedded Postgres: PGlite on disk behind a socket, for one client at a time. When Postgres has ended with a
 * failure, for example because the disk was full, it is started again once the disk has room. Until then, connections are
 * refused.
 */
export async function startDatabase(directory: string): Promise<EmbeddedDatabase> {
  const stopping = new AbortController();
  const stopped = new Promise<null>((done) => stopping.signal.addEventListener("abort", () => done(null)));
  const start = async (port: number) => {
    const database = new FallibleDatabase(await PGlite.create(directory, { extensions: { pg_trgm } }));
    const server = new PGLiteSocketServer({ db: database.served, host: "127.0.0.1", port, maxConnections: 2 });
    await server.start();
    return { database, server };
  };
  let current = await start(0);
  const address = current.server.getServerConn();
  const port = Number(address.slice(address.lastIndexOf(":") + 1));

  const startAgain = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const { bsize, bavail } = await statfs(directory);
        if (bsize * bavail >= minFreeBytes) {
          current = await start(port);
          return;
        }
      } catch (error) {
        processLog().error("database.failed", { error });
      }
      await wait(restartPauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const kept = (async () => {
    for (;;) {
      const failure = await Promise.race([current.database.failed, stopped]);
      if (failure === null) return;
      processLog().error("database.failed", { error: failure });
      await current.server.stop().catch(() => undefined);
      await startAgain();
    }
  })();
  return {
    connectionString: `postgres://postgres@${address}/postgres`,
    maxConnections: 1,
    copyTo: (folder) =>
      current.database.served.runExclusive(() =>
        cp(directory, folder, { recursive: true, mode: constants.COPYFILE_FICLONE }),
      ),
    async close() {
      stopping.abort();
      await kept;
      await current.server.stop();
      await current.database.close();
    },
  };
}

/** A database that is not used any more after a failure: the next call of PGlite would then never return. */
class FallibleDatabase {
  readonly #database: PGlite;
  readonly #failed = Promise.withResolvers<Error>();
  #isDead = false;

  constructor(database: PGlite) {
    this.#database = database;
  }

  /** Resolves when the database has failed. */
  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  /** What the socket server uses of a database. */
  get served(): PGlite {
    const served: Pick<PGlite, "isInTransaction" | "runExclusive" | "execProtocolRawStream" | "exec"> = {
      isInTransaction: () => !this.#isDead && this.#database.isInTransaction(),
      runExclusive: (work) => this.#database.runExclusive(work),
      execProtocolRawStream: (message, options) => this.#execute(message, options),
      exec: (query, options) => (this.#isDead ? Promise.resolve([]) : this.#database.exec(query, options)),
    };
    return served as PGlite;
  }

  async close(): Promise<void> {
    if (!this.#isDead) await this.#database.close();
  }

  async #execute(...[message, options]: Parameters<PGlite["execProtocolRawStream"]>): Promise<void> {
    if (this.#isDead) throw new Error("The database has failed.");
    const onRawData = (data: Uint8Array) => {
      if (Buffer.from(data.buffer, data.byteOffset, data.byteLength).includes(panic))
        this.#fail(new Error("Postgres ended with a failure."));
      options.onRawData(data);
    };
    try {
      await this.#database.execProtocolRawStream(message, { ...options, onRawData });
    } catch (error) {
      this.#fail(error as Error);
      throw error;
    }
  }

  #fail(error: Error): void {
    this.#isDead = true;
    this.#failed.resolve(error);
  }
}
