import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { execFile } from "node:child_process";
import { afterAll, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { promisify } from "node:util";
import { startFauxqs } from "fauxqs";
import { sql } from "kysely";
import { onEveryStep } from "../../../lambdas/competitions/rules/run-steps.ts";
import { waitingForCapacity } from "../../../contract/job.ts";
import { migrate, openDatabase } from "../../../lambdas/kernel/db/connection.ts";
import { createJobs } from "../../../lambdas/jobs/db/jobs.ts";
import { ensureDefaultQueue } from "../../../lambdas/jobs/db/workers.ts";
import { haveStoreInspected, offer } from "../../support/below-the-api.ts";
import { insideEnvironment } from "../../support/environment.ts";
import { testDatabase } from "../../support/postgres.ts";

const execute = promisify(execFile);
const database = await testDatabase();
const db = openDatabase({ connectionString: database.url, maxConnections: 2 });
const queues = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false, defaultRegion: "us-east-1" });
for (const name of ["control", "default", "made-at-run-time"]) queues.createQueue(name, { region: "us-east-1" });
const environment = {
  ...process.env,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "id",
  AWS_SECRET_ACCESS_KEY: "key",
  AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${queues.port}`,
  ...insideEnvironment({
    DATABASE_URL: database.url,
    QUEUE_URL_PREFIX: `http://127.0.0.1:${queues.port}/000000000000/`,
  }),
};

interface Told {
  _aws: {
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[];
  };
  [field: string]: unknown;
}

/** What the sweeper's log has for CloudWatch, of a process of its own as in Lambda. */
async function told(more: Record<string, string> = { METRICS_NAMESPACE: "Bench" }): Promise<Told[]> {
  const run =
    'const { handler } = await import("./lambdas/functions/events/sweeper.ts"); await handler(); process.exit();';
  const { stdout } = await execute(process.execPath, ["--input-type=module", "--eval", run], {
    env: { ...environment, ...more },
  });
  return stdout.split("\n").flatMap((line) => (line.includes('"_aws"') ? (JSON.parse(line) as Told) : []));
}

/** The same as a metric's dimension and values, of a time its full hundreds of seconds. */
const values = (all: Told[]) =>
  all.map(({ _aws, service, ...rest }) => {
    assert.equal(service, "benchstack");
    const [{ Namespace, Dimensions, Metrics }] = _aws.CloudWatchMetrics as [Told["_aws"]["CloudWatchMetrics"][0]];
    assert.equal(Namespace, "Bench");
    assert.deepEqual(Dimensions, ["Queue" in rest ? ["service", "Queue"] : ["service"]]);
    assert.deepEqual(
      Metrics.map(({ Name }) => Name).sort(),
      Object.keys(rest)
        .filter((name) => name !== "Queue")
        .sort(),
    );
    return {
      ...rest,
      ...("OldestReadyJob" in rest ? { OldestReadyJob: Math.floor((rest.OldestReadyJob as number) / 100) * 100 } : {}),
    };
  });

describe("metrics of queues", () => {
  let ours: string;
  let theirs: string;
  beforeAll(async () => {
    await migrate(db);
    await haveStoreInspected({ db });
    const standard = { cpu: 1024, memoryMiB: 4096, diskGiB: 21, gpus: 0, network: true, users: null };
    await offer({ db }, { standard });
    ({ id: ours } = await ensureDefaultQueue(db, "default", onEveryStep("standard")));
    const owner = { username: "bob", email: "bob@example.org", password_hash: null };
    const { id: owner_id } = await db.insertInto("users").values(owner).returning("id").executeTakeFirstOrThrow();
    const queue = {
      name: "made at run time",
      sqs_name: "made-at-run-time",
      owner_id,
    };
    ({ id: theirs } = await db.insertInto("queues").values(queue).returning("id").executeTakeFirstOrThrow());
  });
  beforeEach(() => db.deleteFrom("jobs").execute());
  afterAll(async () => {
    await db.destroy();
    await queues.stop();
    await database.drop();
  });

  const jobs = async (queueId: string, count: number): Promise<string[]> => {
    const job = { queueId, kind: "submission", spec: { steps: [] }, priority: 0, ownerKey: "1", groupKey: "1" };
    return db.transaction().execute((tx) =>
      createJobs(
        tx,
        Array.from({ length: count }, () => job),
      ),
    );
  };
  const change = (id: string, set: { ready_when?: number; quarantined_when?: number }) => {
    const ago = (seconds: number) => sql<Date>`now() - make_interval(secs => ${seconds})`;
    return db
      .updateTable("jobs")
      .set(
        set.ready_when === undefined
          ? { state: "failed", quarantined_when: ago(set.quarantined_when!) }
          : { ready_when: ago(set.ready_when) },
      )
      .where("id", "=", id)
      .execute();
  };

  it("are depth and age of every queue with jobs, those made at run time too, and the longest wait for the platform's workers", async () => {
    const [first, pausing] = await jobs(ours, 3);
    await change(first!, { ready_when: 1000 });
    await change(pausing!, { ready_when: -1000 });
    const [alone] = await jobs(theirs, 1);
    await change(alone!, { ready_when: 5000 });
    assert.deepEqual(values(await told()), [
      { Queue: "default", ReadyJobs: 2, OldestReadyJob: 1000, QuarantinedJobs: 0 },
      { Queue: "made-at-run-time", ReadyJobs: 1, OldestReadyJob: 5000, QuarantinedJobs: 0 },
      { OldestReadyJob: 1000, QuarantinedJobs: 0 },
    ]);
  });

  it("are jobs whose step gets no capacity, while there are any", async () => {
    const [lacking, running] = await jobs(theirs, 2);
    for (const [id, waiting] of [
      [lacking!, `${waitingForCapacity}: GPU`],
      [running!, "importing image"],
    ] as const) {
      const attempt = { id: randomUUID(), job_id: id, number: 1, worker_id: "w", worker_instance: "i", host: "h" };
      const progress = JSON.stringify({ step: "scoring", stage: "preparing", waiting });
      await db
        .insertInto("attempts")
        .values({ ...attempt, launcher: "ecs", outlives_worker: true, progress })
        .execute();
      await db
        .updateTable("jobs")
        .set({ state: "leased", attempt_id: attempt.id, lease_until: sql<Date>`now() + interval '1 hour'` })
        .where("id", "=", id)
        .execute();
    }
    const counts = { QuarantinedJobs: 0, JobsWithoutCapacity: 1 };
    assert.deepEqual(values(await told()), [
      { Queue: "made-at-run-time", ReadyJobs: 0, OldestReadyJob: 0, ...counts },
      { ...counts, OldestReadyJob: 0 },
    ]);
  });

  it("are what was quarantined within a day", async () => {
    const [recent, old] = await jobs(theirs, 2);
    await change(recent!, { quarantined_when: 23 * 3600 });
    await change(old!, { quarantined_when: 25 * 3600 });
    assert.deepEqual(values(await told()), [
      { Queue: "made-at-run-time", ReadyJobs: 0, OldestReadyJob: 0, QuarantinedJobs: 1 },
      { OldestReadyJob: 0, QuarantinedJobs: 1 },
    ]);
  });

  it("are none where nothing is to do, and none where nobody watches", async () => {
    const [old] = await jobs(theirs, 1);
    await change(old!, { quarantined_when: 25 * 3600 });
    assert.deepEqual(await told(), []);
    await jobs(ours, 1);
    assert.deepEqual(await told({}), []);
  });
});
