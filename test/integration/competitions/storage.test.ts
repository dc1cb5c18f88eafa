/** What people store: how it is counted, quotas and clean-up. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import type { Competition } from "../../../client/api-client.ts";
import { takeSnapshot } from "../../../lambdas/competitions/db/storage-snapshots.ts";
import { countOutputs } from "../../../lambdas/competitions/db/storage.ts";
import { endAbandonedUploads } from "../../../lambdas/competitions/service/clean-up.ts";
import { deleteLeftUploads } from "../../../lambdas/competitions/service/keep-upload.ts";
import type { ObjectRef } from "../../../contract/job.ts";
import { python, zip } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { idOf } from "../accounts/organization-lab.ts";
import { expect, openLabWithCompetitions, phaseOf, type Lab } from "../support/lab.ts";
import { announce, announced, complete, put, uploaded } from "./uploading.ts";

interface Storage {
  quota_bytes: number;
  used_bytes: number;
  kinds: { kind: string; files: number; bytes: number }[];
  cleanups: Record<string, { count: number; bytes: number }>;
}

let lab: Lab;
let alice: Person;
let bob: Person;
let single: Competition;
let program: Buffer;
beforeAll(async () => {
  program = await zip(python("pass"));
  ({ lab, alice, bob, single } = await openLabWithCompetitions());
});
afterAll(() => lab.close());

const storageOf = (person: Person) => expect<Storage>(200, person, "GET", "/api/storage/");
const usedBy = async (person: Person) => (await storageOf(person)).used_bytes;
const kindsOf = async (person: Person) =>
  Object.fromEntries(
    (await storageOf(person)).kinds.filter(({ bytes }) => bytes > 0).map(({ kind, bytes }) => [kind, bytes]),
  );
async function setQuota(person: Person, bytes: number | null): Promise<void> {
  await lab.inside.db
    .updateTable("users")
    .set({ storage_quota_bytes: bytes })
    .where("id", "=", await idOf(lab, person))
    .execute();
}
/** Lets time pass for a dataset. */
const age = (key: string, interval: string) =>
  sql`update datasets set created_when = created_when - ${interval}::interval where key = ${key}`.execute(
    lab.inside.db,
  );
const exists = async (ref: ObjectRef) => (await lab.inside.objects.head(ref)) !== undefined;
const rowOf = (key: string) =>
  lab.inside.db.selectFrom("datasets").selectAll().where("key", "=", key).executeTakeFirst();

describe("a quota", () => {
  it("is that of the platform, in gigabytes as in Codabench, unless an administrator has set another (A-246)", async () => {
    const person = await lab.newPerson();
    assert.deepEqual(await expect(200, person, "GET", "/api/user_quota/"), {
      quota: 15,
      quota_bytes: 15e9,
      storage_used: 0,
    });
    await setQuota(person, 500);
    await uploaded(person, 200);
    assert.deepEqual(await expect(200, person, "GET", "/api/user_quota/"), {
      quota: 500 / 1e9,
      quota_bytes: 500,
      storage_used: 200,
    });
  });

  it("refuses an upload before a byte is sent, and lets people read, download and delete (A-246, A-247)", async () => {
    const person = await lab.newPerson();
    await setQuota(person, 1000);
    const key = await uploaded(person, 900);
    const refused = await announce(person, 101);
    assertRefused(refused, 400, "QUOTA_EXCEEDED", /You use 900 bytes of the 1 KB that you may store/);
    assert.ok("data_file" in refused.body, "as Codabench names it");
    await setQuota(person, 0);
    assertRefused(await announce(person, undefined), 400, "QUOTA_EXCEEDED", /needs more/);
    assert.equal((await person.send("GET", `/datasets/download/${key}/`)).status, 302);
    await expect(204, person, "DELETE", `/api/datasets/${key}/`);
    assert.equal(await usedBy(person), 0);
  });

  it("stands behind fifty uploads without a size, until their files are used (A-298)", async () => {
    const person = await lab.newPerson();
    for (let upload = 1; upload <= 51; upload++) await announced(person, undefined);
    // The pause after the last one is a minute; the test does not hang on how quick it is.
    await sql`update throttles set blocked_until = now() + interval '1 hour' where blocked_until > last_try`.execute(
      lab.inside.db,
    );
    assertRefused(await announce(person, undefined), 429, "TOO_MANY_TRIES", /Send file_size/);
    assert.equal((await announce(person, 10)).status, 201);
  });

  it("counts uploads that go on, so that many at once cannot exceed it (A-247)", async () => {
    const person = await lab.newPerson();
    await setQuota(person, 1000);
    const answers = await Promise.all(Array.from({ length: 12 }, () => announce(person, 300)));
    assert.equal(answers.filter(({ status }) => status === 201).length, 3);
    assert.deepEqual(await kindsOf(person), { upload: 900 });
    const [open] = answers.flatMap(({ status, body }) => (status === 201 ? [body] : []));
    const parts = `/api/datasets/${open!.key}/multipart/`;
    assertRefused(await person.send("POST", parts, { json: { file_size: 401 } }), 400, "QUOTA_EXCEEDED", /101 bytes/);
    await expect(201, person, "POST", parts, { json: { file_size: 400 } });
    assert.equal(await usedBy(person), 1000);
  });

  it("is checked again with the real size, and a file that is too large does not stay (A-247)", async () => {
    const person = await lab.newPerson();
    await setQuota(person, 1000);
    const { key, sassy_url } = await announced(person, 10);
    await put(sassy_url, 1001);
    const { object_key } = (await rowOf(key))!;
    assertRefused(await complete(person, key), 400, "QUOTA_EXCEEDED", /You use 10 bytes of .* needs 991 bytes more/);
    assert.equal(await exists({ bucket: "uploads", key: object_key }), false);
    await put(sassy_url, 1000);
    assert.equal((await complete(person, key)).status, 200);
    assert.deepEqual(await kindsOf(person), { data: 1000 });
  });

  it("completes only as many of several uploads without an announced size as fit (A-247)", async () => {
    const person = await lab.newPerson();
    await setQuota(person, 1000);
    const open = await Promise.all(Array.from({ length: 5 }, () => announced(person, undefined)));
    await Promise.all(open.map(({ sassy_url }) => put(sassy_url, 400)));
    const answers = await Promise.all(open.map(({ key }) => complete(person, key)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 2);
    assert.equal(await usedBy(person), 800);
  });
});

describe("what is stored", () => {
  it("counts for who uploaded it; outputs and logs for the owner of the submission (A-248)", async () => {
    const before = await kindsOf(alice);
    const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 1 } });
    const after = await kindsOf(alice);
    const grown = (kind: string) => (after[kind] ?? 0) - (before[kind] ?? 0);
    const output = "output of prediction".length + "output of scoring".length + JSON.stringify({ accuracy: 1 }).length;
    assert.equal(grown("submission"), "a submission".length);
    assert.equal(grown("output"), output);
    assert.equal(grown("log"), "log of prediction\n".length + "log of scoring\n".length);

    const { results } = await expect<{ results: { kind: string; id: number; bytes: number }[] }>(
      200,
      alice,
      "GET",
      "/api/storage/files/?kind=output",
    );
    assert.ok(results.some((file) => file.id === id && file.bytes === output + grown("log")));
    const organized = await expect<{ results: { username: string; submission_bytes: number; output_bytes: number }[] }>(
      200,
      lab.organizer,
      "GET",
      `/api/competitions/${single.id}/storage/`,
    );
    const own = organized.results.find(({ username }) => username === alice.username)!;
    assert.deepEqual([own.submission_bytes, own.output_bytes], [after["submission"], after["output"]! + after["log"]!]);

    // As an attempt of an earlier release, of which only its report tells sizes.
    const { db } = lab.inside;
    const { job_id } = await db
      .selectFrom("submissions")
      .select("job_id")
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    await db
      .updateTable("attempts")
      .set({ kept_output_bytes: null, kept_log_bytes: null })
      .where("job_id", "=", job_id!)
      .execute();
    await db.updateTable("submissions").set({ output_bytes: null, log_bytes: null }).where("id", "=", id).execute();
    await countOutputs(db, { limit: 100 });
    const counted = await kindsOf(alice);
    assert.equal(
      counted["output"],
      after["output"]! - JSON.stringify({ accuracy: 1 }).length,
      "reports have no sizes of collected files",
    );
    assert.equal(counted["log"], after["log"]);
  });

  it("is no longer counted after its deletion (A-248)", async () => {
    const before = await kindsOf(bob);
    const id = await lab.submitted(bob, phaseOf(single), { scores: { accuracy: 1 } });
    await expect(200, bob, "DELETE", `/api/submissions/${id}/soft_delete/`);
    assert.deepEqual(await kindsOf(bob), before);
  });

  it("is listed with the largest first, in pages (A-249)", async () => {
    const person = await lab.newPerson();
    for (const bytes of [10, 30, 20]) await uploaded(person, bytes);
    const list = (query: string) =>
      expect<{ count: number; results: { bytes: number }[] }>(200, person, "GET", `/api/storage/files/?${query}`);
    const first = await list("page_size=2");
    assert.deepEqual([first.count, first.results.map(({ bytes }) => bytes)], [3, [30, 20]]);
    assert.deepEqual(
      (await list("page_size=2&page=2")).results.map(({ bytes }) => bytes),
      [10],
    );
    assert.equal((await list("kind=program")).count, 0);
  });
});

describe("a clean-up", () => {
  const counts = (person: Person) => expect<Record<string, number>>(200, person, "GET", "/api/user_quota_cleanup/");

  it("deletes what nothing uses, shows it before, and never what is used or may be about to be (A-250)", async () => {
    const person = await lab.newPerson();
    const [unused, used, fresh] = [
      await uploaded(person, 20),
      await uploaded(person, program, "scoring_program"),
      await uploaded(person, 40),
    ];
    await expect(201, person, "POST", "/api/tasks/", {
      json: { name: "Kept", scoring_program: used, is_public: true },
    });
    for (const key of [unused, used]) await age(key, "2 hours");
    const what = "unused_datasets_programs";
    assert.equal((await counts(person))[what], 1);
    const { rows: listed, bytes } = await expect<{ results: { bytes: number }[]; bytes: number }>(
      200,
      person,
      "GET",
      `/api/storage/cleanup/${what}/`,
    ).then(({ results: rows, bytes }) => ({ rows, bytes }));
    assert.deepEqual([listed.map((one) => one.bytes), bytes], [[20], 20]);
    assert.deepEqual(await expect(200, person, "DELETE", "/api/delete_unused_datasets/"), {
      success: true,
      message: "Unused datasets and programs deleted successfully",
    });
    assert.deepEqual(await Promise.all([unused, used, fresh].map(async (key) => Boolean(await rowOf(key)))), [
      false,
      true,
      true,
    ]);
    assert.equal(await usedBy(person), program.length + 40);
  });

  it("deletes unused tasks with their solutions, whose files are then unused (A-250)", async () => {
    const person = await lab.newPerson();
    const scoring = await uploaded(person, program, "scoring_program");
    const solution = await uploaded(person, 30, "solution");
    const { id } = await expect<{ id: number }>(201, person, "POST", "/api/tasks/", {
      json: { name: "Unused", scoring_program: scoring },
    });
    const { db } = lab.inside;
    const made = await db
      .insertInto("solutions")
      .values({ name: "One", dataset_id: (await rowOf(solution))!.id, created_by: await idOf(lab, person) })
      .returning("id")
      .executeTakeFirstOrThrow();
    await db.insertInto("solution_tasks").values({ solution_id: made.id, task_id: id }).execute();
    for (const key of [scoring, solution]) await age(key, "2 hours");
    const cleanUp = (what: string) => expect(200, person, "POST", `/api/storage/cleanup/${what}/`);
    assert.deepEqual(await cleanUp("unused_datasets_programs"), { deleted: 0, bytes: 0, is_all: true });
    assert.deepEqual(await cleanUp("unused_tasks"), { deleted: 1, bytes: 0, is_all: true });
    assert.deepEqual(await cleanUp("unused_datasets_programs"), {
      deleted: 2,
      bytes: program.length + 30,
      is_all: true,
    });
  });

  it("deletes failed submissions, and of old ones the files (A-250, A-251)", async () => {
    const failed = await lab.submitted(bob, phaseOf(single), { failure: "PROGRAM_EXIT" });
    const old = await lab.submitted(bob, phaseOf(single), { scores: { accuracy: 0.5 } });
    const onBoard = await lab.submitted(bob, phaseOf(single), { scores: { accuracy: 0.6 } });
    const recent = await lab.submitted(bob, phaseOf(single), { scores: { accuracy: 0.7 } });
    await expect(200, bob, "POST", `/api/submissions/${onBoard}/submission_leaderboard_connection/`);
    await sql`update submissions set finished_when = now() - interval '40 days' where id in (${old}, ${onBoard})`.execute(
      lab.inside.db,
    );
    const found = await counts(bob);
    assert.deepEqual([found["failed_submissions"], found["old_outputs"]], [1, 1]);
    await expect(200, bob, "DELETE", "/api/delete_failed_submissions/");
    await expect(200, bob, "POST", "/api/storage/cleanup/old_outputs/");
    const rows = await lab.inside.db
      .selectFrom("submissions")
      .select(["id", "files_deleted_when", "data_id"])
      .where("id", "in", [failed, old, onBoard, recent])
      .orderBy("id")
      .execute();
    assert.deepEqual(
      rows.map(({ id, files_deleted_when: gone, data_id }) => [id, gone !== null, data_id !== null]),
      [
        [old, true, false],
        [onBoard, false, true],
        [recent, false, true],
      ],
    );
  });

  it("and a submission of the same file at the same time: one of them wins, and no file is missing (A-250)", async () => {
    for (let round = 0; round < 5; round++) {
      const key = await uploaded(alice, 10, "submission");
      await age(key, "2 hours");
      const [submitted] = await Promise.all([
        alice.send<{ id: number }>("POST", "/api/submissions/", { json: { phase: phaseOf(single), data: key } }),
        alice.send("DELETE", "/api/delete_unused_submissions/"),
      ]);
      if (submitted.status === 201) assert.ok(await exists({ bucket: "uploads", key: (await rowOf(key))!.object_key }));
      else assertRefused(submitted, 400, "NO_SUCH_DATASET");
    }
    await lab.runAll({ scores: { accuracy: 0.1 } });
  });
});

describe("an upload that nobody completes", () => {
  it("is kept after three days if its file is there, and ends otherwise (A-252)", async () => {
    const person = await lab.newPerson();
    const [there, absent, young] = [
      await announced(person, 100),
      await announced(person, 200),
      await announced(person, 300),
    ];
    await put(there.sassy_url, 100);
    for (const { key } of [there, absent]) await age(key, "3 days 1 hour");
    await endAbandonedUploads(lab.inside);
    assert.ok((await rowOf(there.key))!.upload_completed_when);
    assert.equal(await rowOf(absent.key), undefined);
    assert.ok(await rowOf(young.key));
    assert.deepEqual(await kindsOf(person), { data: 100, upload: 300 });
  });

  it("leaves nothing where its signature still allows writing after the deletion (A-252)", async () => {
    const person = await lab.newPerson();
    const { key, sassy_url } = await announced(person, 10);
    const { object_key } = (await rowOf(key))!;
    await expect(204, person, "DELETE", `/api/datasets/${key}/`);
    await put(sassy_url, 10);
    const { db } = lab.inside;
    await deleteLeftUploads(lab.inside);
    assert.ok(await exists({ bucket: "uploads", key: object_key }), "the signature is still valid");
    await db
      .updateTable("left_uploads")
      .set({ erase_when: new Date(0) })
      .where("key", "=", object_key)
      .execute();
    await deleteLeftUploads(lab.inside);
    assert.equal(await exists({ bucket: "uploads", key: object_key }), false);
  });
});

describe("the storage of the platform", () => {
  it("is recorded each week once, for people and competitions too, and is a table on demand (A-255)", async () => {
    const { db } = lab.inside;
    await db.deleteFrom("storage_snapshots").execute();
    await Promise.all([takeSnapshot(db), takeSnapshot(db)]);
    await takeSnapshot(db);
    const get = <Body>(path: string) => expect<Body>(200, lab.admin, "GET", `/api/analytics/${path}`);
    const { storage_usage_history: history } = await get<{
      storage_usage_history: Record<string, { total_usage: number }>;
    }>("storage_usage_history/");
    assert.equal(Object.keys(history).length, 1);
    const { users_usage } = await get<{
      users_usage: Record<string, Record<string, { datasets: number; submissions: number }>>;
    }>("users_usage/");
    const own = Object.values(users_usage)[0]![await idOf(lab, alice)]!;
    const { used_bytes, kinds } = await storageOf(alice);
    assert.equal(own.datasets + own.submissions, used_bytes - kinds.find(({ kind }) => kind === "import")!.bytes);
    const { competitions_usage } = await get<{
      competitions_usage: Record<string, Record<string, { datasets: number }>>;
    }>("competitions_usage/");
    assert.ok(Object.values(competitions_usage)[0]![single.id]!.datasets > 0);
    const table = await lab.admin.send("GET", "/api/analytics/users_usage/?format=csv");
    assert.match(table.text, /^week,user,username,datasets_bytes,submissions_bytes\r\n/);
    assert.ok(table.text.includes(alice.username));
  });

  it("is shown to administrators by person and competition, the most first (A-255)", async () => {
    const { results } = await expect<{ results: { username: string; quota_bytes: number }[] }>(
      200,
      lab.admin,
      "GET",
      `/api/storage/people/?search=${alice.username}`,
    );
    assert.deepEqual(
      results.map(({ username, quota_bytes }) => [username, quota_bytes]),
      [[alice.username, 15e9]],
    );
    const competitions = await expect<{ results: { id: number }[] }>(
      200,
      lab.admin,
      "GET",
      "/api/storage/competitions/",
    );
    assert.ok(competitions.results.some(({ id }) => id === single.id));
    assertRefused(await alice.send("GET", "/api/storage/people/"), 403, "NOT_ALLOWED");
  });
});
