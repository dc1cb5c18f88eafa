import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { it } from "@jest/globals";
import { claimJob } from "../../../lambdas/jobs/db/claims.ts";
import { createJobs, finishJob, returnJob } from "../../../lambdas/jobs/db/jobs.ts";
import { hasToWait } from "../../../lambdas/jobs/db/suspects.ts";
import { seeWorker } from "../../../lambdas/jobs/db/workers.ts";
import type { Db } from "../../../lambdas/kernel/db/connection.ts";
import type { WorkerIdentity } from "../../../contract/job.ts";
import { onBothDatabases } from "../../support/databases.ts";

const newWorker = (outlivesWorker = false): WorkerIdentity => ({
  id: randomUUID(),
  instance: randomUUID(),
  host: "host-1",
  launcher: "docker",
  capabilities: { outlivesWorker },
  slots: 4,
  version: "1.0.0",
});

onBothDatabases("a job during which a worker died", (engine) => {
  /** A queue, and what workers do with it. */
  async function newQueue() {
    const { db } = await engine();
    const sqsName = `queue-${randomUUID()}`;
    const { id: queueId } = await db
      .insertInto("queues")
      .values({ name: "queue", sqs_name: sqsName })
      .returning("id")
      .executeTakeFirstOrThrow();
    const job = { queueId, kind: "test", spec: { steps: [] }, priority: 0, groupKey: "competition:1" };
    const add = async (priority = 0, count = 1) =>
      db.transaction().execute((tx) =>
        createJobs(
          tx,
          Array.from({ length: count }, () => ({ ...job, priority, ownerKey: randomUUID() })),
        ),
      );
    const claim = async (worker: WorkerIdentity) => {
      const claimed = await db.transaction().execute((tx) => claimJob(tx, queueId, worker, ["test"], 45));
      await seeWorker(db, [queueId], worker, null);
      return claimed;
    };
    return {
      db,
      add: async (priority = 0) => (await add(priority))[0]!,
      addMany: (count: number) => add(0, count),
      /** A job with which a worker died. It is first in line. */
      addSuspect: async () => {
        await add(9);
        const claimed = (await claim(newWorker()))!;
        const how = { delaySeconds: 0, countsAsAttempt: false, becomesSuspect: true };
        await db.transaction().execute((tx) => returnJob(tx, claimed.attemptId, how));
        await db.deleteFrom("workers").where("queue_id", "=", queueId).execute();
        return claimed.jobId;
      },
      claim,
      see: (worker: WorkerIdentity, unwell: string) => seeWorker(db, [queueId], worker, unwell),
      finish: (attemptId: string) => db.transaction().execute((tx) => finishJob(tx, attemptId, "succeeded", null)),
      waits: (worker: WorkerIdentity) => hasToWait(db, queueId, worker),
      doorbells: () => doorbells(db, sqsName),
    };
  }
  const doorbells = async (db: Db, sqsName: string) =>
    (await db.selectFrom("outbox").select("id").where("queue_name", "=", sqsName).execute()).length;

  it("goes to an idle worker, which gets no other job until it has ended (R-110)", async () => {
    const queue = await newQueue();
    const suspect = await queue.addSuspect();
    const other = await queue.add();
    const worker = newWorker();
    const alone = (await queue.claim(worker))!;
    assert.equal(alone.jobId, suspect);
    assert.equal(await queue.claim(worker), undefined);
    assert.equal(await queue.waits(worker), true, "its doorbell goes back into the queue");
    const rung = await queue.doorbells();
    await queue.finish(alone.attemptId);
    assert.equal(await queue.doorbells(), rung + 1, "whoever deleted the doorbell is called again");
    assert.equal(await queue.waits(worker), false);
    assert.equal((await queue.claim(worker))?.jobId, other);
  });

  it("is not given to a worker that runs something; that worker makes room when it is first in line (R-111)", async () => {
    const queue = await newQueue();
    const worker = newWorker();
    await queue.add();
    const running = (await queue.claim(worker))!;
    const suspect = await queue.addSuspect();
    await queue.add();
    assert.equal(await queue.claim(worker), undefined);
    assert.equal(await queue.waits(worker), true);
    const urgent = await queue.add(99);
    const taken = (await queue.claim(worker))!;
    assert.equal(taken.jobId, urgent, "what is before it in line is not held up");
    const rung = await queue.doorbells();
    await queue.finish(taken.attemptId);
    assert.equal(await queue.claim(worker), undefined);
    await queue.finish(running.attemptId);
    assert.equal(await queue.doorbells(), rung + 2);
    assert.equal((await queue.claim(worker))?.jobId, suspect);
  });

  it("has only the worker that runs the fewest make room, and the others go on (R-111)", async () => {
    const queue = await newQueue();
    const [few, many] = [newWorker(), newWorker()];
    await queue.addMany(3);
    const last = (await queue.claim(few))!;
    for (let i = 0; i < 2; i++) assert.ok(await queue.claim(many));
    const suspect = await queue.addSuspect();
    for (const worker of [few, many]) await queue.claim(worker);
    const next = await queue.add();
    assert.equal(await queue.claim(few), undefined);
    assert.equal((await queue.claim(many))?.jobId, next);
    assert.equal(await queue.claim(many), undefined);
    assert.equal(await queue.waits(many), true, "the suspect job is for another worker");
    await queue.finish(last.attemptId);
    assert.equal((await queue.claim(few))?.jobId, suspect);
    assert.equal(await queue.waits(many), false, "nothing is ready");
  });

  it("does not wait for a worker that takes no jobs to make room (R-111, R-132)", async () => {
    const queue = await newQueue();
    const [unwell, busy] = [newWorker(), newWorker()];
    await queue.add();
    const running = (await queue.claim(busy))!;
    const suspect = await queue.addSuspect();
    await queue.add();
    await queue.see(unwell, "The disk of the worker is full.");
    assert.equal(await queue.claim(busy), undefined);
    await queue.finish(running.attemptId);
    assert.equal((await queue.claim(busy))?.jobId, suspect);
  });

  it("runs alone however many claims of its worker are answered at once", async () => {
    for (let round = 0; round < 5; round++) {
      const queue = await newQueue();
      const worker = newWorker();
      const suspect = await queue.addSuspect();
      const others = await queue.addMany(8);
      const claims = await Promise.all(Array.from({ length: 9 }, () => queue.claim(worker)));
      const jobs = claims.flatMap((claimed) => claimed?.jobId ?? []);
      assert.deepEqual(jobs, [suspect]);
      assert.equal(others.length, 8);
    }
  });

  it("runs like others where steps outlive their worker", async () => {
    const queue = await newQueue();
    const worker = newWorker(true);
    await queue.add();
    assert.ok(await queue.claim(worker));
    const suspect = await queue.addSuspect();
    assert.equal((await queue.claim(worker))?.jobId, suspect);
    await queue.add();
    assert.ok(await queue.claim(worker));
    assert.equal(await queue.waits(worker), false);
  });
});
