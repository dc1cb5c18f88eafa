import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterAll, describe, it } from "@jest/globals";
import { startClock, stopClock } from "../../support/clock.ts";
import { sql } from "kysely";
import { Client } from "pg";
import { asRefusal } from "../../../lambdas/http/errors.ts";
import { openDatabase } from "../../../lambdas/kernel/db/connection.ts";
import { idleSessionSeconds } from "../../../lambdas/kernel/db/fresh-pool.ts";
import { testDatabase } from "../../support/postgres.ts";

const database = await testDatabase();
afterAll(() => database.drop());

const backend = async (db: ReturnType<typeof openDatabase>) => {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
  return rows[0]!.pid;
};

describe("a connection", () => {
  it("is used again while it was idle for less than the server allows, and replaced after that", async () => {
    const db = openDatabase({ connectionString: database.url, maxConnections: 1 });
    try {
      const first = await backend(db);
      assert.equal(await backend(db), first);
      // A Lambda environment that was frozen: its clock goes on, its timers do not.
      stopClock(Date.now() + idleSessionSeconds * 1000);
      assert.notEqual(await backend(db), first);
    } finally {
      startClock();
      await db.destroy();
    }
  });

  it("that the server ended while it was idle is replaced", async () => {
    const db = openDatabase({ connectionString: database.url, maxConnections: 1 });
    const other = new Client({ connectionString: database.url });
    await other.connect();
    try {
      const first = await backend(db);
      await other.query("select pg_terminate_backend($1, 5000)", [first]);
      // The query that finds out fails as "not now" does, which the API answers 503; the next has a new connection.
      const second = await backend(db).catch(() => backend(db));
      assert.notEqual(second, first);
    } finally {
      await other.end();
      await db.destroy();
    }
  });

  it("that the server ended between two queries of a transaction fails the transaction as unavailable, not the process", async () => {
    const db = openDatabase({ connectionString: database.url, maxConnections: 1 });
    const other = new Client({ connectionString: database.url });
    await other.connect();
    try {
      const failed = db.transaction().execute(async (tx) => {
        await other.query("select pg_terminate_backend($1, 5000)", [await backend(tx)]);
        // The connection's end arrives as an event, before the next query.
        await new Promise((resolve) => setImmediate(resolve));
        await backend(tx);
      });
      await assert.rejects(failed, (error) => asRefusal(error)?.code === "UNAVAILABLE");
      assert.ok(await backend(db));
    } finally {
      await other.end();
      await db.destroy();
    }
  });

  it("to a server that another one has replaced is given up, so that the next query reaches the new one (A-153)", async () => {
    const db = openDatabase({ connectionString: database.url, maxConnections: 1 });
    try {
      const before = await backend(db);
      await sql`create table if not exists written (id int)`.execute(db);
      await sql`set session characteristics as transaction read only`.execute(db);
      const failed = sql`insert into written values (1)`.execute(db);
      await assert.rejects(failed, (error) => asRefusal(error)?.code === "UNAVAILABLE");
      await sql`insert into written values (2)`.execute(db);
      assert.notEqual(await backend(db), before);
    } finally {
      await db.destroy();
    }
  });

  it("to a server that does not answer is given up, also in a transaction (A-153)", async () => {
    const db = openDatabase({ connectionString: database.url, maxConnections: 1, maxQueryMs: 2_000 });
    try {
      const failed = db.transaction().execute((tx) => sql`select pg_sleep(3600)`.execute(tx));
      await assert.rejects(failed, (error) => asRefusal(error)?.code === "UNAVAILABLE");
      assert.ok(await backend(db));
    } finally {
      await db.destroy();
    }
  });

  for (const [what, port, host] of [
    ["that refuses connections", 1, "127.0.0.1"],
    ["whose name is unknown", 5432, "no-such-host.invalid"],
  ] as const)
    it(`to a server ${what} fails as unavailable (A-153)`, async () => {
      const db = openDatabase({ connectionString: `postgres://u:p@${host}:${port}/d`, maxConnections: 1 });
      try {
        await assert.rejects(backend(db), (error) => asRefusal(error)?.code === "UNAVAILABLE");
      } finally {
        await db.destroy();
      }
    });

  it("without a password signs in with a token for exactly this role and server", async () => {
    // RDS asks for the token as for a password in clear text, within TLS. Any PostgreSQL server would ask for a hash.
    const passwords: string[] = [];
    const server = createServer((socket) => askForPassword(socket, (password) => passwords.push(password)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    Object.assign(process.env, {
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_SESSION_TOKEN: "session",
    });
    const db = openDatabase({
      connectionString: `postgresql://benchstack_api@127.0.0.1:${port}/benchstack`,
      maxConnections: 1,
    });
    try {
      await assert.rejects(backend(db), { code: "28000" });
      const token = new URL(`https://${passwords[0]}`);
      assert.equal(token.host, `127.0.0.1:${port}`);
      assert.equal(token.searchParams.get("Action"), "connect");
      assert.equal(token.searchParams.get("DBUser"), "benchstack_api");
      assert.match(
        token.searchParams.get("X-Amz-Credential") ?? "",
        /^AKIDEXAMPLE\/\d{8}\/eu-central-1\/rds-db\/aws4_request$/,
      );
      assert.equal(token.searchParams.get("X-Amz-Security-Token"), "session");
      assert.ok(token.searchParams.get("X-Amz-Signature"));
    } finally {
      await db.destroy();
      server.close();
    }
  });
});

/** The start of PostgreSQL's protocol: asks for a password in clear text and refuses whatever it is. */
function askForPassword(socket: Socket, got: (password: string) => void): void {
  const authentication = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);
  socket.once("data", () => {
    socket.write(authentication);
    socket.once("data", (message) => {
      got(message.subarray(5, -1).toString());
      const fields = Buffer.from("SFATAL\0C28000\0Mrefused\0\0");
      const length = Buffer.alloc(4);
      length.writeInt32BE(fields.length + 4);
      socket.end(Buffer.concat([Buffer.from("E"), length, fields]));
    });
  });
  socket.on("error", () => undefined);
}
