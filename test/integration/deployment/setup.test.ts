import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { Client, DatabaseError } from "pg";
import { migrate as migrateSchema, openDatabase } from "../../../lambdas/kernel/db/connection.ts";
import { maxQueryMs } from "../../../lambdas/kernel/context.ts";
import { appendOnly, ensureRoles, maxConnections, roles, statementSeconds } from "../../../lambdas/kernel/db/roles.ts";
import { offeredProfiles } from "../../../lambdas/jobs/db/capacity-profiles.ts";
import { queuesOfPlatform } from "../../../lambdas/jobs/db/served-queues.ts";
import { findUserForLogin } from "../../../lambdas/accounts/db/users.ts";
import { findWorkerToken } from "../../../lambdas/jobs/db/workers.ts";
import { recoverAdministrator } from "../../../lambdas/functions/setup.ts";
import { handler as migrate, type MigrateOrders } from "../../../lambdas/functions/events/migrate.ts";
import { newLoginKey, sealingKeyOf } from "../../../contract/registry-login.ts";
import { findSealingKey, listRegistryLogins, setRegistryLogin } from "../../../lambdas/jobs/db/registry-logins.ts";
import { checkPassword, hashToken } from "../../../lambdas/kernel/secrets.ts";
import { insideEnvironment } from "../../support/environment.ts";
import { testDatabase } from "../../support/postgres.ts";

const database = await testDatabase();
const owner = new URL(database.url);
const orders: MigrateOrders = {
  owner: { username: decodeURIComponent(owner.username), password: decodeURIComponent(owner.password) },
  administrator: { username: "admin", password: "first password" },
  workerToken: `bsw_${"t".repeat(43)}`,
  sealingKey: sealingKeyOf(newLoginKey()),
  canaryTokenHash: null,
  profiles: { standard: { cpu: 1024, memoryMiB: 4096, diskGiB: 21, gpus: 0, network: true, users: null } },
};
const db = openDatabase({ connectionString: database.url, maxConnections: 1 });

/** The database as a role sees it. Roles have no password of their own: this server knows no IAM. */
async function as<Result>(role: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: urlOf(role) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const rolePassword = "role password";
function urlOf(role: string): string {
  const url = new URL(database.url);
  url.username = role;
  url.password = rolePassword;
  return url.href;
}

const code = (expected: string) => (error: unknown) => error instanceof DatabaseError && error.code === expected;

beforeAll(async () => {
  // As the stack writes it: a role without a password, for which the handler puts the owner's.
  const DATABASE_URL = `postgresql://owner@${owner.host}${owner.pathname}`;
  Object.assign(process.env, insideEnvironment({ DATABASE_URL, DEFAULT_QUEUE: "deployed-default" }), {
    AWS_REGION: "us-east-1",
  });
  const { applied } = await migrate(orders);
  assert.ok(applied.length > 0);
  await asOwner(async (client) => {
    for (const role of Object.keys(roles)) await client.query(`alter role ${role} password '${rolePassword}'`);
  });
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

async function asOwner(work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

describe("the database of a deployment", () => {
  it("has the default queue, a token for the workers of every queue that it serves, and the administrator", async () => {
    assert.deepEqual(
      (await queuesOfPlatform(db)).map(({ sqs_name }) => sqs_name),
      ["deployed-default"],
    );
    assert.deepEqual(await findWorkerToken(db, hashToken(orders.workerToken)), { queue: null, ban: null });
    const admin = await findUserForLogin(db, "admin");
    assert.ok(admin?.is_superuser);
    assert.ok(await checkPassword("first password", admin.password_hash));
  });

  it("is brought up to date again without a change: the administrator's password stays", async () => {
    const again = await migrate({ ...orders, administrator: { username: "admin", password: "another password" } });
    assert.deepEqual(again, { applied: [], newer: [] });
    const admin = await findUserForLogin(db, "admin");
    assert.ok(await checkPassword("first password", admin?.password_hash));
    assert.ok(await findWorkerToken(db, hashToken(orders.workerToken)));
  });

  it("is brought up to date by this release when a later one has migrated it, as after a rollback", async () => {
    const later = "9999-of-a-later-release";
    await sql`insert into kysely_migration (name, timestamp) values (${later}, now()::text)`.execute(db);
    assert.deepEqual(await migrate(orders), { applied: [], newer: [later] });
    // A fix of this release has a migration that the later one did not have.
    const missing = "0032-deleted-submissions";
    await sql`drop table deleted_submissions`.execute(db);
    await sql`delete from kysely_migration where name = ${missing}`.execute(db);
    assert.deepEqual(await migrate(orders), { applied: [missing], newer: [later] });
    await sql`delete from kysely_migration where name = ${later}`.execute(db);
  });

  it("knows a new token of the workers, and the old one no more", async () => {
    const newToken = `bsw_${"n".repeat(43)}`;
    await migrate({ ...orders, workerToken: newToken });
    assert.ok(await findWorkerToken(db, hashToken(newToken)));
    assert.equal(await findWorkerToken(db, hashToken(orders.workerToken)), undefined);
  });

  it("offers the capacity profiles of the last deploy", async () => {
    const { standard } = orders.profiles;
    const users = Array.from({ length: 100 }, (_, i) => `person-with-a-long-name-${i}`);
    const gpu = { ...standard!, gpus: 1, users };
    await migrate({ ...orders, profiles: { standard: standard!, gpu } });
    assert.deepEqual(await offeredProfiles(db), { gpu, standard });
    await migrate(orders);
    assert.deepEqual(await offeredProfiles(db), { standard });
  });

  it("keeps the logins of registries until their key is another one", async () => {
    const [{ id: queueId } = { id: "" }] = await queuesOfPlatform(db);
    const { id: changedBy } = (await findUserForLogin(db, "admin"))!;
    const login = { queueId, registry: "ghcr.io", username: "robot", sealed: "sealed", changedBy };
    await db.transaction().execute((tx) => setRegistryLogin(tx, login));
    const kept = async () => (await listRegistryLogins(db, queueId)).map(({ host }) => host);
    await migrate(orders);
    assert.deepEqual([await findSealingKey(db), await kept()], [orders.sealingKey, ["ghcr.io"]]);
    const sealingKey = sealingKeyOf(newLoginKey());
    await migrate({ ...orders, sealingKey });
    assert.deepEqual([await findSealingKey(db), await kept()], [sealingKey, []]);
  });

  it("is out of reach with a wrong password of the owner, and the error has no password in it", async () => {
    await assert.rejects(
      migrate({ ...orders, owner: { ...orders.owner, password: "wrong secret" } }),
      (error: Error) => {
        assert.match(error.message, /password authentication failed/);
        assert.doesNotMatch(error.message, /wrong secret/);
        return true;
      },
    );
  });
});

describe("the roles that functions sign in as", () => {
  for (const role of ["benchstack_api", "benchstack_events"]) {
    it(`${role} reads and writes rows of every table, and of append-only ones only reads and adds`, async () => {
      const lacking = await as(role, async (client) => {
        const { rows } = await client.query<{ name: string }>(
          `
          select relname as name from pg_class
          where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not like 'kysely%'
            and not (has_table_privilege(oid, 'select') and has_table_privilege(oid, 'insert')
              and has_table_privilege(oid, 'update') <> (relname = any ($1))
              and has_table_privilege(oid, 'delete') <> (relname = any ($1)))`,
          [appendOnly],
        );
        return rows;
      });
      assert.deepEqual(lacking, []);
    });

    it(`${role} adds to the audit trail, and changes nothing of it`, async () => {
      await as(role, (client) =>
        client.query(
          "insert into audit_events (competition_id, kind, subject_kind, subject_id) values (1, 'competition.created', 'competition', '1')",
        ),
      );
      await assert.rejects(
        as(role, (client) => client.query("update audit_events set reason = 'another'")),
        code("42501"),
      );
      await assert.rejects(
        as(role, (client) => client.query("delete from audit_events")),
        code("42501"),
      );
      await assert.rejects(
        as(role, (client) => client.query("truncate audit_events")),
        code("42501"),
      );
    });

    it(`${role} may also use a table that a later migration makes`, async () => {
      await asOwner(
        async (client) =>
          void (await client.query(`create table later_${role} (id integer generated always as identity)`)),
      );
      await as(role, (client) => client.query(`insert into later_${role} default values`));
    });

    it(`${role} changes no table, makes none, and does not see what was migrated`, async () => {
      await assert.rejects(
        as(role, (client) => client.query("alter table users add column evil text")),
        code("42501"),
      );
      await assert.rejects(
        as(role, (client) => client.query("create table evil (id integer)")),
        code("42501"),
      );
      await assert.rejects(
        as(role, (client) => client.query("truncate users")),
        code("42501"),
      );
      await assert.rejects(
        as(role, (client) => client.query("select * from kysely_migration")),
        code("42501"),
      );
      await assert.rejects(
        as(role, (client) => client.query("create role evil")),
        code("42501"),
      );
    });

    it(`${role} loses sessions that do nothing`, async () => {
      const { rows } = await as(role, (client) =>
        client.query<{ idle_session_timeout: string }>("show idle_session_timeout"),
      );
      assert.deepEqual(rows, [{ idle_session_timeout: "1min" }]);
    });
  }

  it("are not alone in that: the trail refuses its owner, too", async () => {
    for (const change of [
      "update audit_events set reason = 'another'",
      "delete from audit_events",
      "truncate audit_events",
    ])
      await assert.rejects(
        asOwner(async (client) => void (await client.query(change))),
        /rows of audit_events are added and never changed/,
      );
  });

  it("benchstack_worker reads no login, address or secret key, deletes nothing, and gets nothing of later tables", async () => {
    const may = (statement: string) => as("benchstack_worker", (client) => client.query(statement));
    await may("select id, username, is_superuser from users");
    await may("select id, title from competitions");
    for (const statement of [
      "select email from users",
      "select password_hash from users",
      "select token_hash from api_tokens",
      "select * from mails",
      "select secret_key from competitions",
      "select username from registry_logins",
      "select * from audit_events",
      "select object_key from datasets",
      "update users set is_superuser = true",
      "update queues set owner_id = null",
      "update submissions set owner_id = 1",
      "insert into worker_tokens (token_hash, name) values ('', '')",
      ...["jobs", "attempts", "submissions", "submission_scores", "outbox"].map((table) => `delete from ${table}`),
      "select * from later_benchstack_api",
      "create table evil (id integer)",
    ])
      await assert.rejects(may(statement), code("42501"), statement);
  });

  it("benchstack_gateway reads no password, mail or file of a competition, and writes contents only", async () => {
    const may = (statement: string) => as("benchstack_gateway", (client) => client.query(statement));
    await may("select id, uuid, state from bundles");
    for (const statement of [
      "select password_hash from users",
      "select * from mails",
      "select object_key from datasets",
      "select secret_key from competitions",
      "update users set is_superuser = true",
      "update bundles set owner_id = 1",
      "insert into api_tokens default values",
      "delete from bundles",
      "delete from jobs",
      "select * from later_benchstack_api",
    ])
      await assert.rejects(may(statement), code("42501"), statement);
  });

  it("benchstack_worker loses a right that it has no longer in the code", async () => {
    await asOwner(async (client) => void (await client.query("grant select on mails to benchstack_worker")));
    await migrate(orders);
    await assert.rejects(
      as("benchstack_worker", (client) => client.query("select * from mails")),
      code("42501"),
    );
  });

  it("end a statement that nobody waits for any more, after more time than functions wait", async () => {
    for (const role of Object.keys(roles)) {
      const { rows } = await as(role, (client) => client.query<{ seconds: string }>("show statement_timeout"));
      assert.deepEqual(rows, [{ statement_timeout: `${statementSeconds}s` }], role);
    }
    assert.ok(statementSeconds * 1000 > maxQueryMs);
    await assert.rejects(
      as("benchstack_api", async (client) => {
        await client.query("set statement_timeout = '10ms'");
        await client.query("select pg_sleep(60)");
      }),
      code("57014"),
    );
  });

  it("have 57 connections in all with the owner's two, and one more is refused", async () => {
    assert.equal(maxConnections, 57);
    const clients = Array.from(
      { length: roles.benchstack_events },
      () => new Client({ connectionString: urlOf("benchstack_events") }),
    );
    await Promise.all(clients.map((client) => client.connect()));
    try {
      await assert.rejects(
        as("benchstack_events", () => Promise.resolve()),
        code("53300"),
      );
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });

  it("leave a connection for a heartbeat when people have taken all of theirs", async () => {
    const people = Array.from(
      { length: roles.benchstack_api },
      () => new Client({ connectionString: urlOf("benchstack_api") }),
    );
    await Promise.all(people.map((client) => client.connect()));
    try {
      await as("benchstack_worker", (client) => client.query("select from reachability"));
    } finally {
      await Promise.all(people.map((client) => client.end()));
    }
  });

  it("let the function for whoever runs the platform bring an administrator back (A-226)", async () => {
    const events = openDatabase({ connectionString: urlOf("benchstack_events"), maxConnections: 1 });
    try {
      await db
        .updateTable("users")
        .set({ is_superuser: false, is_banned: true, ban_reason: "By an intruder" })
        .where("username", "=", "admin")
        .execute();
      assert.equal(await recoverAdministrator(events, { username: "nobody", create: false }), null);
      const { username, password } = (await recoverAdministrator(events, { username: "ADMIN", create: false }))!;
      const admin = await findUserForLogin(db, username);
      assert.deepEqual([admin?.is_superuser, admin?.is_banned, admin?.ban_reason], [true, false, null]);
      assert.ok(await checkPassword(password, admin!.password_hash));
      const made = await recoverAdministrator(events, { username: "second", create: true });
      assert.ok((await findUserForLogin(db, "second"))?.is_superuser);
      assert.notEqual(made!.password, password);
      const trail = await db.selectFrom("audit_events").select("kind").orderBy("id", "desc").limit(2).execute();
      assert.deepEqual(
        trail.map(({ kind }) => kind),
        ["user.created", "user.recovered"],
      );
    } finally {
      await events.destroy();
    }
  });

  it("are brought up to date by deploys to two databases of a server at once", async () => {
    const url = new URL(database.url);
    url.pathname += "_other";
    const name = sql.ref(url.pathname.slice(1));
    await sql`create database ${name}`.execute(db);
    const other = openDatabase({ connectionString: url.href, maxConnections: 1 });
    try {
      await migrateSchema(other);
      for (let round = 0; round < 10; round++) await Promise.all([ensureRoles(db), ensureRoles(other)]);
    } finally {
      await other.destroy();
      await sql`drop database ${name}`.execute(db);
    }
  });
});
