import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";

export interface EmbeddedDatabase {
  connectionString: string;
  /** PGlite has one session, and its socket server mixes up the statements of concurrent clients. */
  maxConnections: 1;
  close(): Promise<void>;
}

/** Starts the embedded Postgres: PGlite on disk behind a socket, for one client at a time. */
export async function startDatabase(directory: string): Promise<EmbeddedDatabase> {
  const database = await PGlite.create(directory);
  const server = new PGLiteSocketServer({ db: database, host: "127.0.0.1", port: 0, maxConnections: 2 });
  await server.start();
  return {
    connectionString: `postgres://postgres@${server.getServerConn()}/postgres`,
    maxConnections: 1,
    async close() {
      await server.stop();
      await database.close();
    },
  };
}
