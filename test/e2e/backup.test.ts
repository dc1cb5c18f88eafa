/** `npm run backup` and `npm run restore` of a platform on one machine. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import type { Competition } from "../../client/api-client.ts";
import { missingUploads } from "../../lambdas/competitions/db/stored-keys.ts";
import { openDatabase, type Db } from "../../lambdas/kernel/db/connection.ts";
import { startDatabase } from "../../local/database.ts";
import { ObjectFiles } from "../../local/object-store/object-files.ts";
import { bundleFiles, publishCompetition, python, scoreOfAnswer, submit, waitToGo } from "../support/competitions.ts";
import { repository, temporaryFolder } from "../support/files.ts";
import { copyPgliteDatabase } from "../support/pglite.ts";
import { ended, letGo, personOf, scoringFolders, type Person } from "../support/platform.ts";
import { startPostgres, type PostgresServer } from "../support/postgres.ts";
import { waitFor } from "../support/wait.ts";
import { killAll, start } from "./started.ts";

const password = "password of the test";
const patienceMs = 300_000;

/** Runs a script as a person does. */
function script(name: string, argument: string, settings: Record<string, string>) {
  const env = { ...process.env, DATABASE_URL: "", ...settings };
  return new Promise<{ code: number; out: string; errors: string }>((resolve) => {
    execFile(process.execPath, [join(repository, "scripts", name), argument], { env }, (error, out, errors) =>
      resolve({ code: error ? Number(error.code) : 0, out, errors }),
    );
  });
}
async function backUp(folder: string, settings: Record<string, string>): Promise<{ path: string; out: string }> {
  const { code, out, errors } = await script("backup.ts", folder, settings);
  assert.equal(code, 0, errors);
  return { path: /^(\S+) is complete/.exec(out)![1]!, out };
}
async function restore(backup: string, settings: Record<string, string>): Promise<void> {
  const { code, out, errors } = await script("restore-backup.ts", backup, settings);
  assert.equal(code, 0, errors);
  assert.match(out, /is the platform of \d{4}-\d\d-\d\dT.*Start it with npm start\./);
}

/** The number of rows of each table. */
async function counts(db: Db): Promise<Record<string, number>> {
  const tables = await sql<{
    name: string;
  }>`select tablename as name from pg_tables where schemaname = 'public'`.execute(db);
  const rows: Record<string, number> = {};
  for (const { name } of tables.rows)
    rows[name] = (await sql<{ n: number }>`select count(*)::int as n from ${sql.table(name)}`.execute(db)).rows[0]!.n;
  return rows;
}

/** All objects of a home by their paths. */
async function objects(home: string): Promise<Record<string, string>> {
  const buckets = join(home, "objects/buckets");
  const found: Record<string, string> = {};
  for (const entry of await readdir(buckets, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      found[path.slice(buckets.length)] = (await readFile(path)).toString("base64");
    }
  return found;
}

/** Holds a home to having every object that its database names. */
async function assertComplete(db: Db, home: string): Promise<void> {
  const files = await ObjectFiles.open(join(home, "objects"));
  const found: string[] = [];
  for await (const entry of files.list("benchstack-uploads", { prefix: "", after: "", grouped: false }))
    if ("key" in entry) found.push(entry.key);
  assert.notEqual(found.length, 0);
  assert.deepEqual(await missingUploads(db, { after: "", to: null, found }), []);
  // Attempts of deleted submissions stay, for their costs, without their files. Those that did not succeed may have left none.
  const kept = await db
    .selectFrom("attempts")
    .innerJoin("submissions", "submissions.job_id", "attempts.job_id")
    .select("kept_prefix")
    .where("kept_prefix", "is not", null)
    .where("is_soft_deleted", "=", false)
    .where("outcome", "=", "succeeded")
    .execute();
  assert.notEqual(kept.length, 0);
  for (const { kept_prefix } of kept) {
    const listing = files.list("benchstack-jobs", { prefix: kept_prefix!, after: "", grouped: false });
    assert.notEqual((await listing.next()).value, undefined, `${kept_prefix} has no object`);
  }
}

describe("a backup of the platform on one machine (A-330)", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let home: string;
  let backups: string;
  let first: string;
  let second: string;
  let competition: Competition;
  let slow: Competition;
  let held: number;
  let queue: string;
  const settings = (own: string) => ({
    BENCHSTACK_HOME: own,
    BENCHSTACK_ADMIN_PASSWORD: password,
    BENCHSTACK_WORKER_SLOTS: "2",
  });
  const started = async (own: string) => {
    const run = start(settings(own));
    return { run, admin: await personOf(await run.url(), "admin", password) };
  };
  /** Looks into the embedded database of a home whose platform does not run. */
  async function inside<T>(own: string, look: (db: Db) => Promise<T>): Promise<T> {
    const database = await startDatabase(join(own, "database"));
    const db = openDatabase(database);
    try {
      return await look(db);
    } finally {
      await db.destroy();
      await database.close();
    }
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    home = join(folder.path, "home");
    backups = join(folder.path, "backups");
    await copyPgliteDatabase(join(home, "database"));
  });
  afterAll(async () => {
    await killAll();
    await folder.remove();
  });

  it("is of one moment, while the platform takes, runs and deletes submissions", async () => {
    const { run, admin } = await started(home);
    const program = (source: string) => python(source, "scoring_program/");
    competition = await publishCompetition(admin, bundleFiles({ title: "Fast" }, program(scoreOfAnswer)));
    slow = await publishCompetition(admin, bundleFiles({ title: "Slow" }, program(`${waitToGo}\n${scoreOfAnswer}`)));
    queue = (await admin.client.request<{ id: string }>("POST", "/api/queues/", { name: "of a laboratory" })).id;
    const phaseId = competition.phases[0]!.id;
    await ended(admin, await submit(admin, phaseId, { "answer.txt": "0.25" }), patienceMs);
    held = await submit(admin, slow.phases[0]!.id, { "answer.txt": "0.75" });
    await waitFor("the slow program", () => scoringFolders(home).length > 0, patienceMs);

    const accepted: number[] = [];
    const deleted = new Set<number>();
    let isOver = false;
    const sendAll = async (deletes: boolean) => {
      while (!isOver) {
        const id = await submit(admin, phaseId, { "answer.txt": "0.5" });
        accepted.push(id);
        if (!deletes) continue;
        const { status } = await admin.send("DELETE", `/api/submissions/${id}/`);
        if (status === 204) deleted.add(id);
      }
    };
    const burst = [sendAll(false), sendAll(false), sendAll(true)];
    await waitFor("the burst", () => accepted.length > 5 && deleted.size > 0, patienceMs);
    const before = accepted.filter((id) => !deleted.has(id));
    ({ path: first } = await backUp(backups, settings(home)));
    isOver = true;
    await Promise.all(burst);
    await run.kill();

    const copy = join(folder.path, "first");
    await restore(first, { BENCHSTACK_HOME: copy });
    await inside(copy, async (db) => {
      const ids = (await db.selectFrom("submissions").select("id").execute()).map(({ id }) => id);
      assert.deepEqual(
        before.filter((id) => !ids.includes(id) && !deleted.has(id)),
        [],
      );
      const known = new Set([...accepted, held]);
      assert.deepEqual(ids.filter((id) => !known.has(id)).length, 1, "only the very first one");
      await assertComplete(db, copy);
    });
    const now = await objects(home);
    for (const [path, content] of Object.entries(await objects(copy)))
      if (path in now && path.startsWith("/benchstack-uploads")) assert.ok(now[path] === content, path);
  }, 600_000);

  it("becomes a platform that runs what had not ended, and has its boards, accounts and queues (A-331)", async () => {
    const copy = join(folder.path, "first");
    const { run, admin } = await started(copy);
    assert.equal((await admin.client.submission(held)).status, "Running");
    const isDone = async () => {
      if (scoringFolders(copy).length > 0) await letGo(copy).catch(() => undefined);
      return (await admin.client.submission(held)).status === "Finished";
    };
    await waitFor("the submission that ran to run again", isDone, patienceMs);
    const board = await admin.client.leaderboard(slow.phases[0]!.id);
    assert.deepEqual(
      board.submissions.map(({ id }) => id),
      [held],
    );
    const asked = await admin.send("PATCH", `/api/competitions/${competition.id}/`, { json: { queue } });
    assert.equal(asked.status, 200, asked.text);
    await submit(admin, competition.phases[0]!.id, { "answer.txt": "1" });
    await run.kill();
    const sent = await inside(copy, (db) =>
      db.selectFrom("outbox").select("sent_when").where("queue_name", "like", "benchstack-queue-%").execute(),
    );
    assert.equal(sent.length, 1);
    assert.notEqual(sent[0]!.sent_when, null);
  }, 600_000);

  it("has only what is new the next time, and equals a platform that does not run in every row and object (A-332)", async () => {
    const taken = await backUp(backups, settings(home));
    second = taken.path;
    assert.match(taken.out, /, [1-9]\d* are links to those of the backup before/);
    const copy = join(folder.path, "second");
    await restore(second, { BENCHSTACK_HOME: copy });
    assert.deepEqual(await objects(copy), await objects(home));
    assert.deepEqual(await inside(copy, counts), await inside(home, counts));
    const mode = async (path: string) => (await stat(path)).mode & 0o777;
    assert.deepEqual([await mode(copy), await mode(join(copy, "credentials.json"))], [0o700, 0o600]);
    assert.deepEqual([await mode(second), await mode(join(second, "credentials.json"))], [0o700, 0o600]);
    assert.equal(
      await readFile(join(copy, "credentials.json"), "utf8"),
      await readFile(join(home, "credentials.json"), "utf8"),
    );
  }, 300_000);

  it("is refused in a sentence before anything is written, when it is damaged or there is no place for it (A-333)", async () => {
    const target = join(folder.path, "never");
    const refused = async (what: string, backup: string, said: RegExp, more: Record<string, string> = {}) => {
      const { code, errors } = await script("restore-backup.ts", backup, { BENCHSTACK_HOME: target, ...more });
      assert.equal(code, 1, what);
      assert.match(errors, said, what);
      assert.ok(!existsSync(target) && !existsSync(`${target}.restoring`), what);
    };
    const spoiled = async (spoil: (copy: string) => Promise<void>) => {
      const copy = join(folder.path, "spoiled");
      await rm(copy, { recursive: true, force: true });
      await cp(second, copy, { recursive: true });
      await spoil(copy);
      return copy;
    };
    const sums = (await readFile(join(second, "SHA256SUMS"), "utf8")).split("\n");
    const object = sums.find((line) => line.includes("  objects/"))!.slice(66);
    const row = sums.find((line) => line.includes("  database/global/"))!.slice(66);
    const flipped = await spoiled(async (copy) => {
      const content = await readFile(join(copy, row));
      content[0]! ^= 1;
      await writeFile(join(copy, row), content);
    });
    await refused("a bit", flipped, /is damaged: database\/global\/\S+ is missing or has changed/);
    await refused("an object", await spoiled((copy) => rm(join(copy, object))), /is damaged: objects\/\S+ is missing/);
    await refused("the list", await spoiled((copy) => writeFile(join(copy, "SHA256SUMS"), "")), /SHA256SUMS is not as/);
    await refused("the end", await spoiled((copy) => rm(join(copy, "backup.json"))), /is not a complete backup/);
    await refused("all backups", backups, /is not a complete backup/);
    await refused("a server", second, /has an embedded database/, { DATABASE_URL: "postgres://127.0.0.1/x" });
    const inUse = await script("restore-backup.ts", second, { BENCHSTACK_HOME: home });
    assert.match(inUse.errors, /is not empty\. Set BENCHSTACK_HOME to a folder that does not exist/);
    const nowhere = await script("backup.ts", backups, { BENCHSTACK_HOME: target });
    assert.match(nowhere.errors, /There is no platform in/);
  }, 300_000);
});

describe("a backup of a platform with a PostgreSQL server (A-330)", () => {
  let servers: PostgresServer[] = [];
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    servers = [await startPostgres(), await startPostgres()];
    folder = await temporaryFolder();
  });
  afterAll(async () => {
    await killAll();
    await Promise.all(servers.map((server) => server.stop()));
    await folder.remove();
  });

  it("has its database and the objects of the home, and fills an empty database", async () => {
    const [home, copy] = [join(folder.path, "home"), join(folder.path, "copy")];
    const [from, to] = servers.map(({ url }) => url) as [string, string];
    const settings = { BENCHSTACK_HOME: home, BENCHSTACK_ADMIN_PASSWORD: password, DATABASE_URL: from };
    const run = start(settings);
    const admin: Person = await personOf(await run.url(), "admin", password);
    const competition = await publishCompetition(admin, bundleFiles());
    const id = await submit(admin, competition.phases[0]!.id, { "answer.txt": "0.5" });
    await ended(admin, id, patienceMs);
    const without = await script("backup.ts", join(folder.path, "backups"), { BENCHSTACK_HOME: home });
    assert.match(without.errors, /Set DATABASE_URL/);
    const { path } = await backUp(join(folder.path, "backups"), settings);
    await run.kill();
    const into = { BENCHSTACK_HOME: copy, DATABASE_URL: to };
    assert.match((await script("restore-backup.ts", path, { ...into, DATABASE_URL: from })).errors, /is not empty/);
    await restore(path, into);
    const db = openDatabase({ connectionString: to, maxConnections: 1 });
    await assertComplete(db, copy);
    await db.destroy();
    const again = start({ ...into, BENCHSTACK_ADMIN_PASSWORD: password });
    const restored = await personOf(await again.url(), "admin", password);
    assert.equal((await restored.client.submission(id)).status, "Finished");
    const board = await restored.client.leaderboard(competition.phases[0]!.id);
    assert.deepEqual(
      board.submissions.map((one) => [one.id, Number(one.scores[0]?.score)]),
      [[id, 0.5]],
    );
  }, 600_000);
});
