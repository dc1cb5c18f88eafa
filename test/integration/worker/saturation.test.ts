/** Workers with more work than slots, and with work for which there is no place. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, it } from "@jest/globals";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { JobSpec } from "../../../contract/job.ts";
import { onEveryStep } from "../../../lambdas/competitions/rules/run-steps.ts";
import { waitingForCapacity } from "../../../contract/job.ts";
import { createJobs } from "../../../lambdas/jobs/db/jobs.ts";
import { setPlatformToken } from "../../../lambdas/jobs/db/workers.ts";
import { byKind, type JobOwner } from "../../../lambdas/jobs/service/job-owner.ts";
import { transact } from "../../../lambdas/kernel/context.ts";
import { newToken } from "../../../lambdas/kernel/secrets.ts";
import { WorkerApi } from "../../../worker-image/api-client.ts";
import { DoorbellQueue, type Doorbell } from "../../../worker-image/doorbell.ts";
import { jsonLog } from "../../../worker-image/log.ts";
import { ownAccess } from "../../../worker-image/queue-access.ts";
import { Worker } from "../../../worker-image/worker.ts";
import { offer } from "../../support/below-the-api.ts";
import { startTestPlatform, type TestPlatform } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { startWorkerApi, testJob, testJobs } from "../jobs/test-kind.ts";
import { HeldSteps } from "./held-steps.ts";

const patienceMs = 120_000;
/** Its jobs succeed without an output. */
const owner: JobOwner = {
  ...testJobs,
  claimed: () => Promise.resolve(),
  progressed: () => Promise.resolve(),
  returned: () => Promise.resolve(),
  judge: () => Promise.resolve({ state: "succeeded", result: null }),
  ended: () => Promise.resolve(true),
};

describe("workers with more work than slots", () => {
  let platform: TestPlatform;
  let api: Awaited<ReturnType<typeof startWorkerApi>>;
  let sqs: SQSClient;
  let token: string;
  let workers: { worker: Worker; ended: Promise<void> }[] = [];
  const lines: string[] = [];
  /** How many doorbells workers received, and gave back unused. */
  const doorbells = { received: 0, returned: 0 };

  class CountedDoorbells extends DoorbellQueue {
    override async receive(count: number, waits: boolean, signal: AbortSignal): Promise<Doorbell[]> {
      const received = await super.receive(count, waits, signal);
      doorbells.received += received.length;
      return received.map((doorbell) => ({
        delete: () => doorbell.delete(),
        returnToQueue: () => {
          doorbells.returned++;
          return doorbell.returnToQueue();
        },
      }));
    }
  }

  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: null });
    const made = newToken("bsw");
    ({ token } = made);
    await setPlatformToken(platform.inside.db, made.hash);
    api = await startWorkerApi(byKind(owner));
    sqs = new SQSClient({});
  });
  afterEach(async () => {
    for (const { worker } of workers) worker.release();
    await Promise.all(workers.map(({ ended }) => ended));
    workers = [];
    for (const table of ["workers", "attempts", "jobs"] as const) await platform.inside.db.deleteFrom(table).execute();
    Object.assign(doorbells, { received: 0, returned: 0 });
  });
  afterAll(async () => {
    await api.close();
    await platform.close();
  });

  /** A queue that the platform serves. SQS takes a message for faulty that was received five times. */
  async function newQueue(profile = "standard"): Promise<{ id: string; deadLetters: string }> {
    const name = `queue-${randomUUID()}`;
    const create = (QueueName: string, Attributes = {}) => sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    const deadLetters = platform.inside.queues.url(`${name}-dead`);
    await create(`${name}-dead`);
    const deadLetterTargetArn = `arn:aws:sqs:us-east-1:000000000000:${name}-dead`;
    await create(name, { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 5 }) });
    const { id } = await platform.inside.db
      .insertInto("queues")
      .values({ name, sqs_name: name, step_profiles: JSON.stringify(onEveryStep(profile)) })
      .returning("id")
      .executeTakeFirstOrThrow();
    return { id, deadLetters };
  }

  const deadLettersOf = async ({ deadLetters }: { deadLetters: string }): Promise<number> => {
    const asked = { QueueUrl: deadLetters, AttributeNames: ["ApproximateNumberOfMessages" as const] };
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand(asked));
    return Number(Attributes!["ApproximateNumberOfMessages"]);
  };

  /** Adds jobs whose steps run on profiles, one after the other. */
  function add(queueId: string, count: number, ...profiles: string[]): Promise<string[]> {
    const object = { bucket: "uploads" as const, key: "none" };
    const [step] = testJob(object, object).steps;
    const spec: JobSpec = { steps: profiles.map((profile, at) => ({ ...step!, name: `step-${at}`, profile })) };
    const job = { queueId, kind: "test", spec, priority: 0, ownerKey: "user:1", groupKey: "test:1" };
    return transact(platform.inside, (tx) =>
      createJobs(
        tx,
        Array.from({ length: count }, () => job),
      ),
    );
  }
  const succeeded = async (jobs: string[]): Promise<number> =>
    (
      await platform.inside.db
        .selectFrom("jobs")
        .select("id")
        .where("id", "in", jobs)
        .where("state", "=", "succeeded")
        .execute()
    ).length;

  async function startWorker(slots: number, run: HeldSteps["run"]): Promise<void> {
    const log = jsonLog((line) => lines.push(line));
    const runner = new HeldSteps(run);
    const identity = {
      id: randomUUID(),
      instance: randomUUID(),
      host: "test-host",
      launcher: runner.kind,
      capabilities: runner.capabilities,
      slots,
      version: "1",
    };
    const client = ownAccess();
    const workerApi = new WorkerApi(api.url, token);
    const { queues } = await workerApi.register(identity);
    const worker = new Worker({
      identity,
      queues,
      doorbellQueue: (url) => new CountedDoorbells(client, url),
      api: workerApi,
      runner,
      home: { workerId: identity.id, cache: "", attempt: (id) => id, removeLeftovers: () => Promise.resolve() },
      queuesIntervalMs: 1_000,
      idleMs: null,
      log,
    });
    workers.push({ worker, ended: worker.run() });
  }

  it("use every doorbell that they receive: of 60 none is taken for faulty (R-160)", async () => {
    const queues = await Promise.all(Array.from({ length: 6 }, () => newQueue()));
    const jobs = (await Promise.all(queues.map(({ id }) => add(id, 10, "standard")))).flat();
    const run = async () => void (await new Promise((resolve) => setTimeout(resolve, 50)));
    await Promise.all([startWorker(2, run), startWorker(2, run)]);
    const dead = async () => (await Promise.all(queues.map(deadLettersOf))).reduce((sum, count) => sum + count);
    await waitFor("all jobs to end", async () => (await dead()) > 0 || (await succeeded(jobs)) === 60, patienceMs);
    assert.deepEqual([await dead(), doorbells.returned], [0, 0], lines.join(""));
  });

  describe("of which some find no place to run", () => {
    const size = { cpu: 1024, memoryMiB: 4096, diskGiB: 21, users: null };
    const profiles = {
      standard: { ...size, gpus: 0, network: true, places: [{ provider: "FARGATE", maxSteps: null }] },
      gpu: { ...size, gpus: 1, network: false, places: [{ provider: "t4", maxSteps: 8 }] },
    };
    for (const waiting of [`${waitingForCapacity}: GPU`, "waiting for a host: one starts"])
      it(`run the others: ten jobs end beside 20 that are ${waiting} (R-161, R-162)`, async () => {
        await offer(platform.inside, profiles);
        const [gpus, others] = [await newQueue("gpu"), await newQueue()];
        const wait = await add(gpus.id, 20, "gpu");
        await startWorker(4, async ({ name, profile }, { onProgress, stop }) => {
          if (profile !== "gpu") return;
          onProgress({ step: name, stage: "preparing", waiting });
          await new Promise((resolve) => stop.addEventListener("abort", resolve));
        });
        const waits = async () =>
          (
            await platform.inside.db
              .selectFrom("attempts")
              .select("id")
              .where("progress", "is not", null)
              .where("job_id", "in", wait)
              .execute()
          ).length;
        await waitFor("jobs to wait for a place", async () => (await waits()) > 0, patienceMs);
        const jobs = await add(others.id, 10, "standard");
        await waitFor("the other jobs to end", async () => (await succeeded(jobs)) === 10, 30_000);
        assert.ok((await waits()) <= 8, "a provider of eight hosts has no more");
      });
  });
});
