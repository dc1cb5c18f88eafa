import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { jobOwners } from "../../lambdas/functions/job-owners.ts";
import { sweep } from "../../lambdas/functions/sweep.ts";
import { defaultQueueId } from "../../lambdas/competitions/db/competitions.ts";
import { claimFrom, startWorker } from "../../lambdas/jobs/service/worker-queues.ts";
import type { WorkerIdentity } from "../../contract/job.ts";
import { noteStarted } from "../../lambdas/jobs/db/reachability.ts";
import { setPlatformToken } from "../../lambdas/jobs/db/workers.ts";
import { hashToken } from "../../lambdas/kernel/secrets.ts";
import { startWorkerProcess } from "../../local/worker-process.ts";
import { bundleFiles, python, register, submit, waitToGo } from "../support/competitions.ts";
import { temporaryFolder } from "../support/files.ts";
import { expireLeases, reached } from "../support/leases.ts";
import { letGo, type Person } from "../support/platform.ts";
import { waitFor } from "../support/wait.ts";
import { openLabWithPeople, phaseOf, shownTo, type Lab, type ShownSubmission } from "../integration/support/lab.ts";

type Shown = ShownSubmission & { waiting_for: string | null; failure_code: string | null };

describe("the death of a worker", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  let phaseId: number;
  beforeAll(async () => {
    ({ lab, alice, bob } = await openLabWithPeople());
    phaseId = phaseOf(await lab.competition({}, alice, bob));
  });
  afterAll(() => lab.close());

  const shown = async (person: Person, id: number) => (await shownTo(person, id)) as Shown;
  const send = (person: Person) => submit(person, phaseId, Buffer.from("x"));

  /** A worker of the default queue with three slots, in its first life. */
  async function newWorker() {
    const queue = { id: await defaultQueueId(lab.inside.db), name: "benchstack-default" };
    const actor = { kind: "worker" as const, queue };
    const identity: WorkerIdentity = {
      id: randomUUID(),
      instance: randomUUID(),
      host: "test-host",
      launcher: "docker",
      capabilities: { outlivesWorker: false },
      slots: 3,
      version: "1",
    };
    return {
      claim: () => claimFrom(lab.inside, jobOwners, actor, queue.name, identity),
      /** It dies with all that it runs, and starts again. */
      async restart() {
        identity.instance = randomUUID();
        return (await startWorker(lab.inside, jobOwners, actor, identity)).released;
      },
    };
  }

  const submissionOf = async (jobId: string) =>
    (await lab.inside.db.selectFrom("submissions").select("id").where("job_id", "=", jobId).executeTakeFirstOrThrow())
      .id;

  it("is charged to no neighbour: two submissions that kill their worker end, and an innocent one finishes (R-110)", async () => {
    const hostile = [await send(bob), await send(bob)];
    const innocent = await send(alice);
    const worker = await newWorker();
    for (let i = 0; i < 3; i++) assert.ok((await worker.claim()).manifest);
    assert.equal(await worker.restart(), 3);
    for (const [person, id] of [
      [bob, hostile[0]!],
      [alice, innocent],
    ] as const) {
      const { status, waiting_for } = await shown(person, id);
      assert.equal(status, "Submitted");
      assert.match(waiting_for!, /^\d\w\w in the queue; it runs alone, because a worker died while it ran$/);
    }
    let deaths = 1;
    for (let next = await worker.claim(); next.manifest; next = await worker.claim()) {
      assert.deepEqual(await worker.claim(), { manifest: null, wait: (await waiting()) > 0 });
      if ((await submissionOf(next.manifest.attempt.jobId)) === innocent)
        await lab.finish(next.manifest, { scores: { accuracy: 1 } });
      else {
        assert.equal(await worker.restart(), 1);
        deaths++;
      }
    }
    assert.equal((await shown(alice, innocent)).status, "Finished");
    for (const id of hostile) {
      const { failure_code, status_details } = await shown(bob, id);
      assert.equal(failure_code, "WORKER_LOST");
      assert.match(status_details!, /It was tried 3 times\.$/);
    }
    assert.equal(deaths, 7, "one in company, and three of each that kills");
  });
  const waiting = async () =>
    (await lab.inside.db.selectFrom("jobs").select("id").where("state", "=", "ready").execute()).length;

  it("in company is not charged however often other jobs cause it", async () => {
    const id = await send(alice);
    const worker = await newWorker();
    const first = (await worker.claim()).manifest!;
    await send(bob);
    assert.ok((await worker.claim()).manifest);
    await worker.restart();
    const job = await lab.inside.db
      .selectFrom("jobs")
      .select(["suspect", "attempt_number", "released_attempts"])
      .where("id", "=", first.attempt.jobId)
      .executeTakeFirstOrThrow();
    assert.deepEqual(job, { suspect: true, attempt_number: 1, released_attempts: 1 });
    await lab.runAll({ scores: { accuracy: 1 } });
    assert.equal((await shown(alice, id)).status, "Finished");
  });

  it("together with the platform is not charged the first time, and is when it happens again (R-110)", async () => {
    await send(alice);
    const worker = await newWorker();
    const job = (await worker.claim()).manifest!.attempt.jobId;
    const tries = async () => {
      const { attempt_number, released_attempts, suspect } = await lab.inside.db
        .selectFrom("jobs")
        .select(["attempt_number", "released_attempts", "suspect"])
        .where("id", "=", job)
        .executeTakeFirstOrThrow();
      return [attempt_number - released_attempts, suspect];
    };
    for (const expected of [0, 1]) {
      await noteStarted(lab.inside.db);
      assert.equal(await worker.restart(), 1);
      assert.deepEqual(await tries(), [expected, true]);
      assert.equal((await worker.claim()).manifest?.attempt.jobId, job);
    }
    await worker.restart();
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("is not concluded from silence while the platform was away, and is afterwards (R-112)", async () => {
    const id = await send(alice);
    const worker = await newWorker();
    const { attempt } = (await worker.claim()).manifest!;
    const { db } = lab.inside;
    await expireLeases(db, attempt.jobId);
    await reached(db, { heardSince: 3600, heard: 55, sweptSince: 3600, swept: 55 });
    await sweep(lab.inside, jobOwners);
    assert.equal((await shown(alice, id)).status, "Running");
    await expireLeases(db, attempt.jobId);
    await sweep(lab.inside, jobOwners);
    assert.equal((await shown(alice, id)).status, "Submitted");
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("is not concluded while the worker is heard again in time", async () => {
    const id = await send(alice);
    const manifest = (await lab.claim())!;
    const { db } = lab.inside;
    await expireLeases(db, manifest.attempt.jobId);
    await reached(db, { heardSince: 3600, heard: 55 });
    // The worker is the first to come back, and finishes.
    await lab.finish(manifest, { scores: { accuracy: 1 } });
    await sweep(lab.inside, jobOwners);
    assert.equal((await shown(alice, id)).status, "Finished");
  });

  it("leaves jobs that its next life runs one after the other, with a real worker (R-110)", async () => {
    const folder = await temporaryFolder();
    const { db } = lab.inside;
    const token = `bsw_${randomUUID()}`;
    await setPlatformToken(db, hashToken(token));
    const scoring = `${waitToGo}\nopen("/app/output/scores.json", "w").write('{"accuracy": 1}')`;
    const competition = await lab.newCompetition(lab.organizer, bundleFiles({}, python(scoring, "scoring_program/")));
    await register(competition, alice, bob);
    const ids: number[] = [];
    for (const person of [alice, bob]) ids.push(await submit(person, phaseOf(competition), { "answer.txt": "1" }));
    const worker = await startWorkerProcess(
      {
        BENCHSTACK_API_URL: lab.url,
        BENCHSTACK_WORKER_TOKEN: token,
        BENCHSTACK_WORKER_HOME: join(folder.path, "worker"),
        BENCHSTACK_WORKER_SLOTS: "2",
        BENCHSTACK_LAUNCHER: "sandbox",
      },
      { logs: folder.path },
    );
    const attempts = () =>
      db
        .selectFrom("attempts as a")
        .innerJoin("submissions as s", "s.job_id", "a.job_id")
        .select(["a.progress", "a.outcome", "a.started_when", "a.ended_when", "s.id"])
        .where("s.id", "in", ids)
        .orderBy("a.started_when")
        .execute();
    try {
      const bothRun = async () =>
        (await attempts()).filter(({ progress }) => progress?.step === "scoring").length === 2;
      await waitFor("both to be scored", bothRun, 120_000);
      process.kill(worker.pid!, "SIGKILL");
      const areOver = async () => {
        if ((await attempts()).filter(({ outcome }) => outcome === "succeeded").length === 2) return true;
        await letGo(folder.path);
        return false;
      };
      await waitFor("both to be scored again", areOver, 300_000);
    } finally {
      await worker.stop();
      await folder.remove();
    }
    const [first, second, third, fourth, ...more] = await attempts();
    assert.deepEqual([first!.outcome, second!.outcome, more], ["failed", "failed", []]);
    assert.ok(third!.ended_when! <= fourth!.started_when, "none has a neighbour");
    for (const id of ids) assert.equal((await shownTo(lab.organizer, id)).status, "Finished");
  });
});
