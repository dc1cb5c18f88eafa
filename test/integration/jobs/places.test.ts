/** Claims of jobs whose steps run on capacity providers. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { beforeEach, it } from "@jest/globals";
import { sql } from "kysely";
import { nameOfRequest } from "../../../lambdas/jobs/rules/capacity-request.ts";
import { claimJob } from "../../../lambdas/jobs/db/claims.ts";
import { findOpenJob } from "../../../lambdas/jobs/service/open-job.ts";
import { lackingCapacity, noteCapacity } from "../../../lambdas/jobs/db/capacity-providers.ts";
import { ringAgain } from "../../../lambdas/jobs/db/doorbells.ts";
import { createJobs, extendLease, finishJob, handOverJob, returnJob } from "../../../lambdas/jobs/db/jobs.ts";
import { seeWorker } from "../../../lambdas/jobs/db/workers.ts";
import type { Db, Tx } from "../../../lambdas/kernel/db/connection.ts";
import { waitingForCapacity, type JobSpec, type Progress, type WorkerIdentity } from "../../../contract/job.ts";
import { offer } from "../../support/below-the-api.ts";
import { onBothDatabases } from "../../support/databases.ts";
import { testJob } from "./test-kind.ts";

const size = { cpu: 1024, memoryMiB: 4096, diskGiB: 21, users: null };
const cpu = { ...size, gpus: 0, network: true };
const gpu = { ...size, gpus: 1, network: false };
const profiles = {
  standard: { ...cpu, places: [{ provider: "FARGATE", maxSteps: null }] },
  gpu: { ...gpu, places: [{ provider: "t4", maxSteps: 2 }] },
  "gpu-small": { ...gpu, places: [{ provider: "t4", maxSteps: 2 }] },
  "gpu-spot": {
    ...gpu,
    places: [
      { provider: "t4-spot", maxSteps: 2 },
      { provider: "t4", maxSteps: 1 },
    ],
  },
};
const newWorker = (slots = 20, outlivesWorker = true): WorkerIdentity => ({
  id: randomUUID(),
  instance: randomUUID(),
  host: "host-1",
  launcher: "ecs",
  capabilities: { outlivesWorker },
  slots,
  version: "1.0.0",
});
const object = { bucket: "uploads" as const, key: "none" };
const specOf = (...steps: string[]): JobSpec => ({
  steps: steps.map((profile, at) => ({ ...testJob(object, object).steps[0]!, name: `step-${at}`, profile })),
});

onBothDatabases("jobs whose steps need a place", (engine) => {
  let db: Db;
  beforeEach(async () => {
    ({ db } = await engine());
    await db.deleteFrom("attempts").execute();
    await db.deleteFrom("jobs").execute();
    await db.deleteFrom("workers").execute();
    await offer({ db }, profiles);
  });

  async function newQueue(profile: string | null, more: { max_running?: number } = {}) {
    const sqsName = `queue-${randomUUID()}`;
    const { id } = await db
      .insertInto("queues")
      .values({
        name: "queue",
        sqs_name: sqsName,
        step_profiles: profile && JSON.stringify({ first: profile }),
        ...more,
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    return { id, sqsName };
  }
  const inTransaction = <T>(work: (tx: Tx) => Promise<T>) => db.transaction().execute(work);
  const add = (queueId: string, count: number, ...steps: string[]) =>
    inTransaction((tx) =>
      createJobs(
        tx,
        Array.from({ length: count }, () => ({
          ...{ queueId, kind: "test", spec: specOf(...steps), priority: 0 },
          ...{ ownerKey: randomUUID(), groupKey: "group:1" },
        })),
      ),
    );
  const claim = (queueId: string, worker = newWorker()) =>
    inTransaction((tx) => claimJob(tx, queueId, worker, ["test"], 45));
  const claimMany = async (queueId: string, count: number) =>
    (await Promise.all(Array.from({ length: count }, () => claim(queueId)))).flatMap((job) => job ?? []);
  const progress = (attemptId: string, what: Omit<Progress, "stage">) =>
    inTransaction((tx) => extendLease(tx, attemptId, 45, { stage: "preparing", ...what }));
  /** How many doorbells a queue got meanwhile. */
  async function rungBy(queue: { sqsName: string }, work: () => Promise<unknown>): Promise<number> {
    await db.deleteFrom("outbox").execute();
    await work();
    const rows = await db.selectFrom("outbox").select("id").where("queue_name", "=", queue.sqsName).execute();
    return rows.length;
  }
  const reason = async (id: string) => (await findOpenJob(db, [id]))!.noPlace;

  it("are claimed as far as their capacity provider has places, however many claim at once (R-161)", async () => {
    const [large, small, other] = [await newQueue("gpu"), await newQueue("gpu-small"), await newQueue("standard")];
    await add(large.id, 20, "gpu");
    await add(small.id, 5, "gpu-small");
    await add(other.id, 10, "standard");
    const claimed = [...(await claimMany(large.id, 12)), ...(await claimMany(small.id, 5))];
    assert.equal(claimed.length, 2);
    let others = 0;
    while (await claim(other.id)) others++;
    assert.equal(others, 10);
  });

  it("are claimed as far as the hosts suffice that their owner requested (R-174)", async () => {
    const queue = await newQueue("standard");
    const { id } = await db
      .insertInto("capacity_requests")
      .values({
        ...{ queue_id: queue.id, instance_type: "g5.xlarge", hosts: 2, spot: false, monthly_microusd: 1 },
        ...{ profile: JSON.stringify(gpu), state: "ready" },
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    const profile = nameOfRequest(id);
    await db
      .updateTable("queues")
      .set({ step_profiles: JSON.stringify({ first: profile }) })
      .where("id", "=", queue.id)
      .execute();
    await add(queue.id, 5, profile);
    assert.equal((await claimMany(queue.id, 5)).length, 2);
  });

  it("tell what they wait for", async () => {
    const queue = await newQueue("gpu");
    const [first, , last] = await add(queue.id, 3, "gpu");
    assert.equal(await reason(last!), null);
    const claims = await claimMany(queue.id, 3);
    const ready = [first!, last!].find((id) => !claims.some(({ jobId }) => jobId === id)) ?? last!;
    assert.equal(claims.length, 2);
    const waiting =
      (await db.selectFrom("jobs").select("id").where("state", "=", "ready").executeTakeFirst())?.id ?? ready;
    assert.equal(await reason(waiting), "all 2 places of its capacity profile are taken");
    await progress(claims[0]!.attemptId, { step: "step-0", waiting: `${waitingForCapacity}: GPU` });
    assert.equal(await reason(waiting), "waiting for capacity: GPU");
  });

  it("are rung for when a step leaves its place: at the end of its job, and for the next step elsewhere", async () => {
    const queue = await newQueue("gpu");
    await add(queue.id, 5, "gpu", "standard");
    const [first, second] = await claimMany(queue.id, 2);
    assert.equal(await claim(queue.id), undefined);
    assert.equal(await rungBy(queue, () => progress(first!.attemptId, { step: "step-0" })), 0);
    assert.equal(await rungBy(queue, () => progress(first!.attemptId, { step: "step-1" })), 1);
    const third = await claim(queue.id);
    assert.ok(third);
    assert.equal(await claim(queue.id), undefined);
    const end = (attemptId: string) => inTransaction((tx) => finishJob(tx, attemptId, "succeeded", null));
    assert.equal(await rungBy(queue, () => end(first!.attemptId)), 0, "it ran elsewhere");
    assert.equal(await rungBy(queue, () => end(second!.attemptId)), 1);
    const how = { delaySeconds: 60, countsAsAttempt: true, becomesSuspect: false };
    assert.equal(await rungBy(queue, () => inTransaction((tx) => returnJob(tx, third.attemptId, how))), 1);
  });

  it("are not claimed while another waits for their provider in vain, and rung for when it got its place", async () => {
    const queue = await newQueue("standard");
    await add(queue.id, 30, "standard");
    const probe = (await claim(queue.id))!;
    await progress(probe.attemptId, { step: "step-0", waiting: `${waitingForCapacity}: the account's quota` });
    assert.equal(await claim(queue.id), undefined);
    assert.equal(await rungBy(queue, () => progress(probe.attemptId, { step: "step-0" })), 20);
    assert.ok(await claim(queue.id));
  });

  it("go on with the place that they have when they are handed over, and keep it meanwhile", async () => {
    const queue = await newQueue("gpu");
    await add(queue.id, 3, "gpu");
    const [first] = await claimMany(queue.id, 2);
    await inTransaction((tx) => handOverJob(tx, first!.attemptId));
    assert.equal((await claim(queue.id))?.attemptId, first!.attemptId);
    assert.equal(await claim(queue.id), undefined);
  });

  it("count the places of the fallback too", async () => {
    const queue = await newQueue("gpu-spot");
    await add(queue.id, 5, "gpu-spot");
    assert.equal((await claimMany(queue.id, 5)).length, 3);
  });

  it("are claimed by their owner's machines without regard to places", async () => {
    const queue = await newQueue(null);
    await add(queue.id, 5, "gpu");
    assert.equal((await claimMany(queue.id, 5)).length > 0, true);
    while (await claim(queue.id, newWorker(1, false)));
    const left = await db.selectFrom("jobs").select("id").where("state", "=", "ready").execute();
    assert.equal(left.length, 0);
  });

  it("use another capacity provider while theirs lacks capacity, as one of them found; then one tries at a time (R-163)", async () => {
    const name = `t4-${randomUUID()}`;
    const lacking = () => lackingCapacity(db, name);
    const rest = () =>
      db
        .updateTable("capacity_providers")
        .set({ retry_when: sql<Date>`now() - interval '1 second'` })
        .where("name", "=", name)
        .execute();
    const minutesLeft = async () => {
      const { left } = await db
        .selectFrom("capacity_providers")
        .select(sql<number>`round(extract(epoch from retry_when - now()) / 60)::int`.as("left"))
        .where("name", "=", name)
        .executeTakeFirstOrThrow();
      return left;
    };
    assert.equal(await lacking(), null);
    await Promise.all([noteCapacity(db, name, "GPU"), noteCapacity(db, name, "GPU")]);
    assert.deepEqual([await lacking(), await minutesLeft()], ["GPU", 20]);
    await rest();
    assert.deepEqual([await lacking(), await lacking()], [null, "GPU"], "one tries");
    await rest();
    await noteCapacity(db, name, "hosts");
    await rest();
    await noteCapacity(db, name, "hosts");
    assert.deepEqual([await lacking(), await minutesLeft()], ["hosts", 40]);
    await noteCapacity(db, name, null);
    assert.equal(await lacking(), null);
  });

  it("are rung for again as far as workers have free slots and places are free (R-160)", async () => {
    const [queue, large] = [await newQueue("standard", { max_running: 3 }), await newQueue("gpu")];
    await add(queue.id, 20, "standard");
    await add(large.id, 20, "gpu");
    const worker = newWorker(5);
    await seeWorker(db, [queue.id, large.id], worker, null);
    const again = async (of: { sqsName: string }) => {
      await db
        .updateTable("jobs")
        .set({ rung_when: sql<Date>`now() - interval '2 minutes'` })
        .execute();
      return rungBy(of, () => ringAgain(db, 60));
    };
    assert.deepEqual([await again(queue), await again(large)], [3, 2], "as the queue and the provider allow");
    for (let i = 0; i < 3; i++) assert.ok(await claim(queue.id, worker));
    for (let i = 0; i < 2; i++) assert.ok(await claim(large.id, worker));
    await db.updateTable("queues").set({ max_running: null }).execute();
    assert.deepEqual([await again(queue), await again(large)], [0, 0], "no slot is free");
    await sql`update attempts set progress = ${JSON.stringify({ waiting: "waiting for a host: one starts" })}
      where id in (select attempt_id from jobs where queue_id = ${large.id})`.execute(db);
    assert.equal(await again(queue), 2, "who waits for a place needs no slot");
    await seeWorker(db, [queue.id], worker, "The disk of the worker is full.");
    assert.equal(await again(queue), 0);
  });
});
