import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { claimJob, type ClaimedJob } from "../../../lambdas/jobs/db/claims.ts";
import { migrate, openDatabase, type Db } from "../../../lambdas/kernel/db/connection.ts";
import { createJobs, finishJob } from "../../../lambdas/jobs/db/jobs.ts";
import { testDatabase } from "../../support/postgres.ts";

const busy = "user:busy";
const other = "user:other";
const submissions = 500;

describe("a queue with 500 submissions of one participant", () => {
  let db: Db;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const database = await testDatabase();
    db = openDatabase({ connectionString: database.url, maxConnections: 4 });
    drop = database.drop;
    await migrate(db);
  });
  afterAll(async () => {
    await db.destroy();
    await drop();
  });

  const newQueue = async () =>
    (
      await db
        .insertInto("queues")
        .values({ name: "queue", sqs_name: randomUUID() })
        .returning("id")
        .executeTakeFirstOrThrow()
    ).id;
  const add = (queueId: string, ownerKey: string, groupKey: string, count = 1) =>
    db.transaction().execute((tx) =>
      createJobs(
        tx,
        Array.from({ length: count }, () => ({
          queueId,
          kind: "test",
          spec: { steps: [] },
          priority: 0,
          ownerKey,
          groupKey,
        })),
      ),
    );
  const worker = {
    id: "w",
    instance: "i",
    host: "h",
    launcher: "docker",
    capabilities: { outlivesWorker: false },
    slots: 1,
    version: "1",
  };
  const claim = async (queueId: string): Promise<ClaimedJob> => {
    const job = await db.transaction().execute((tx) => claimJob(tx, queueId, worker, ["test"], 45));
    assert.ok(job, "there is always one to claim");
    return job;
  };
  const end = (job: ClaimedJob) => db.transaction().execute((tx) => finishJob(tx, job.attemptId, "succeeded", null));

  /** How many jobs are claimed from when `wanted` came until it is claimed itself, with all slots taken meanwhile. */
  async function claimedBefore(queueId: string, running: ClaimedJob[], wanted: string): Promise<number> {
    for (let claimed = 0; ; claimed++) {
      await end(running.shift()!);
      const next = await claim(queueId);
      if (next.jobId === wanted) return claimed;
      running.push(next);
    }
  }

  for (const slots of [1, 4])
    for (const [where, competition] of [
      ["the same competition", "competition:1"],
      ["another competition", "competition:2"],
    ] as const) {
      it(`does not delay another's single one: the first slot that gets free is theirs, of ${slots}, in ${where}`, async () => {
        const queueId = await newQueue();
        await add(queueId, busy, "competition:1", submissions);
        const running = [];
        for (let i = 0; i < slots; i++) running.push(await claim(queueId));
        const [single] = await add(queueId, other, competition);
        assert.equal(await claimedBefore(queueId, running, single!), 0);
      });

      it(`delays it by at most one job a slot when they were served last: ${slots} slots, ${where}`, async () => {
        const queueId = await newQueue();
        const [served] = await add(queueId, other, competition);
        await add(queueId, busy, "competition:1", submissions);
        const running = [];
        for (let i = 0; i < slots; i++) running.push(await claim(queueId));
        assert.ok(running.some(({ jobId }) => jobId === served));
        const [single] = await add(queueId, other, competition);
        assert.ok((await claimedBefore(queueId, running, single!)) <= slots);
      });
    }

  it("gives every second claim to another's many, until those are done", async () => {
    const queueId = await newQueue();
    const many = new Set(await add(queueId, busy, "competition:1", submissions));
    const few = new Set(await add(queueId, other, "competition:1", 10));
    const order = [];
    for (let i = 0; i < 24; i++) {
      const job = await claim(queueId);
      order.push(many.has(job.jobId) ? "many" : few.has(job.jobId) ? "few" : "neither");
      await end(job);
    }
    const turns = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? "many" : "few"));
    assert.deepEqual(order, [...turns, "many", "many", "many", "many"]);
  });
});
