import assert from "node:assert/strict";
import { jobOwners } from "../../../lambdas/functions/job-owners.ts";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { claimJob } from "../../../lambdas/jobs/db/claims.ts";
import { createJobs } from "../../../lambdas/jobs/db/jobs.ts";
import { abandonedAttempts, launchesOf } from "../../../lambdas/jobs/db/launches.ts";
import { requestCancel } from "../../../lambdas/jobs/db/stop-jobs.ts";
import { compileSubmission, defaultLimits } from "../../../lambdas/competitions/rules/compile-submission.ts";
import type { AttemptReport, Manifest, WorkerIdentity } from "../../../contract/job.ts";
import { handler as taskStopped } from "../../../lambdas/functions/events/ecs-task-stopped.ts";
import {
  claim,
  complete,
  heartbeat,
  recordLaunch,
  registerWorker,
  renewManifest,
} from "../../../lambdas/jobs/service/attempts.ts";
import { sweep } from "../../../lambdas/functions/sweep.ts";
import { expireLeases } from "../../support/leases.ts";
import { startTestPlatform } from "../../support/platform.ts";
import type { TestPlatform } from "../../support/platform.ts";

const worker = (launcher: string, id = randomUUID()): WorkerIdentity => ({
  id,
  instance: randomUUID(),
  host: "host",
  launcher,
  capabilities: { outlivesWorker: launcher === "ecs" },
  slots: 1,
  version: "1",
});
const released: AttemptReport = { outcome: "released", failure: null, steps: [] };

describe("attempts whose steps are tasks of a cluster", () => {
  let platform: TestPlatform;
  let queueId: string;
  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: null });
  });
  afterAll(() => platform.close());

  /** A queue with one job, claimed by a worker. */
  async function claimed(launcher: string, by = worker(launcher)): Promise<{ jobId: string; manifest: Manifest }> {
    const { db } = platform.inside;
    const name = `benchstack-${randomUUID()}`;
    queueId = (await db.insertInto("queues").values({ name, sqs_name: name }).returning("id").executeTakeFirstOrThrow())
      .id;
    const object = (key: string) => ({ bucket: "uploads" as const, key });
    const spec = compileSubmission({
      submission: object("submission"),
      task: { scoringProgram: object("scoring"), ingestionProgram: null, inputData: null, referenceData: null },
      ingestionOnlyDuringScoring: false,
      image: "image",
      timeLimitSeconds: 60,
      network: "none",
      limits: defaultLimits,
      profiles: { prediction: { name: "gpu", network: false }, scoring: { name: "standard", network: true } },
      detailedResults: false,
    });
    const [jobId = ""] = await db
      .transaction()
      .execute((tx) =>
        createJobs(tx, [
          { queueId, kind: "submission", spec, priority: 0, ownerKey: "user:1", groupKey: "competition:1" },
        ]),
      );
    const manifest = await claim(platform.inside, jobOwners, queueId, by);
    assert.ok(manifest);
    return { jobId, manifest };
  }

  const expireAll = () => expireLeases(platform.inside.db);
  const launch = (number = 1, taskArn: string | null = null) => ({
    step: "prediction" as const,
    number,
    request: { clientToken: `token-${number}` },
    taskArn,
  });

  it("have links for their tasks and the profile of each step; those of other workers have neither links nor launches", async () => {
    const { manifest } = await claimed("ecs");
    assert.deepEqual(
      manifest.job.steps.map(({ profile }) => profile),
      ["gpu", "standard"],
    );
    assert.deepEqual(Object.keys(manifest.tasks?.links ?? {}), ["prediction", "scoring"]);
    assert.match(
      manifest.tasks?.links.scoring?.state ?? "",
      new RegExp(`jobs/${manifest.attempt.id}/scoring/task/state.json`),
    );
    const { upload } = manifest.tasks!.links.prediction!;
    const conditions = Buffer.from(upload.fields.Policy ?? upload.fields.policy ?? "", "base64").toString();
    assert.match(
      conditions,
      new RegExp(`"starts-with","\\$key","jobs/${manifest.attempt.id}/prediction/"`),
      "a task writes only what is its step's",
    );
    assert.equal((await claimed("docker")).manifest.tasks, undefined);
  });

  it("keep the request that came first, whoever asks again", async () => {
    const { manifest } = await claimed("ecs");
    const { id } = manifest.attempt;
    await recordLaunch(platform.inside, queueId, id, launch());
    const again = await recordLaunch(platform.inside, queueId, id, {
      ...launch(),
      request: { clientToken: "another" },
    });
    assert.deepEqual(again, { ...launch(), stopped: null });
    assert.equal((await recordLaunch(platform.inside, queueId, id, launch(1, "arn:1"))).taskArn, "arn:1");
    assert.equal((await recordLaunch(platform.inside, queueId, id, launch(1, "arn:2"))).taskArn, "arn:1");
    assert.equal((await renewManifest(platform.inside, queueId, id)).tasks?.launches.length, 1);
  });

  it("are handed over when their worker is told to stop: the next one goes on with the same attempt", async () => {
    const { manifest } = await claimed("ecs");
    const { id } = manifest.attempt;
    await recordLaunch(platform.inside, queueId, id, launch(1, "arn:1"));
    assert.equal(await complete(platform.inside, jobOwners, queueId, id, released), true);
    assert.equal(
      await claim(platform.inside, jobOwners, queueId, worker("docker")),
      null,
      "a worker of another kind has no use for it",
    );
    const next = await claim(platform.inside, jobOwners, queueId, worker("ecs"));
    assert.deepEqual(next?.attempt, manifest.attempt);
    assert.deepEqual(next.tasks?.launches, [{ ...launch(1, "arn:1"), stopped: null }]);
    await heartbeat(platform.inside, jobOwners, queueId, id, [{ step: "prediction", stage: "running" }]);
  });

  it("are handed over when their worker goes silent, or comes back as another life of itself", async () => {
    const by = worker("ecs");
    const { manifest } = await claimed("ecs", by);
    await expireAll();
    await sweep(platform.inside, jobOwners);
    assert.equal((await claim(platform.inside, jobOwners, queueId, by))?.attempt.id, manifest.attempt.id);
    assert.equal(await registerWorker(platform.inside, jobOwners, queueId, { ...by, instance: randomUUID() }), 1);
    assert.equal((await claim(platform.inside, jobOwners, queueId, worker("ecs")))?.attempt.id, manifest.attempt.id);
  });

  it("end for good when they have ended twenty workers", async () => {
    const { jobId, manifest } = await claimed("ecs");
    const attempts = new Set([manifest.attempt.id]);
    for (let lives = 0; lives < 20; lives++) {
      await complete(platform.inside, jobOwners, queueId, manifest.attempt.id, released);
      attempts.add((await claim(platform.inside, jobOwners, queueId, worker("ecs")))?.attempt.id ?? "none");
    }
    assert.equal(attempts.size, 1);
    await expireAll();
    await sweep(platform.inside, jobOwners);
    const next = await claim(platform.inside, jobOwners, queueId, worker("ecs"));
    assert.equal(next?.attempt.jobId, jobId);
    assert.equal(next.attempt.number, 2);
  });

  it("fail for good when there was no capacity, which their worker has waited for", async () => {
    const { jobId, manifest } = await claimed("ecs");
    const failure = { code: "NO_CAPACITY" as const, message: "There was none.", step: "prediction" as const };
    await complete(platform.inside, jobOwners, queueId, manifest.attempt.id, { outcome: "failed", failure, steps: [] });
    const job = await platform.inside.db
      .selectFrom("jobs")
      .select(["state", "failure"])
      .where("id", "=", jobId)
      .executeTakeFirst();
    assert.deepEqual(job, { state: "failed", failure });
  });

  it("know why a task stopped from the cluster's event, and keep what came first", async () => {
    const { manifest } = await claimed("ecs");
    const { id } = manifest.attempt;
    await recordLaunch(platform.inside, queueId, id, launch());
    const event = (detail: object) =>
      ({
        detail: { taskArn: "arn:1", lastStatus: "STOPPED", startedBy: `${id}/prediction/1`, ...detail },
      }) as unknown as Parameters<typeof taskStopped>[0];
    await taskStopped(event({ lastStatus: "RUNNING" }));
    assert.equal((await launchesOf(platform.inside.db, id))[0]?.stopped, null);
    await taskStopped(
      event({
        stopCode: "SpotInterruption",
        stoppedReason: "Your Spot Task was interrupted.",
        containers: [{ name: "program", exitCode: 137, reason: "OutOfMemoryError" }, { name: "supervise" }],
      }),
    );
    await taskStopped(event({ stopCode: "UserInitiated", stoppedReason: "later" }));
    const [kept] = await launchesOf(platform.inside.db, id);
    assert.equal(kept?.taskArn, "arn:1");
    assert.deepEqual(kept.stopped, {
      code: "SpotInterruption",
      reason: "Your Spot Task was interrupted.",
      containers: [
        { name: "program", exitCode: 137, reason: "OutOfMemoryError" },
        { name: "supervise", exitCode: null, reason: null },
      ],
    });
  });

  it("take no event of a task that is nobody's, or that another service started", async () => {
    for (const startedBy of [`${randomUUID()}/prediction/1`, "ecs-svc/123", undefined]) {
      await taskStopped({ detail: { taskArn: "arn:9", lastStatus: "STOPPED", startedBy } } as unknown as Parameters<
        typeof taskStopped
      >[0]);
    }
    assert.deepEqual(
      await platform.inside.db.selectFrom("launches").select("number").where("task_arn", "=", "arn:9").execute(),
      [],
    );
  });

  it("refuse launches and signatures once their job is someone else's", async () => {
    const { manifest } = await claimed("ecs");
    const { id } = manifest.attempt;
    await platform.inside.db
      .updateTable("jobs")
      .set({ attempt_id: randomUUID() })
      .where("attempt_id", "=", id)
      .execute();
    await assert.rejects(recordLaunch(platform.inside, queueId, id, launch()), { code: "ATTEMPT_SUPERSEDED" });
    await assert.rejects(renewManifest(platform.inside, queueId, id), { code: "ATTEMPT_SUPERSEDED" });
  });

  it("are abandoned when they are over or cancelled, and not while they wait for their next worker", async () => {
    const { db } = platform.inside;
    const first = await claimed("ecs");
    const ofFirst = queueId;
    const { manifest, jobId } = await claimed("ecs");
    const { id } = manifest.attempt;
    const stranger = randomUUID();
    assert.deepEqual(await abandonedAttempts(db, queueId, [id, stranger]), [stranger]);
    await complete(platform.inside, jobOwners, queueId, id, released);
    assert.deepEqual(await abandonedAttempts(db, queueId, [id]), []);
    await db.transaction().execute((tx) => requestCancel(tx, [jobId]));
    assert.deepEqual(await abandonedAttempts(db, queueId, [id]), [id]);
    await db.transaction().execute((tx) => requestCancel(tx, [first.jobId]));
    await complete(platform.inside, jobOwners, ofFirst, first.manifest.attempt.id, {
      outcome: "cancelled",
      failure: null,
      steps: [],
    });
    assert.deepEqual(await abandonedAttempts(db, ofFirst, [first.manifest.attempt.id]), [first.manifest.attempt.id]);
    assert.deepEqual(await abandonedAttempts(db, queueId, [first.manifest.attempt.id]), [], "another queue's");
    assert.equal(
      await db.transaction().execute((tx) => claimJob(tx, queueId, worker("ecs"), ["submission"], 45)),
      undefined,
    );
  });
});
