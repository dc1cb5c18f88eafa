import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { it } from "@jest/globals";
import { sql } from "kysely";
import { lostAttempts, noteHeard, noteSwept } from "../../../lambdas/jobs/db/reachability.ts";
import type { Db } from "../../../lambdas/kernel/db/connection.ts";
import { onBothDatabases } from "../../support/databases.ts";
import { reached } from "../../support/leases.ts";

onBothDatabases("a lease that has run out", (engine) => {
  /** An attempt whose lease ran out some seconds ago. */
  async function expired(db: Db, secondsAgo: number): Promise<string> {
    const queue = await db
      .insertInto("queues")
      .values({ name: "queue", sqs_name: randomUUID() })
      .returning("id")
      .executeTakeFirstOrThrow();
    const attempt = randomUUID();
    await db
      .insertInto("jobs")
      .values({
        queue_id: queue.id,
        spec: JSON.stringify({ steps: [] }),
        owner_key: "user:1",
        group_key: "competition:1",
        state: "leased",
        attempt_id: attempt,
        lease_until: sql<Date>`now() - make_interval(secs => ${secondsAgo})`,
      })
      .execute();
    return attempt;
  }
  const isLost = async (db: Db, attempt: string) =>
    (await lostAttempts(db, { leaseSeconds: 45, silentSeconds: 300 }, 1000)).includes(attempt);

  it("ends its attempt when workers have reached the platform for a lease (R-112)", async () => {
    const { db } = await engine();
    const attempt = await expired(db, 1);
    const valid = await expired(db, -600);
    await reached(db, { heardSince: 3600, heard: 10 });
    assert.equal(await isLost(db, attempt), true);
    assert.equal(await isLost(db, valid), false);
  });

  it("gets a grace after an outage, whoever comes first when the platform is back: a worker or the sweeper (R-112)", async () => {
    const { db } = await engine();
    const attempt = await expired(db, 10);
    // Workers were last heard 55 seconds ago, when the platform was stopped.
    const stopped = { heardSince: 3600, heard: 55, sweptSince: 3600, swept: 55 };
    await reached(db, stopped);
    await noteSwept(db);
    assert.equal(await isLost(db, attempt), false);
    await noteHeard(db);
    assert.equal(await isLost(db, attempt), false);
    await noteSwept(db);
    assert.equal(await isLost(db, attempt), false);
    await reached(db, { heardSince: 10, heard: 5 });
    await noteHeard(db);
    assert.equal(await isLost(db, attempt), false, "a worker that lives may not have been heard yet");
    await reached(db, { heardSince: 46, heard: 5 });
    await noteHeard(db);
    assert.equal(await isLost(db, attempt), true);
  });

  it("ends its attempt where no worker is heard at all, when the sweeper has run for five minutes (R-112)", async () => {
    const { db } = await engine();
    const attempt = await expired(db, 301);
    await reached(db, { heardSince: 3600, heard: 400, sweptSince: 301, swept: 60 });
    await noteSwept(db);
    assert.equal(await isLost(db, attempt), true);
    assert.equal(await isLost(db, await expired(db, 100)), false);
    // The machine was suspended.
    await reached(db, { heardSince: 90_000, heard: 80_000, sweptSince: 90_000, swept: 80_000 });
    await noteSwept(db);
    assert.equal(await isLost(db, attempt), false);
  });

  it("begins a new time without an outage with the first request after one", async () => {
    const { db } = await engine();
    const since = async () => {
      const [row] = (
        await sql<{
          s: number;
        }>`select round(extract(epoch from now() - heard_since))::int as s from reachability`.execute(db)
      ).rows;
      return row!.s;
    };
    await reached(db, { heardSince: 1000, heard: 10 });
    await noteHeard(db);
    assert.ok((await since()) >= 1000);
    await reached(db, { heardSince: 1000, heard: 36 });
    await noteHeard(db);
    assert.ok((await since()) < 1000);
  });
});
