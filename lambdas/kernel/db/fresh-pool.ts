import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import pg from "pg";
import { Unavailable } from "../outages/unavailable.ts";
import { isOutage, isSilence, servesNoMore } from "./outages.ts";

/** The server ends sessions that are idle for this long, so that an idle Lambda environment holds no connection. */
export const idleSessionSeconds = 60;

/** Less than the server's limit, so that a connection is never used while the server ends it. */
const trustedIdleMs = (idleSessionSeconds - 15) * 1000;

/**
 * A pool that replaces connections that were idle for long. The server has ended those, and a Lambda environment that was
 * frozen meanwhile would notice only when a query fails. It also replaces connections to a server that serves no more, for
 * instance because another one took over. Throws `Unavailable` while no server can be reached.
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

  async connect(): Promise<PostgresPoolClient> {
    for (;;) {
      const client = await this.#pool.connect().catch(toldAsOutage);
      const releasedAt = this.#releasedAt.get(client);
      if (releasedAt === undefined || Date.now() - releasedAt < trustedIdleMs) return new Connection(client);
      client.release(true);
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }
}

/** A connection of the pool, from the time it is taken until it is given back. */
class Connection implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  #isSpent = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query(sql: unknown, parameters?: readonly unknown[]): unknown {
    if (typeof sql !== "string") throw new Error("this pool has no cursors");
    return this.#client.query(sql, [...(parameters ?? [])]).catch((error: unknown) => {
      if (servesNoMore(error)) this.#isSpent = true;
      // The next query would wait behind the one without an answer. This breaks the connection at once.
      if (isSilence(error)) void this.#client.end();
      return toldAsOutage(error);
    });
  }

  release(destroy = false): void {
    this.#client.release(destroy || this.#isSpent);
  }
}

function toldAsOutage(error: unknown): never {
  throw isOutage(error) ? new Unavailable("database", error) : error;
}
