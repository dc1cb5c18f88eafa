import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import fc from "fast-check";
import { sql } from "kysely";
import { artifacts, type Manifest } from "../../../contract/job.ts";
import { defaultQueueId } from "../../../lambdas/competitions/db/competitions.ts";
import { reopenSubmission } from "../../../lambdas/competitions/db/submission-jobs.ts";
import { forgetLateReports } from "../../../lambdas/jobs/db/late-reports.ts";
import { insertWorkerToken } from "../../../lambdas/jobs/db/workers.ts";
import { hashToken, newToken } from "../../../lambdas/kernel/secrets.ts";
import { submit } from "../../support/competitions.ts";
import { assertErrorBody, assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { expect, openLabWithPeople, phaseOf, shownTo, type Lab } from "../support/lab.ts";

type ShownFailure = { status: string; failure_code?: string | null; status_details: string | null };

const identity = () => ({
  id: "worker-1",
  instance: randomUUID(),
  host: "host-1",
  launcher: "docker",
  capabilities: { outlivesWorker: false },
  slots: 1,
  version: "1",
});

const step = (name: string, collected: string[] = []) => ({
  name,
  containers: [
    {
      name: "program",
      ran: true,
      exitCode: 0,
      outOfMemory: false,
      elapsedSeconds: 1,
      logs: { stdout: { bytes: 1, truncated: false }, stderr: { bytes: 1, truncated: true } },
    },
  ],
  usage: {
    wallSeconds: 1,
    cpuSeconds: 1,
    peakMemoryBytes: 1,
    downloadedBytes: 1,
    uploadedBytes: 1,
    preparingSeconds: 1,
  },
  outputBytes: 1,
  collected,
  md5: { submission: "d41d8cd98f00b204e9800998ecf8427e" },
  warnings: [{ code: "OUTPUT_LEFT_OUT", message: "A file was left out." }],
});
const succeeded = {
  outcome: "succeeded",
  failure: null,
  steps: [step("prediction"), step("scoring", ["scores.json"])],
};
const failed = (message: string) => ({
  outcome: "failed",
  failure: { code: "PROGRAM_EXIT", message, step: "scoring" },
  steps: [step("prediction")],
});

describe("what a worker says", () => {
  let lab: Lab;
  let alice: Person;
  let phaseId: number;
  let authorization: string;
  beforeAll(async () => {
    ({ lab, alice } = await openLabWithPeople());
    phaseId = phaseOf(await lab.competition({}, alice));
    const { token } = newToken("bsw");
    await insertWorkerToken(lab.inside.db, await defaultQueueId(lab.inside.db), "fuzz", hashToken(token));
    authorization = `Bearer ${token}`;
  });
  afterAll(() => lab.close());

  const say = (path: string, body: unknown) =>
    lab.send("POST", `/api/worker/${path}`, { authorization, content: { json: body } });
  /** Starts a submission of alice. */
  async function started(): Promise<{ id: number; manifest: Manifest }> {
    const id = await submit(alice, phaseId, Buffer.from("x"));
    return { id, manifest: (await lab.claim())! };
  }
  const complete = async ({ attempt }: Manifest, report: unknown) => {
    const answer = await say(`attempts/${attempt.id}/complete/`, report);
    assert.deepEqual([answer.status, answer.body], [200, { accepted: true }], answer.text);
  };
  const writeScores = ({ attempt }: Manifest, scores: string | Buffer) =>
    lab.inside.objects.put(
      { bucket: "jobs", key: artifacts.prefix(attempt.id) + artifacts.collected("scoring", "scores.json") },
      Buffer.from(scores),
    );
  const attemptOf = ({ attempt }: Manifest) =>
    lab.inside.db.selectFrom("attempts").selectAll().where("id", "=", attempt.id).executeTakeFirstOrThrow();

  it("is heard from workers only: a person's login counts as none, valid or not (A-176)", async () => {
    for (const authorization of [`Token ${alice.token}`, "Token of-nobody", undefined]) {
      const content = { json: { attempts: [] } };
      const answer = await lab.send("POST", "/api/worker/abandoned/", {
        ...(authorization === undefined ? {} : { authorization }),
        content,
      });
      assertRefused(answer, 403, "NOT_A_WORKER");
    }
  });

  describe("with text that no database can store, always counts (R-99)", () => {
    for (const [what, scores, expected] of [
      ["scores in UTF-16", Buffer.from('{"accuracy": 1}', "utf16le"), ["Failed", "BAD_SCORES"]],
      ["scores that are NUL", "\u0000\u0000", ["Failed", "BAD_SCORES"]],
      ["scores that are halves of characters", `{"a": \ud83d`, ["Failed", "BAD_SCORES"]],
      ["broken scores that end in half of a character", `{"accuracy": ${"😀".repeat(50)}`, ["Failed", "BAD_SCORES"]],
      ["keys and values with both", '{"\\u0000\\ud83d": 1, "accuracy": "\\u0000\\udfff"}', ["Finished", null]],
    ] as const)
      it(`${what}`, async () => {
        const { id, manifest } = await started();
        await writeScores(manifest, scores);
        await complete(manifest, succeeded);
        const { status, failure_code } = (await shownTo(alice, id)) as { status: string; failure_code?: string | null };
        assert.deepEqual([status, failure_code], expected);
      });

    it("names, messages and warnings, cut in the middle of a character", async () => {
      const long = `a\u0000${"😀".repeat(20_000)}`;
      const { id, manifest } = await started();
      const waiting = { step: "scoring", stage: "preparing", waiting: long };
      assert.equal((await say(`attempts/${manifest.attempt.id}/heartbeat/`, { progress: [waiting] })).status, 200);
      const worker = { ...identity(), host: `host\u0000${long}`, version: "\udc00" };
      assert.equal((await say("queues/", { worker })).status, 200);
      const report = failed(long);
      report.steps[0]!.warnings = [{ code: "\ud83d", message: long }];
      report.steps[0]!.collected = ["\u0000"];
      report.steps[0]!.md5 = { ["\ud83d\u0000" as "submission"]: "d41d8cd98f00b204e9800998ecf8427e" };
      await complete(manifest, report);
      assert.match((await shownTo(alice, id)).status_details!, /^a\uFFFD(😀)+\uFFFD?$/u);
    });

    it("of an attempt that lost its job, too", async () => {
      const { manifest } = await started();
      await complete(manifest, failed("It failed."));
      const late = await say(`attempts/${manifest.attempt.id}/complete/`, failed(`a\u0000${"😀".repeat(20_000)}`));
      assert.deepEqual(late.body, { accepted: false });
    });
  });

  describe("that cannot be, is reduced to what can (R-113)", () => {
    it("times, sizes, and steps that its job has not or that it repeats", async () => {
      const { id, manifest } = await started();
      const absurd = step("prediction");
      Object.assign(absurd.usage, {
        wallSeconds: 1e300,
        cpuSeconds: -5,
        peakMemoryBytes: 1e300,
        preparingSeconds: 1e18,
      });
      // Nobody has half a byte.
      Object.assign(absurd, { outputBytes: 0.5 });
      const report = { ...failed("It failed."), steps: [absurd, absurd, step("other"), step("scoring")] };
      await complete(manifest, report);
      assert.equal((await shownTo(alice, id)).status, "Failed");
      const attempt = await attemptOf(manifest);
      assert.deepEqual(
        attempt.report!.steps.map(({ name }) => name),
        ["prediction", "scoring"],
      );
      const year = 366 * 24 * 3600;
      const { wallSeconds, cpuSeconds, peakMemoryBytes } = attempt.report!.steps[0]!.usage;
      assert.deepEqual([wallSeconds, cpuSeconds, peakMemoryBytes], [year, 0, Number.MAX_SAFE_INTEGER]);
      assert.equal(attempt.report!.steps[0]!.outputBytes, 1);
      assert.ok(Number(attempt.cost_microusd) > 0);
    });

    it("scores that are not there are missing in the storage, so the job is tried again", async () => {
      const { id, manifest } = await started();
      await complete(manifest, succeeded);
      const attempt = await attemptOf(manifest);
      assert.deepEqual([attempt.outcome, attempt.failure?.code], ["failed", "STORAGE_ERROR"]);
      const { status, status_details } = await shownTo(alice, id);
      assert.equal(status, "Submitted");
      assert.match(status_details!, /not in the storage\. It will be tried again\.$/);
      await lab.inside.db.updateTable("jobs").set({ state: "cancelled" }).where("state", "=", "ready").execute();
    });

    it("scores that are larger than allowed are none, and that is said (R-65)", async () => {
      const late = await started();
      await writeScores(late.manifest, Buffer.alloc(1_048_577, " "));
      await complete(late.manifest, succeeded);
      // A worker of ours does not even upload them.
      const uncollected = await started();
      const message = "The scoring step wrote a scores.json that is too large to be read or shown.";
      const scoring = { ...step("scoring"), warnings: [{ code: "FILE_TOO_LARGE", message }] };
      await complete(uncollected.manifest, { ...succeeded, steps: [step("prediction"), scoring] });
      for (const { id } of [late, uncollected]) {
        const { status, failure_code, status_details } = (await shownTo(alice, id)) as ShownFailure;
        assert.deepEqual([status, failure_code], ["Failed", "NO_SCORES"]);
        assert.match(status_details!, /too large to be read/);
      }
    });
  });

  it("about itself is refused if no worker can be so, with a stable code", async () => {
    for (const wrong of [{ slots: 2 ** 40 }, { slots: 0 }, { id: "x".repeat(201) }, { instance: "" }])
      assertRefused(await say("register/", { worker: { ...identity(), ...wrong } }), 400, "INVALID");
    const { manifest } = await started();
    const launch = { step: "prediction", number: 1, request: {}, taskArn: null };
    for (const step of ["prediction", "other"])
      assertRefused(await say(`attempts/${manifest.attempt.id}/launches/`, { ...launch, step }), 400, "NO_SUCH_LAUNCH");
    const request = { text: "x".repeat(100_000) };
    assertRefused(await say(`attempts/${manifest.attempt.id}/launches/`, { ...launch, request }), 400, "INVALID");
    await complete(manifest, failed("It failed."));
  });

  it("that asks which attempts have to stop, is told those that were cancelled or lost their jobs (R-103)", async () => {
    const { db } = lab.inside;
    const [running, over, cancelled] = [await started(), await started(), await started()];
    await complete(over.manifest, failed("It failed."));
    await expect(200, alice, "GET", `/api/submissions/${cancelled.id}/cancel_submission/`);
    const ids = [running, over, cancelled].map(({ manifest }) => manifest.attempt.id);
    const leases = () =>
      db.selectFrom("jobs").select(["lease_until"]).where("attempt_id", "in", ids).orderBy("attempt_id").execute();
    const before = await leases();
    const nobodys = randomUUID();
    const stops = ({ body }: { body: unknown }) =>
      Object.fromEntries(
        (body as { stops: { attempt: string; why: string }[] }).stops.map(({ attempt, why }) => [attempt, why]),
      );
    assert.deepEqual(stops(await say("stops/", { attempts: [...ids, nobodys] })), {
      [ids[1]!]: "superseded",
      [ids[2]!]: "cancelled",
      [nobodys]: "superseded",
    });
    assert.deepEqual(await leases(), before);

    // A worker of another queue learns nothing about them.
    const other = await db
      .insertInto("queues")
      .values({ name: "other", sqs_name: "benchstack-other" })
      .returning("id")
      .executeTakeFirstOrThrow();
    const { token } = newToken("bsw");
    await insertWorkerToken(db, other.id, "other", hashToken(token));
    const foreign = await lab.send("POST", "/api/worker/stops/", {
      authorization: `Bearer ${token}`,
      content: { json: { attempts: ids } },
    });
    assert.deepEqual(stops(foreign), Object.fromEntries(ids.map((id) => [id, "superseded"])));
    for (const { manifest } of [running, cancelled]) await complete(manifest, failed("It failed."));
  });

  it("too late is kept a few times, in part, and for a month", async () => {
    const { manifest } = await started();
    await complete(manifest, failed("It failed."));
    const { id } = manifest.attempt;
    const report = { ...failed("x".repeat(10_000)), steps: [step("prediction"), step("scoring")] };
    report.steps[0]!.collected = Array.from({ length: 50 }, () => "y".repeat(1000));
    await Promise.all(Array.from({ length: 8 }, () => say(`attempts/${id}/complete/`, report)));
    for (let i = 0; i < 8; i++) await say(`attempts/${id}/heartbeat/`, { progress: [] });
    const { db } = lab.inside;
    const kept = () =>
      db
        .selectFrom("late_reports")
        .select(["kind", sql<number>`length(body::text)`.as("length")])
        .where("attempt_id", "=", id)
        .orderBy("kind")
        .execute();
    const reports = await kept();
    assert.deepEqual(
      reports.map(({ kind }) => kind),
      [...Array<string>(5).fill("complete"), ...Array<string>(5).fill("heartbeat")],
    );
    assert.ok(reports.every(({ length }) => length < 30_000));
    await db
      .updateTable("late_reports")
      .set({ received_when: sql<Date>`now() - interval '31 days'` })
      .where("attempt_id", "=", id)
      .where("kind", "=", "complete")
      .execute();
    await forgetLateReports(db, 100);
    assert.equal((await kept()).length, 5);
  });

  describe("whatever it is, gets an answer that is no 500", () => {
    /** Makes the job of a submission ready again, as if it had never ended, and claims it. */
    let job: string;
    async function held(): Promise<string> {
      const { db } = lab.inside;
      const find = () =>
        db.selectFrom("jobs").select(["state", "attempt_id"]).where("id", "=", job).executeTakeFirstOrThrow();
      const { state, attempt_id } = await find();
      if (state === "leased") return attempt_id!;
      await db.transaction().execute(async (tx) => {
        await tx
          .updateTable("jobs")
          .set((eb) => ({
            ...{
              state: "ready" as const,
              attempt_id: null,
              failure: null,
              finished_when: null,
              quarantined_when: null,
            },
            ...{ cancel_requested_when: null, lease_until: null, released_attempts: eb.ref("attempt_number") },
            ready_when: sql<Date>`now()`,
          }))
          .where("id", "=", job)
          .execute();
        await reopenSubmission(tx, job);
      });
      const manifest = (await lab.claim())!;
      assert.equal(manifest.attempt.jobId, job);
      await writeScores(manifest, '{"accuracy": 1}');
      return manifest.attempt.id;
    }
    beforeAll(async () => {
      job = (await started()).manifest.attempt.jobId;
    });

    const guid = "01234567-89ab-4cde-8f01-23456789abcd";
    const routes: [path: string, body: () => unknown][] = [
      ["register/", () => ({ worker: identity() })],
      ["queues/", () => ({ worker: identity() })],
      ["claim/", () => ({ worker: identity(), queue: "benchstack-default" })],
      ["abandoned/", () => ({ attempts: [guid] })],
      ["stops/", () => ({ attempts: [guid] })],
      ["attempts/ID/heartbeat/", () => ({ progress: [{ step: "scoring", stage: "running", waiting: "for a host" }] })],
      ["attempts/ID/launches/", () => ({ step: "scoring", number: 1, request: { cluster: "c" }, taskArn: "arn" })],
      ["attempts/ID/manifest/", () => ({})],
      ["attempts/ID/registry-login/", () => ({ registry: "ghcr.io" })],
      ["attempts/ID/complete/", () => succeeded],
      ["attempts/ID/complete/", () => failed("It failed.")],
      ["attempts/ID/complete/", () => ({ outcome: "cancelled", failure: null, steps: [step("scoring")] })],
    ];
    const hostile = fc.oneof(
      fc.constantFrom<unknown>(
        ...[null, true, -1, 0.5, 1e300, -1e300, 5e-324, 2 ** 31, 2 ** 53, "1e999", "", "\u0000", "\ud83d", "__proto__"],
        ...["x".repeat(70_000), `a${"😀".repeat(20_000)}`, [], {}, [[[]]], { "a\u0000\ud83d": ["\udfff"] }],
        ...["prediction", "scoring", "scores.json", "scores.txt", guid, Array(3000).fill(0)],
      ),
      fc.jsonValue(),
      fc.string({ unit: "binary" }),
    );
    /** Where a value is to be replaced, by its place among all values of the body. */
    const changes = fc.array(fc.tuple(fc.nat({ max: 60 }), hostile, fc.boolean()), { minLength: 1, maxLength: 3 });

    /** A copy of a body with changes: values replaced, or repeated in their list. */
    function changed(body: unknown, edits: [at: number, value: unknown, repeats: boolean][]): unknown {
      let n = 0;
      const copy = (value: unknown): unknown => {
        const edit = edits.find(([at]) => at === n);
        n++;
        if (edit && !edit[2]) return edit[1];
        if (Array.isArray(value)) return value.flatMap((item) => (edit ? [copy(item), item] : [copy(item)]));
        if (typeof value !== "object" || value === null) return value;
        const entries = Object.entries(value).map(([key, item]) => [key, copy(item)] as const);
        return Object.fromEntries(edit ? [...entries, [String(edit[1]), 1]] : entries);
      };
      return copy(body);
    }

    for (const [index, [path, body]] of routes.entries())
      it(`${path} (${index})`, () =>
        fc.assert(
          fc.asyncProperty(changes, async (edits) => {
            const attempt = await held();
            const text = JSON.stringify(changed(body(), edits)).replaceAll('"1e999"', "1e999");
            const answer = await lab.send("POST", `/api/worker/${path.replace("ID", attempt)}`, {
              authorization,
              content: { raw: text, type: "application/json" },
            });
            assert.ok(answer.status < 500, `${answer.status} to ${text.slice(0, 2000)}`);
            if (answer.status >= 400) assertErrorBody(answer);
          }),
          { numRuns: 40 },
        ));
  });
});
