import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { it } from "@jest/globals";
import { sql } from "kysely";
import { claimJob, type ClaimedJob } from "../../../lambdas/jobs/db/claims.ts";
import {
  attemptsOfEarlierLife,
  closeAttempt,
  createJobs,
  extendLease,
  findAttempt,
  finishJob,
  returnJob,
} from "../../../lambdas/jobs/db/jobs.ts";
import { recordLateReport } from "../../../lambdas/jobs/db/late-reports.ts";
import { removeQueue } from "../../../lambdas/jobs/db/queues.ts";
import { requestCancel } from "../../../lambdas/jobs/db/stop-jobs.ts";
import { ringAgain } from "../../../lambdas/jobs/db/doorbells.ts";
import { forgetWorkers, seeWorker } from "../../../lambdas/jobs/db/workers.ts";
import type { Db } from "../../../lambdas/kernel/db/connection.ts";
import type { JobSpec, WorkerIdentity } from "../../../contract/job.ts";
import { onBothDatabases } from "../../support/databases.ts";

const spec: JobSpec = { steps: [] };
const worker = (id = "worker-1", instance = "life-1"): WorkerIdentity => ({
  id,
  instance,
  host: "host-1",
  launcher: "docker",
  capabilities: { outlivesWorker: false },
  slots: 1,
  version: "1.0.0",
});

async function newQueue(db: Db): Promise<{ id: string; sqsName: string }> {
  const sqsName = `queue-${randomUUID()}`;
  const { id } = await db
    .insertInto("queues")
    .values({ name: "queue", sqs_name: sqsName })
    .returning("id")
    .executeTakeFirstOrThrow();
  return { id, sqsName };
}

const create = (db: Db, queueId: string, owner = "user:1", group = "competition:1", priority = 0) =>
  db
    .transaction()
    .execute(
      async (tx) =>
        (await createJobs(tx, [{ queueId, kind: "test", spec, priority, ownerKey: owner, groupKey: group }]))[0]!,
    );
const claim = (db: Db, queueId: string, by = worker(), leaseSeconds = 45) =>
  db.transaction().execute((tx) => claimJob(tx, queueId, by, ["test"], leaseSeconds));
const finish = (db: Db, attemptId: string) =>
  db.transaction().execute(async (tx) => {
    const finished = await finishJob(tx, attemptId, "succeeded", null);
    await closeAttempt(tx, attemptId, { outcome: "succeeded", failure: null, report: null, cost: null });
    return finished;
  });
const giveBack = (db: Db, attemptId: string, delaySeconds = 0, countsAsAttempt = true) =>
  db.transaction().execute((tx) => returnJob(tx, attemptId, { delaySeconds, countsAsAttempt, becomesSuspect: false }));
const doorbells = async (db: Db, sqsName: string) =>
  Number(
    (
      await db
        .selectFrom("outbox")
        .select((eb) => eb.fn.countAll().as("n"))
        .where("queue_name", "=", sqsName)
        .executeTakeFirstOrThrow()
    ).n,
  );

onBothDatabases("jobs", (engine) => {
  it("creating a job puts one doorbell into the outbox of the same transaction (R-16)", async () => {
    const { db } = await engine();
    const queue = await newQueue(db);
    await assert.rejects(
      db.transaction().execute(async (tx) => {
        await createJobs(tx, [{ queueId: queue.id, kind: "test", spec, priority: 0, ownerKey: "a", groupKey: "b" }]);
        throw new Error("roll back");
      }),
    );
    assert.equal(await doorbells(db, queue.sqsName), 0);
    await create(db, queue.id);
    assert.equal(await doorbells(db, queue.sqsName), 1);
  });

  it("a queue that is removed takes the doorbells with it that were not sent yet, and no other queue's", async () => {
    const { db } = await engine();
    const [gone, other] = [await newQueue(db), await newQueue(db)];
    for (const queue of [gone, other]) await create(db, queue.id);
    await db.transaction().execute((tx) => removeQueue(tx, gone.id));
    assert.deepEqual([await doorbells(db, gone.sqsName), await doorbells(db, other.sqsName)], [0, 1]);
  });

  it("a job is claimed once, however many claim at once", async () => {
    const { db } = await engine();
    const queue = await newQueue(db);
    const jobs = await Promise.all(Array.from({ length: 20 }, () => create(db, queue.id)));
    const claims = await Promise.all(Array.from({ length: 30 }, () => claim(db, queue.id)));
    const claimed = claims.filter((job): job is ClaimedJob => job !== undefined).map((job) => job.jobId);
    // Sessions that meet at the same job skip it, so a claim may come back empty; no job is given out twice.
    assert.equal(new Set(claimed).size, claimed.length);
    let next;
    while ((next = await claim(db, queue.id))) claimed.push(next.jobId);
    assert.deepEqual(claimed.sort(), jobs.sort());
  });

  it("one participant's many jobs delay another's single one by at most one job a slot", async () => {
    const { db } = await engine();
    const queue = await newQueue(db);
    for (let i = 0; i < 50; i++) await create(db, queue.id, "user:busy");
    const first = await claim(db, queue.id);
    const single = await create(db, queue.id, "user:other");
    assert.equal((await claim(db, queue.id))?.jobId, single, "while the busy one's job runs, the other is next");
    await finish(db, first!.attemptId);
    const second = await create(db, queue.id, "user:third");
    const order = [await claim(db, queue.id), await claim(db, queue.id)].map((job) => job?.jobId);
    assert.ok(order.includes(second));
  });

  it("competitions take turns whatever the number of their participants", async () => {
    const { db } = await engine();
    const queue = await newQueue(db);
    for (let i = 0; i < 10; i++) await create(db, queue.id, `user:${i}`, "competition:large");
    const small = await create(db, queue.id, "user:100", "competition:small");
    const claimed = [await claim(db, queue.id), await claim(db, queue.id)].map((job) => job?.jobId);
    assert.ok(claimed.includes(small));
  });

  it("among equals a higher priority goes first, then the older job", async () => {
    const { db } = await engine();
    const queue = await newQueue(db);
    const older = await create(db, queue.id, "user:1");
    const newer = await create(db, queue.id, "user:2");
    const urgent = await create(db, queue.id, "user:3", "competition:1", 10);
    const order = [];
    for (let i = 0; i < 3; i++) {
      const job = await claim(db, queue.id);
      order.push(job!.jobId);
      await finish(db, job!.attemptId);
    }
    assert.deepEqual(order, [urgent, older, newer]);
  });

  it("a queue's jobs are not given to another queue's workers", async () => {
    const { db } = await engine();
    const [queue, other] = [await newQueue(db), await newQueue(db)];
    await create(db, queue.id);
    assert.equal(await claim(db, other.id), undefined);
  });

  it("a heartbeat extends the lease of the current attempt only", async () => {
    const { db } = await engine();
    const queue = await newQueue(db);
    await create(db, queue.id);
    const first = (await claim(db, queue.id))!;
    const extended = await db.transaction().execute((tx) => extendLease(tx, first.attemptId, 100, null));
    assert.ok(extended && extended.leaseUntil.getTime() > Date.now() + 60_000);
    await giveBack(db, first.attemptId);
    const second = (await claim(db, queue.id))!;
    assert.equal(await db.transaction().execute((tx) => extendLease(tx, first.attemptId, 100, null)), undefined);
    assert.ok(await db.transaction().execute((tx) => extendLease(tx, second.attemptId, 100, null)));
  });

  it("only the first final report of the current attempt counts (R-12, R-77)", async () => {
    const { db } = await engine();
    const queue = await newQueue(db);
    await create(db, queue.id);
    const first = (await claim(db, queue.id))!;
    await giveBack(db, first.attemptId);
    const second = (await claim(db, queue.id))!;
    assert.equal(second.attemptNumber, 2);
    assert.equal(await finish(db, first.attemptId), false);
    const results = await Promise.all([finish(db, second.attemptId), finish(db, second.attemptId)]);
    assert.deepEqual(results.sort(), [false, true]);
    assert.equal(await giveBack(db, second.attemptId), false);
    await recordLateReport(db, first.attemptId, "complete", { outcome: "succeeded" });
  });

  it("a job that was given back can be claimed again at once, or after its pause", async () => {
    const { db } = await engine();
    const queue = await newQueue(db);
    await create(db, queue.id);
    const first = (await claim(db, queue.id))!;
    const rings = await doorbells(db, queue.sqsName);
    await giveBack(db, first.attemptId, 3600);
    assert.equal(await claim(db, queue.id), undefined);
    assert.equal(await doorbells(db, queue.sqsName), rings, "nobody is called before the pause is over");
    await db
      .updateTable("jobs")
      .set({ ready_when: sql<Date>`now()` })
      .where("id", "=", first.jobId)
      .execute();
    assert.ok(await claim(db, queue.id));
  });

  it("a released attempt does not count as a try", async () => {
    const { db } = await engine();
    const queue = await newQueue(db);
    await create(db, queue.id);
    await giveBack(db, (await claim(db, queue.id))!.attemptId, 0, false);
    const second = (await claim(db, queue.id))!;
    assert.equal((await findAttempt(db, second.attemptId))?.releasedAttempts, 1);
  });

  it("a restarted worker finds the attempts of its earlier life", async () => {
    const { db } = await engine();
    const queue = await newQueue(db);
    await create(db, queue.id);
    await create(db, queue.id);
    const own = (await claim(db, queue.id, worker("worker-a", "life-1")))!;
    await claim(db, queue.id, worker("worker-b", "life-1"));
    assert.deepEqual(await attemptsOfEarlierLife(db, queue.id, worker("worker-a", "life-2")), [own.attemptId]);
    assert.deepEqual(await attemptsOfEarlierLife(db, queue.id, worker("worker-a", "life-1")), []);
  });

  it("workers are forgotten after a month, except the last of a queue, and beyond a number at once (R-113)", async () => {
    const { db } = await engine();
    const [quiet, crowded] = [await newQueue(db), await newQueue(db)];
    const see = (queueId: string, count: number, days: number) =>
      sql`
        insert into workers (id, queue_id, instance, host, launcher, slots, version, last_seen)
        select gen_random_uuid(), ${queueId}, 'i', 'h', 'docker', 1, '1', now() - make_interval(days => ${days}, mins => n)
        from generate_series(1, ${count}::int) as n`.execute(db);
    await see(quiet.id, 3, 31);
    await see(crowded.id, 2003, 0);
    await see(crowded.id, 2, 31);
    await forgetWorkers(db);
    const known = async ({ id }: { id: string }) =>
      (await db.selectFrom("workers").select("id").where("queue_id", "=", id).execute()).length;
    assert.deepEqual([await known(quiet), await known(crowded)], [1, 2000]);
  });

  it("cancelling stops a waiting job at once and tells the attempt of a running one", async () => {
    const { db } = await engine();
    const queue = await newQueue(db);
    const cancel = (id: string) => db.transaction().execute(async (tx) => (await requestCancel(tx, [id])).get(id));
    const waiting = await create(db, queue.id);
    assert.equal(await cancel(waiting), "cancelled");
    assert.equal(await claim(db, queue.id), undefined);
    const running = await create(db, queue.id);
    const attempt = (await claim(db, queue.id))!;
    assert.equal(await cancel(running), "requested");
    const beat = await db.transaction().execute((tx) => extendLease(tx, attempt.attemptId, 45, null));
    assert.equal(beat?.cancelRequested, true);
    await finish(db, attempt.attemptId);
    assert.equal(await cancel(running), "over");
  });

  it("a ready job whose doorbell was lost is rung for again, once a while (R-16)", async () => {
    const { db } = await engine();
    const queue = await newQueue(db);
    const id = await create(db, queue.id);
    const before = await doorbells(db, queue.sqsName);
    await db
      .updateTable("jobs")
      .set({ rung_when: sql<Date>`now() - interval '2 minutes'` })
      .where("id", "=", id)
      .execute();
    await ringAgain(db, 60);
    assert.equal(await doorbells(db, queue.sqsName), before, "no worker would hear it");
    await seeWorker(db, [queue.id], worker(randomUUID()), null);
    await ringAgain(db, 60);
    await ringAgain(db, 60);
    assert.equal(await doorbells(db, queue.sqsName), before + 1);
  });
});
