import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { it } from "@jest/globals";
import { sql } from "kysely";
import type { Db } from "../../../lambdas/kernel/db/connection.ts";
import { onBothDatabases } from "../../support/databases.ts";

/**
 * What the triggers of migration 0022 do for statements of the release before it.
 * `test/e2e/release-before.test.ts` runs all functions of the release before this one.
 */
onBothDatabases("code of the release before", (engine) => {
  const row = async <Row>(db: Db, statement: ReturnType<typeof sql<Row>>): Promise<Row> =>
    (await statement.execute(db)).rows[0]!;
  const shown = sql`step_profiles, prediction_profile, scoring_profile, max_upload_bytes::int, max_submission_bytes::int`;

  it("creates and changes queues whose settings this release sees, and sees what this release changes", async () => {
    const { db } = await engine();
    const name = randomUUID();
    const change = (set: ReturnType<typeof sql>) =>
      row(db, sql`update queues set ${set} where sqs_name = ${name} returning ${shown}`);
    const settings = (first: string | null, second: string | null, bytes: number | null) => ({
      step_profiles: first && { prediction: first, scoring: second },
      prediction_profile: first,
      scoring_profile: second,
      max_upload_bytes: bytes,
      max_submission_bytes: bytes,
    });
    const created = sql`
      insert into queues (name, sqs_name, prediction_profile, scoring_profile, max_submission_bytes)
      values ('queue', ${name}, 'gpu', 'standard', 5) returning ${shown}`;
    assert.deepEqual(await row(db, created), settings("gpu", "standard", 5));
    assert.deepEqual(
      await change(sql`prediction_profile = 'standard', max_submission_bytes = 6`),
      settings("standard", "standard", 6),
    );
    assert.deepEqual(await change(sql`max_running = 2`), settings("standard", "standard", 6));
    assert.deepEqual(
      await change(sql`step_profiles = '{"prediction": "gpu", "scoring": "gpu"}', max_upload_bytes = 7`),
      settings("gpu", "gpu", 7),
    );
    assert.deepEqual(
      await change(sql`prediction_profile = null, scoring_profile = null, max_submission_bytes = null`),
      settings(null, null, null),
    );
    assert.deepEqual(
      await change(sql`step_profiles = '{"prediction": "gpu", "scoring": "gpu"}'`),
      settings("gpu", "gpu", null),
    );
    assert.deepEqual(await change(sql`step_profiles = null`), settings(null, null, null));
  });

  it("creates jobs of submissions, and attempts that outlive their workers on ecs only", async () => {
    const { db } = await engine();
    const { id: queue } = await row(
      db,
      sql<{ id: string }>`insert into queues (name, sqs_name) values ('queue', ${randomUUID()}) returning id`,
    );
    const job = await row(
      db,
      sql<{ id: string; kind: string }>`
        insert into jobs (queue_id, spec, owner_key, group_key) values (${queue}, '{"steps": []}', 'a', 'b') returning id, kind`,
    );
    assert.equal(job.kind, "submission");
    const outlives = async (launcher: string, number: number) =>
      row(
        db,
        sql`
          insert into attempts (id, job_id, number, worker_id, worker_instance, host, launcher)
          values (${randomUUID()}, ${job.id}, ${number}, 'w', 'i', 'h', ${launcher}) returning outlives_worker`,
      );
    assert.deepEqual(await outlives("ecs", 1), { outlives_worker: true });
    assert.deepEqual(await outlives("docker", 2), { outlives_worker: false });
  });
});
