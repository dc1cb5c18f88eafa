import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import type { Competition } from "../../../client/api-client.ts";
import type { ObjectRef } from "../../../contract/job.ts";
import { keyColumns, unreferencedUploads } from "../../../lambdas/competitions/db/stored-keys.ts";
import { deleteOrphans, inspectStore } from "../../../lambdas/competitions/service/inspect-store.ts";
import type { Context } from "../../../lambdas/kernel/context.ts";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { idOf } from "../accounts/organization-lab.ts";
import { expect, openLabWithCompetitions, phaseOf, type Lab } from "../support/lab.ts";
import { uploaded } from "./uploading.ts";

describe("the inspection of the object store", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  let single: Competition;
  beforeAll(async () => {
    ({ lab, alice, bob, single } = await openLabWithCompetitions());
  });
  afterAll(() => lab.close());

  const exists = async (ref: ObjectRef) => (await lab.inside.objects.head(ref)) !== undefined;
  const rowOf = (key: string) =>
    lab.inside.db.selectFrom("datasets").selectAll().where("key", "=", key).executeTakeFirst();
  /** The same platform eight days later. */
  const later = (): Context => ({ ...lab.inside, now: () => new Date(Date.now() + 8 * 24 * 3600 * 1000) });
  /** Inspects the store until a report has an orphan. The platform's own sweeper, for which no time has passed, may be faster. */
  const inspected = (orphan: string) =>
    waitFor("a report", async () => {
      await lab.inside.db
        .insertInto("store_inspections")
        .defaultValues()
        .onConflict((one) => one.doNothing())
        .execute();
      await inspectStore(later());
      return (await findings("orphan")).results.some(({ key }) => key === orphan);
    });
  const findings = (kind: string) =>
    expect<{ results: { key: string; outcome: string | null }[] }>(
      200,
      lab.admin,
      "GET",
      `/api/storage/findings/?kind=${kind}&page_size=1000`,
    );
  const store = (bucket: ObjectRef["bucket"], key: string) => lab.inside.objects.put({ bucket, key }, Buffer.from("x"));

  it("knows every column that has a key of the store", async () => {
    const { rows } = await sql<{ name: string }>`
      select table_name || '.' || column_name as name from information_schema.columns
      where table_schema = 'public' and data_type = 'text' and (column_name like '%\\_key' or column_name = 'key')
      order by 1`.execute(lab.inside.db);
    const others = [
      ...["budgets.key", "jobs.group_key", "jobs.owner_key", "leaderboard_columns.key", "leaderboards.key"],
      ...["sealing_key.public_key", "spending.key", "store_findings.key", "throttles.key", "users.mail_key"],
    ];
    assert.deepEqual(
      rows.map(({ name }) => name).filter((name) => !others.includes(name)),
      keyColumns.map(({ table, column }) => `${table}.${column}`).sort(),
    );
  });

  it("knows the zips of exports and the smaller pictures", async () => {
    const { db } = lab.inside;
    const [zipKey, photo, nobodys] = ["account_export/1/1-0.zip", "photo/1/small.webp", "photo/2/small.webp"];
    const id = await idOf(lab, alice);
    const { rows } = await sql<{ id: number }>`
      insert into account_exports (user_id, status, progress)
      values (${id}, 'Finished', ${JSON.stringify({ parts: [{ key: zipKey, size: 1 }], large: [], after: null, begun: true })})
      returning id`.execute(db);
    await db.updateTable("users").set({ photo_icon_key: photo }).where("id", "=", id).execute();
    try {
      assert.deepEqual(await unreferencedUploads(db, [zipKey, photo, nobodys]), [nobodys]);
    } finally {
      await db.updateTable("users").set({ photo_icon_key: null }).where("id", "=", id).execute();
      await db.deleteFrom("account_exports").where("id", "=", rows[0]!.id).execute();
    }
  });

  it("finds what nothing refers to and what is missing, and deletes only what is still an orphan (A-253, A-254)", async () => {
    const run = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 1 } });
    const [orphan, claimed, ofNobody] = [
      `input_data/${randomUUID()}/orphan.zip`,
      `input_data/${randomUUID()}/claimed.zip`,
      `jobs/${randomUUID()}/scoring/output.zip`,
    ];
    await store("uploads", orphan);
    await store("uploads", claimed);
    await store("jobs", ofNobody);
    await store("jobs", "answers/of-an-earlier-day");
    const lost = (await rowOf(await uploaded(alice, 10)))!;
    const wrong = (await rowOf(await uploaded(alice, 10)))!;
    const { db, objects } = lab.inside;
    await objects.delete({ bucket: "uploads", key: lost.object_key });
    await db.updateTable("datasets").set({ file_size: 99 }).where("id", "=", wrong.id).execute();

    await inspected(orphan);
    const keys = (await findings("orphan")).results.map(({ key }) => key);
    assert.ok([ofNobody, claimed].every((key) => keys.includes(key)));
    assert.equal(await exists({ bucket: "jobs", key: "answers/of-an-earlier-day" }), false);
    const known = await db.selectFrom("datasets").select("object_key").execute();
    assert.ok(!keys.some((key) => known.some(({ object_key }) => object_key === key)));
    assert.deepEqual(
      (await findings("missing")).results.map(({ key }) => key),
      [lost.object_key],
    );
    assert.equal(Number((await rowOf(wrong.key))!.file_size), 10, "a wrong size is corrected");

    // Somebody begins to use one between the report and the deletion.
    await db.updateTable("users").set({ photo_key: claimed }).where("username", "=", bob.username).execute();
    const { data } = await expect<{ data: string[] }>(200, lab.admin, "GET", "/api/analytics/get_orphan_files/");
    assert.ok(data.includes(orphan));
    await expect(200, lab.admin, "DELETE", "/api/analytics/delete_orphan_files/");
    const trail = await expect<{ results: { kind: string }[] }>(200, lab.admin, "GET", "/api/audit/?page_size=1");
    assert.equal(trail.results[0]!.kind, "store.cleaned");
    await waitFor("the deletion to end", async () => {
      await deleteOrphans(lab.inside);
      const { status } = await expect<{ status: string }>(
        200,
        lab.admin,
        "GET",
        "/api/analytics/check_orphans_deletion_status/",
      );
      return status === "SUCCESS";
    });
    assert.deepEqual(
      await Promise.all([
        exists({ bucket: "uploads", key: orphan }),
        exists({ bucket: "jobs", key: ofNobody }),
        exists({ bucket: "uploads", key: claimed }),
      ]),
      [false, false, true],
    );
    const outcome = (await findings("orphan")).results.find(({ key }) => key === claimed)!.outcome;
    assert.equal(outcome, "kept");
    const { scoring_result: link } = await expect<{ scoring_result: string }>(
      200,
      alice,
      "GET",
      `/api/submissions/${run}/get_details/`,
    );
    assert.equal((await fetch(link)).status, 200, "results are no orphans");
  });

  it("leaves young objects alone: an upload may not be recorded yet (A-254)", async () => {
    const key = `input_data/${randomUUID()}/young.zip`;
    await store("uploads", key);
    await expect(202, lab.admin, "POST", "/api/storage/inspections/");
    const trail = await expect<{ results: { kind: string }[] }>(200, lab.admin, "GET", "/api/audit/?page_size=1");
    assert.equal(trail.results[0]!.kind, "store.inspected");
    await waitFor("an inspection to end", async () => {
      await lab.inside.db
        .insertInto("store_inspections")
        .defaultValues()
        .onConflict((one) => one.doNothing())
        .execute();
      await inspectStore(lab.inside);
      return true;
    });
    assert.ok(!(await findings("orphan")).results.some((one) => one.key === key));
    assert.ok(await exists({ bucket: "uploads", key }));
  });
});
