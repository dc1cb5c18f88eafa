import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { DeleteQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { onEveryStep } from "../../../lambdas/competitions/rules/run-steps.ts";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import { startFauxqs } from "fauxqs";
import { migrate } from "../../../lambdas/kernel/db/connection.ts";
import { createJobs } from "../../../lambdas/jobs/db/jobs.ts";
import { ensureDefaultQueue } from "../../../lambdas/jobs/db/workers.ts";
import { workersFor } from "../../../lambdas/jobs/rules/scaling.ts";
import { handler as scaler } from "../../../lambdas/functions/events/scaler.ts";
import { handler as sweeper } from "../../../lambdas/functions/events/sweeper.ts";
import { currentContext } from "../../../lambdas/functions/context.ts";
import { closeContexts } from "../../../lambdas/functions/worker-context.ts";
import { transact } from "../../../lambdas/kernel/context.ts";
import { haveStoreInspected, offer } from "../../support/below-the-api.ts";
import { startAwsJson } from "../../support/aws-json.ts";
import { insideEnvironment } from "../../support/environment.ts";
import { testDatabase } from "../../support/postgres.ts";

const database = await testDatabase();
const queues = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false, defaultRegion: "us-east-1" });
for (const name of ["control", "scaling", "default"]) queues.createQueue(name, { region: "us-east-1" });
const ecs = await startAwsJson(() => ({}));
const profile = (users: string[] | null) => ({
  cpu: 1024,
  memoryMiB: 4096,
  diskGiB: 21,
  gpus: 0,
  network: true,
  users,
});
const prefix = `http://127.0.0.1:${queues.port}/000000000000/`;

beforeAll(async () => {
  Object.assign(process.env, {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "key",
    AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${queues.port}`,
    AWS_ENDPOINT_URL_ECS: ecs.url,
    DATABASE_MAX_CONNECTIONS: "8",
    ...insideEnvironment({
      DATABASE_URL: database.url,
      QUEUE_URL_PREFIX: prefix,
      SCALING_QUEUE: "scaling",
    }),
    ECS_CLUSTER: "cluster",
    ECS_SERVICE: "workers",
    WORKER_SLOTS: "2",
    WORKERS_MAX: "3",
    POWERTOOLS_LOG_LEVEL: "WARN",
  });
  await migrate(currentContext().db);
  await offer(currentContext(), { standard: profile(null), gpu: profile(["ada"]) });
  await haveStoreInspected(currentContext());
});
beforeEach(() => void (ecs.calls.length = 0));
afterAll(async () => {
  await closeContexts();
  await queues.stop();
  await ecs.close();
  await database.drop();
});

/** What came into the scaler's queue, as Lambda would hand it over. */
async function received(): Promise<SQSEvent> {
  const { Messages = [] } = await new SQSClient({}).send(
    new ReceiveMessageCommand({
      QueueUrl: `${prefix}scaling`,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ["SentTimestamp"],
    }),
  );
  return event(
    ...Messages.map(({ Body, Attributes }) => ({ body: Body!, sent: Number(Attributes!["SentTimestamp"]) })),
  );
}

const event = (...messages: { body: string; sent: number }[]): SQSEvent => ({
  Records: messages.map(
    ({ body, sent }, index) =>
      ({ messageId: `m${index}`, body, attributes: { SentTimestamp: String(sent) } }) as SQSRecord,
  ),
});
/** How many open jobs the scaler was told of meanwhile, in the order of sending. */
const told = async (): Promise<number[]> =>
  (await received()).Records.sort(
    (a, b) => Number(a.attributes.SentTimestamp) - Number(b.attributes.SentTimestamp),
  ).map(({ body }) => (JSON.parse(body) as { openJobs: number }).openJobs);
const scale = (openJobs: number) => JSON.stringify({ type: "scale", openJobs });
const desired = (): Record<string, unknown>[] => ecs.calls.map(({ operation, body }) => ({ operation, ...body }));

it("a queue that is made at run time refuses whoever comes without TLS", async () => {
  await currentContext().queues.create("queue-1");
  // The same again is fine.
  await currentContext().queues.create("queue-1");
  const { Attributes = {} } = await new SQSClient({}).send(
    new GetQueueAttributesCommand({ QueueUrl: `${prefix}queue-1`, AttributeNames: ["Policy", "QueueArn"] }),
  );
  const { Statement } = JSON.parse(Attributes["Policy"]!) as { Statement: Record<string, unknown>[] };
  assert.deepEqual(Statement, [
    {
      Effect: "Deny",
      Principal: { AWS: "*" },
      Action: "sqs:*",
      Resource: Attributes["QueueArn"],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ]);
});

describe("a sweep in which something fails", () => {
  const waiting = async (queueName: string) => {
    const { db } = currentContext();
    const rows = await db
      .selectFrom("outbox")
      .select("id")
      .where("queue_name", "=", queueName)
      .where("sent_when", "is", null)
      .execute();
    return rows.length;
  };
  const promise = (...queueNames: string[]) =>
    currentContext()
      .db.insertInto("outbox")
      .values(queueNames.map((queue_name) => ({ queue_name, body: "{}", created_when: new Date(Date.now() - 60_000) })))
      .execute();

  it("sends everybody else's messages when a queue is gone, whose doorbells nobody would hear", async () => {
    await promise("gone", "default", "gone");
    await sweeper();
    assert.deepEqual([await waiting("gone"), await waiting("default")], [0, 0]);
    assert.equal((await received()).Records.length, 1);
  });

  it("does the other parts, then fails so that somebody is told; what the platform asked of itself is not lost", async () => {
    await new SQSClient({}).send(new DeleteQueueCommand({ QueueUrl: `${prefix}control` }));
    await promise("control", "default");
    await assert.rejects(sweeper(), /messages could not be sent: .*queue does not exist/i);
    assert.deepEqual([await waiting("control"), await waiting("default")], [1, 0]);
    assert.equal((await received()).Records.length, 1, "the scaler is told");
    queues.createQueue("control", { region: "us-east-1" });
    await sweeper();
    assert.equal(await waiting("control"), 0);
    await received();
  });
});

describe("the number of workers", () => {
  it("is none without a job, one for as many as it has slots, and never above the limit", () => {
    const limits = { slots: 2, max: 3 };
    assert.deepEqual(
      [0, 1, 2, 3, 6, 7, 1000].map((jobs) => workersFor(jobs, limits)),
      [0, 1, 1, 2, 3, 3, 3],
    );
  });

  it("follows the open jobs of queues that the platform serves, from the sweeper to the service", async () => {
    await sweeper();
    assert.deepEqual(await scaler(await received()), { batchItemFailures: [] });
    assert.deepEqual(desired(), [
      { operation: "UpdateService", cluster: "cluster", service: "workers", desiredCount: 0 },
    ]);

    const { db } = currentContext();
    const { id } = await ensureDefaultQueue(db, "default", onEveryStep("standard"));
    const spec = { steps: [] } as never;
    await db.transaction().execute((tx) =>
      createJobs(
        tx,
        [1, 2, 3].map((n) => ({ queueId: id, kind: "submission", spec, priority: 0, ownerKey: `${n}`, groupKey: "1" })),
      ),
    );
    const counted = async () => {
      await sweeper();
      await scaler(await received());
      return desired().at(-1)?.["desiredCount"];
    };
    assert.equal(await counted(), 2);
    const owner = { username: "bob", email: "bob@example.org", password_hash: null };
    const { id: owner_id } = await db.insertInto("users").values(owner).returning("id").executeTakeFirstOrThrow();
    const add = async (sqs_name: string, profile: string | null, max_running: number | null = null) => {
      const values = {
        name: sqs_name,
        sqs_name,
        owner_id,
        step_profiles: profile && JSON.stringify(onEveryStep(profile)),
        max_running,
      };
      const other = await db.insertInto("queues").values(values).returning("id").executeTakeFirstOrThrow();
      queues.createQueue(sqs_name, { region: "us-east-1" });
      const job = { queueId: other.id, kind: "submission", spec, priority: 0, ownerKey: "1", groupKey: "1" };
      await db.transaction().execute((tx) => createJobs(tx, [job, job, job]));
    };
    await add("of-its-owner", null);
    assert.equal(await counted(), 2, "its workers are not ours to start");
    await add("barred", "gpu");
    assert.equal(await counted(), 2, "its owner may not use the profile");
    await add("of-the-platform", "standard", 1);
    assert.equal(await counted(), 2, "of three one may run at a time, which makes four");
    await db.updateTable("queues").set({ max_running: null }).where("sqs_name", "=", "of-the-platform").execute();
    assert.equal(await counted(), 3);
  });

  describe("when none runs", () => {
    let ours: string;
    let theirs: string;
    beforeAll(async () => {
      const { db } = currentContext();
      ({ id: ours } = await ensureDefaultQueue(db, "default", onEveryStep("standard")));
      ({ id: theirs } = await db
        .selectFrom("queues")
        .select("id")
        .where("sqs_name", "=", "of-its-owner")
        .executeTakeFirstOrThrow());
    });
    beforeEach(async () => {
      await currentContext().db.updateTable("jobs").set({ state: "cancelled" }).execute();
      await sweeper();
      await received();
    });
    const submit = (queueId: string, count = 1) => {
      const job = {
        queueId,
        kind: "submission",
        spec: { steps: [] } as never,
        priority: 0,
        ownerKey: "1",
        groupKey: "1",
      };
      return transact(currentContext(), (tx) =>
        createJobs(
          tx,
          Array.from({ length: count }, () => job),
        ),
      );
    };

    it("is told with a job's doorbell, without the sweeper", async () => {
      await submit(ours, 3);
      await scaler(await received());
      assert.deepEqual(
        desired().map(({ desiredCount }) => desiredCount),
        [2],
      );
    });

    it("is told once for a burst of submissions, of which the sweeper then tells all", async () => {
      await Promise.all(Array.from({ length: 30 }, () => submit(ours)));
      const [first, ...more] = await told();
      assert.ok(first! >= 1 && first! <= 30, `${first}`);
      assert.deepEqual(more, []);
      await sweeper();
      assert.deepEqual(await told(), [30]);
    });

    it("is not told of a job that the platform's workers do not run", async () => {
      await submit(theirs);
      assert.deepEqual(await told(), []);
    });

    it("is told of one for ten minutes after the last job that one of the platform's workers ran (R-165)", async () => {
      const { db } = currentContext();
      const toldAfterEnd = async (minutes: number, outlives_worker = true) => {
        await db.deleteFrom("attempts").execute();
        const [job_id] = await submit(ours);
        const attempt = {
          job_id: job_id!,
          number: 1,
          worker_id: "w",
          worker_instance: "i",
          host: "h",
          launcher: "ecs",
        };
        const { id } = await db
          .insertInto("attempts")
          .values({ id: randomUUID(), ...attempt, outlives_worker })
          .returning("id")
          .executeTakeFirstOrThrow();
        const finished_when = new Date(Date.now() - minutes * 60_000);
        const ended = { state: "succeeded" as const, attempt_id: id, finished_when };
        await db.updateTable("jobs").set(ended).where("id", "=", job_id!).execute();
        await received();
        await sweeper();
        return told();
      };
      assert.deepEqual(await toldAfterEnd(9), [1]);
      assert.deepEqual(await toldAfterEnd(9, false), [0], "its owner's machine ran it");
      assert.deepEqual(await toldAfterEnd(11), [0]);
      await db.deleteFrom("attempts").execute();
    });

    it("is told last what was counted last, when the sweeper counts at the same time", async () => {
      for (let turn = 0; turn < 10; turn++) {
        await currentContext().db.updateTable("jobs").set({ state: "cancelled" }).execute();
        await sweeper();
        await received();
        await Promise.all([sweeper(), submit(ours)]);
        assert.equal((await told()).at(-1), 1);
      }
    });
  });

  it("is that of the newest count when several come at once, in any order", async () => {
    await scaler(event({ body: scale(2), sent: 2000 }, { body: scale(5), sent: 3000 }, { body: scale(0), sent: 1000 }));
    assert.deepEqual(
      desired().map(({ desiredCount }) => desiredCount),
      [3],
    );
  });

  it("is left alone by a message that is none, which goes back", async () => {
    assert.deepEqual(await scaler(event({ body: '{"type":"scale","openJobs":-1}', sent: 1 })), {
      batchItemFailures: [{ itemIdentifier: "m0" }],
    });
    assert.deepEqual(desired(), []);
  });
});
