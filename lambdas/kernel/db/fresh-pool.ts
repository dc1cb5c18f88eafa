import type { PostgresPool } from "kysely";
import pg from "pg";

/** The server ends sessions that are idle for this long, so that an idle Lambda environment holds no connection. */
export const idleSessionSeconds = 60;

/** Less than the server's limit, so that a connection is never used while the server ends it. */
const trustedIdleMs = (idleSessionSeconds - 15) * 1000;

/**
 * A pool that replaces connections that were idle for long. The server has ended those, and a Lambda environment that was
 * frozen meanwhile would notice only when a query fails.
 */
export class FreshPool implements PostgresPool {
  readonly options: object;
  readonly #pool: pg.Pool;
  readonly #releasedAt = new WeakMap<pg.PoolClient, number>();

  constructor(config: pg.PoolConfig) {
    this.#pool = new pg.Pool(config);
    this.options = this.#pool.options;
    // The pool replaces a connection that breaks. Without these listeners, an error of a connection that is idle or that
    // waits between two queries of a transaction would end the process.
    this.#pool.on("error", () => undefined);
    this.#pool.on("connect", (client) => void client.on("error", () => undefined));
    this.#pool.on("release", (_, client) => void this.#releasedAt.set(client, Date.now()));
  }

  async connect(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await this.#pool.connect();
      const releasedAt = this.#releasedAt.get(client);
      if (releasedAt === undefined || Date.now() - releasedAt < trustedIdleMs) return client;
      client.release(true);
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }
}
