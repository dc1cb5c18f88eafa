import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { artifacts, type AttemptReport, type ObjectRef, type WorkerIdentity } from "../../../contract/job.ts";
import { defaultQueueId } from "../../../lambdas/competitions/db/competitions.ts";
import { jobOwners } from "../../../lambdas/functions/job-owners.ts";
import { sweep } from "../../../lambdas/functions/sweep.ts";
import { createJobs, findAttempt } from "../../../lambdas/jobs/db/jobs.ts";
import { requestEnd } from "../../../lambdas/jobs/db/stop-jobs.ts";
import { setPlatformToken } from "../../../lambdas/jobs/db/workers.ts";
import { copiesOf } from "../../../lambdas/jobs/rules/kept-files.ts";
import { claim, complete, failAttempt } from "../../../lambdas/jobs/service/attempts.ts";
import { byKind } from "../../../lambdas/jobs/service/job-owner.ts";
import { keepFiles } from "../../../lambdas/jobs/service/keep-files.ts";
import { ask } from "../../../lambdas/jobs/service/questions.ts";
import { quarantinedJobs, replay } from "../../../lambdas/jobs/service/quarantine.ts";
import { transact, type Context } from "../../../lambdas/kernel/context.ts";
import { hashToken } from "../../../lambdas/kernel/secrets.ts";
import type { UserActor } from "../../../lambdas/policy/policy.ts";
import { startWorkerProcess } from "../../../local/worker-process.ts";
import { requireDocker } from "../../support/docker.ts";
import { temporaryFolder } from "../../support/files.ts";
import { startTestPlatform, type TestPlatform } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { unzip, zip } from "../worker/zip.ts";
import { createTestTable, eventsOf, shellJob, startWorkerApi, testJob, testJobs } from "./test-kind.ts";

const owners = byKind(...jobOwners.values(), testJobs);
const doubling = `import sys; open("/job/output/answer.txt", "w").write(str(2 * int(open(f"{sys.argv[1]}/number.txt").read())))`;

describe("a kind of jobs", () => {
  let platform: TestPlatform;
  let queueId: string;
  beforeAll(async () => {
    await requireDocker();
    platform = await startTestPlatform({ database: "postgres", worker: null });
    queueId = await defaultQueueId(platform.inside.db);
    await createTestTable(platform.inside);
  });
  afterAll(() => platform.close());

  async function store(files: Record<string, string>) {
    const object = { bucket: "uploads" as const, key: `test/${randomUUID()}.zip` };
    await platform.inside.objects.put(object, await zip(files));
    return object;
  }

  /** Creates a test job whose program is some Python. */
  async function create(source: string): Promise<string> {
    const program = await store({ "metadata.yaml": "command: python3 main.py $in", "main.py": source });
    const spec = testJob(program, await store({ "number.txt": "21" }));
    const job = { queueId, kind: testJobs.kind, spec, priority: 0, ownerKey: "user:1", groupKey: "test:1" };
    return transact(platform.inside, async (tx) => (await createJobs(tx, [job]))[0]!);
  }

  const attemptOf = (jobId: string) =>
    platform.inside.db.selectFrom("attempts").selectAll().where("job_id", "=", jobId).executeTakeFirstOrThrow();
  const jobOf = (id: string) =>
    platform.inside.db.selectFrom("jobs").selectAll().where("id", "=", id).executeTakeFirstOrThrow();

  async function startWorker(launcher: "docker" | "sandbox") {
    const token = `bsw_${randomUUID()}`;
    await setPlatformToken(platform.inside.db, hashToken(token));
    const folder = await temporaryFolder();
    const api = await startWorkerApi(owners);
    const worker = await startWorkerProcess(
      {
        BENCHSTACK_API_URL: api.url,
        BENCHSTACK_WORKER_TOKEN: token,
        BENCHSTACK_WORKER_HOME: folder.path,
        BENCHSTACK_LAUNCHER: launcher,
      },
      { logs: folder.path },
    );
    return {
      async stop() {
        await worker.stop();
        await api.close();
        await folder.remove();
      },
    };
  }

  for (const launcher of ["docker", "sandbox"] as const) {
    it(`that no product knows runs through claim, ${launcher} and report`, async () => {
      const { inside } = platform;
      const worker = await startWorker(launcher);
      try {
        const good = await create(doubling);
        const bad = await create("raise SystemExit(3)");
        const empty = await create(`open("/job/output/answer.txt", "w")`);
        const isOver = async (id: string) => (await jobOf(id)).finished_when !== null;
        await waitFor(
          "the jobs to end",
          async () => (await isOver(good)) && (await isOver(bad)) && (await isOver(empty)),
          90_000,
        );

        const events = await eventsOf(inside, good);
        assert.deepEqual(events.at(0), ["claimed", "run"]);
        assert.deepEqual(events.at(1), ["progressed", "run", "preparing"]);
        assert.deepEqual(events.at(-1), ["ended", { state: "succeeded", result: { answer: "42" } }]);
        // The report of a short run may arrive before its later progress, which is not sent then. Each heartbeat of a long one
        // sends its progress again.
        for (const event of events.slice(2, -1))
          assert.ok(
            ["preparing", "running", "done"].some((stage) => isDeepStrictEqual(event, ["progressed", "run", stage])),
            String(event),
          );
        const attempt = await attemptOf(good);
        assert.deepEqual(
          [attempt.launcher, attempt.outlives_worker, attempt.outcome, (await jobOf(good)).state],
          [launcher, false, "succeeded", "succeeded"],
        );
        const output = { bucket: "jobs" as const, key: artifacts.prefix(attempt.id) + artifacts.output("run") };
        const files = await unzip(await inside.objects.get(output, 1_000_000));
        assert.equal(files["answer.txt"], "42");

        assert.equal((await jobOf(bad)).failure?.code, "PROGRAM_EXIT");
        const [, { failure }] = (await eventsOf(inside, bad)).at(-1) as [string, { failure: { code: string } }];
        assert.equal(failure.code, "PROGRAM_EXIT");
        // Its owner found the fault, and has its own code for it.
        assert.deepEqual([(await jobOf(empty)).state, (await jobOf(empty)).failure?.code], ["failed", "NO_ANSWER"]);
        assert.deepEqual(await inside.db.selectFrom("submissions").select("id").execute(), []);
      } finally {
        await worker.stop();
      }
    });

    it(`that runs on ${launcher} answers questions about its files, and is ended without losing them (R-189, R-190)`, async () => {
      const { inside } = platform;
      const worker = await startWorker(launcher);
      try {
        const input = { bucket: "uploads" as const, key: `test/${randomUUID()}` };
        await inside.objects.put(input, Buffer.from("21"));
        const create = async (command: string) => {
          const job = { queueId, kind: testJobs.kind, priority: 0, ownerKey: "user:1", groupKey: "test:1" };
          const spec = shellJob(command, input);
          return transact(inside, async (tx) => (await createJobs(tx, [{ ...job, spec }]))[0]!);
        };
        const seen = async (id: string, path: string) => {
          const answer = await ask(inside, id, { kind: "read", path, from: 0, length: 100 });
          return answer?.head.kind === "read" ? answer.bytes.toString() : undefined;
        };
        const over = (id: string) =>
          waitFor("the job to end", async () => (await jobOf(id)).finished_when !== null, 90_000);

        const ended = await create(
          "mkdir -p deep/left; cp /input/number.txt deep/seen; touch a.tmp left deep/left/kept; while :; do sleep 1; done",
        );
        assert.equal(await ask(inside, randomUUID(), { kind: "list", path: "", depth: 9 }), null);
        await waitFor("a file to be seen", async () => (await seen(ended, "deep/seen")) === "21", 90_000);
        const listed = await ask(inside, ended, { kind: "list", path: "deep", depth: 1 });
        assert.deepEqual(
          listed?.head.kind === "list" && listed.head.item.contents?.map(({ name, kind, size }) => [name, kind, size]),
          [
            ["left", "folder", listed?.head.kind === "list" && listed.head.item.contents?.[0]?.size],
            ["seen", "file", 2],
          ],
        );
        assert.deepEqual((await ask(inside, ended, { kind: "read", path: "x", from: 0, length: 1 }))?.head, {
          kind: "missing",
        });
        await transact(inside, (tx) => requestEnd(tx, [ended], "Somebody ended it."));
        await over(ended);
        assert.deepEqual((await jobOf(ended)).failure, { code: "ENDED", message: "Somebody ended it.", step: "run" });
        const attempt = await attemptOf(ended);
        const output = { bucket: "jobs" as const, key: artifacts.prefix(attempt.id) + artifacts.output("run") };
        assert.deepEqual(Object.keys(await unzip(await inside.objects.get(output, 1_000_000))).sort(), [
          "deep/left/kept",
          "deep/seen",
        ]);
        assert.equal(await ask(inside, ended, { kind: "list", path: "", depth: 0 }), null);

        const written = await create("until [ -s go ]; do sleep 0.1; done; cat go > answer.txt");
        await waitFor(
          "the program to be told",
          async () => {
            const answer = await ask(inside, written, { kind: "write", path: "go", text: "on" });
            return answer?.head.kind === "written";
          },
          90_000,
        );
        await over(written);
        assert.deepEqual((await eventsOf(inside, written)).at(-1), [
          "ended",
          { state: "succeeded", result: { answer: "on" } },
        ]);
        assert.deepEqual(await inside.db.selectFrom("questions").select("id").execute(), []);
      } finally {
        await worker.stop();
      }
    });
  }

  const identity: WorkerIdentity = {
    id: "w",
    instance: "i",
    host: "h",
    launcher: "docker",
    capabilities: { outlivesWorker: false },
    slots: 1,
    version: "1",
  };
  const admin = (): UserActor => ({
    kind: "user",
    id: 1,
    username: "admin",
    email: "",
    emailIsConfirmed: false,
    isSuperuser: true,
    isBot: false,
  });
  const lost = { code: "WORKER_LOST", message: "The worker that ran this went silent.", step: null } as const;

  it("is told when its job returns, and when it is replayed from quarantine", async () => {
    const { inside } = platform;
    const id = await create(doubling);
    for (let i = 0; i < 3; i++) {
      const { attempt } = (await claim(inside, owners, queueId, identity))!;
      assert.ok(await failAttempt(inside, owners, attempt.id, lost));
    }
    const { jobs } = await quarantinedJobs(inside, owners, admin(), queueId, { offset: 0, limit: 10 });
    assert.deepEqual(
      jobs.map(({ job, shown }) => [job.id, shown]),
      [[id, { test: id }]],
    );
    await replay(inside, owners, { actor: admin(), reason: null }, queueId, id);
    assert.deepEqual(
      (await eventsOf(inside, id)).map((event) => (event as string[])[0]),
      ["claimed", "returned", "claimed", "returned", "claimed", "ended", "replayed"],
    );
    const { attempt } = (await claim(inside, owners, queueId, identity))!;
    const cancelled: AttemptReport = { outcome: "cancelled", failure: null, steps: [] };
    assert.ok(await complete(inside, owners, queueId, attempt.id, cancelled));
    assert.deepEqual((await eventsOf(inside, id)).at(-1), ["ended", { state: "cancelled" }]);
  });

  it("is judged by the copies of the files of the report that arrived first, which stay when originals change (R-148)", async () => {
    const { inside } = platform;
    const id = await create(doubling);
    const { attempt } = (await claim(inside, owners, queueId, identity))!;
    const answerAt = (prefix: string) => ({
      bucket: "jobs" as const,
      key: prefix + artifacts.collected("run", "answer.txt"),
    });
    const write = (answer: string) => inside.objects.put(answerAt(artifacts.prefix(attempt.id)), Buffer.from(answer));
    const replacing = byKind(...jobOwners.values(), {
      ...testJobs,
      judge: async (context, judged, report) => {
        await write("43");
        return testJobs.judge(context, judged, report);
      },
    });
    await write("42");
    const succeeded: AttemptReport = { outcome: "succeeded", failure: null, steps: [] };
    const unreachable = byKind(...jobOwners.values(), {
      ...testJobs,
      judge: () => Promise.reject(new Error("outage")),
    });
    await assert.rejects(complete(inside, unreachable, queueId, attempt.id, succeeded), /outage/);
    await write("41");
    const accepted = await Promise.all(
      [1, 2, 3].map(() => complete(inside, replacing, queueId, attempt.id, succeeded)),
    );
    assert.deepEqual(accepted.toSorted(), [false, false, true]);
    assert.deepEqual((await eventsOf(inside, id)).at(-1), ["ended", { state: "succeeded", result: { answer: "42" } }]);
    const { kept_prefix } = await attemptOf(id);
    assert.equal((await inside.objects.get(answerAt(kept_prefix!), 10)).toString(), "42");
    const { objects: copies } = await inside.objects.list({ bucket: "jobs", key: copiesOf(attempt.id) });
    assert.deepEqual(
      copies.map(({ ref }) => ref.key),
      [answerAt(kept_prefix!).key],
    );
  });

  it("keeps one set of copies of several reports at once, and refuses a file that changes meanwhile (R-149)", async () => {
    const { inside } = platform;
    const id = await create(doubling);
    const { attempt } = (await claim(inside, owners, queueId, identity))!;
    const answer = {
      bucket: "jobs" as const,
      key: artifacts.prefix(attempt.id) + artifacts.collected("run", "answer.txt"),
    };
    await inside.objects.put(answer, Buffer.from("1"));
    const { objects } = inside;
    const racing: Context = {
      ...inside,
      objects: Object.assign(Object.create(objects) as typeof objects, {
        head: async (ref: ObjectRef) => {
          const info = await objects.head(ref);
          if (ref.key === answer.key) await objects.put(ref, Buffer.from("2"));
          return info;
        },
        copy: objects.copy.bind(objects),
      }),
    };
    const succeeded: AttemptReport = { outcome: "succeeded", failure: null, steps: [] };
    await assert.rejects(complete(racing, owners, queueId, attempt.id, succeeded), {
      code: "RESULT_REPLACED",
      kind: "conflict",
    });
    const row = (await findAttempt(inside.db, attempt.id))!;
    const kept = await Promise.all([1, 2, 3].map(() => keepFiles(inside, row)));
    assert.equal(new Set(kept).size, 1);
    const { objects: copies } = await objects.list({ bucket: "jobs", key: copiesOf(attempt.id) });
    assert.equal(copies.length, 1, "the copies of the others are deleted");
    assert.ok(await complete(inside, owners, queueId, attempt.id, succeeded));
    assert.deepEqual((await eventsOf(inside, id)).at(-1), ["ended", { state: "succeeded", result: { answer: "2" } }]);
  });

  it("without an owner is claimed by nobody; the sweeper names it, and the job waits for its owner", async () => {
    const { inside } = platform;
    const id = await create(doubling);
    assert.equal(await claim(inside, jobOwners, queueId, identity), null);
    await assert.rejects(sweep(inside, jobOwners), /no owner, so no worker gets them: test/);
    await sweep(inside, owners);
    const { attempt } = (await claim(inside, owners, queueId, identity))!;
    // A release that lost the owner changes nothing: the transaction fails.
    await assert.rejects(failAttempt(inside, jobOwners, attempt.id, lost), /no owner of jobs of the kind "test"/);
    assert.equal((await jobOf(id)).state, "leased");
    assert.ok(await failAttempt(inside, owners, attempt.id, lost));
    await inside.db.updateTable("jobs").set({ state: "cancelled" }).where("id", "=", id).execute();
  });
});

describe("a job", () => {
  it("has steps with different, safe names", async () => {
    const none = undefined as never;
    const steps = (...names: string[]) => ({ steps: names.map((name) => ({ name })) }) as never;
    const create = (spec: never) =>
      createJobs(none, [{ queueId: "", kind: "test", spec, priority: 0, ownerKey: "", groupKey: "" }]);
    for (const name of ["", "../up", "a/b", "A", "a b", "a.b", "-a", "x".repeat(33)])
      await assert.rejects(create(steps(name)), { name: "ZodError" });
    await assert.rejects(create(steps("a", "a")), /same name/);
    await assert.rejects(create(steps(...Array.from({ length: 17 }, (_, n) => `s${n}`))), { name: "ZodError" });
  });
});
