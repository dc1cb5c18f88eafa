/** Random orders, losses and repetitions of what happens to jobs, on the real API and SQL, with PGlite. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import fc from "fast-check";
import { sql } from "kysely";
import { isPlatformFailure, type Manifest } from "../../../contract/job.ts";
import { jobOwners } from "../../../lambdas/functions/job-owners.ts";
import { sweep } from "../../../lambdas/functions/sweep.ts";
import { defaultQueueId } from "../../../lambdas/competitions/db/competitions.ts";
import { insertWorkerToken } from "../../../lambdas/jobs/db/workers.ts";
import { hashToken, newToken } from "../../../lambdas/kernel/secrets.ts";
import { phase, register, upload } from "../../support/competitions.ts";
import { expireLeases } from "../../support/leases.ts";
import type { Person } from "../../support/platform.ts";
import { openLab, phaseOf, type Lab } from "../support/lab.ts";

/** How many submissions of a person count. */
const limit = 3;
const runs = process.env["TEST_LONG"] ? 150 : 15;

/** Something that happens. `which` chooses among the workers, submissions or attempts that there are, also those of long ago. */
const events = fc.array(
  fc.record({
    what: fc.constantFrom(
      ...([
        "submit",
        "claim",
        "claim",
        "claim",
        "heartbeat",
        "succeed",
        "succeed",
        "fail",
        "blame",
        "release",
      ] as const),
      ...(["cancel", "restart", "expire", "sweep", "later"] as const),
    ),
    which: fc.nat(1000),
  }),
  { minLength: 5, maxLength: 25 },
);

/** The states that may follow each state of a job. */
const legal: Record<string, string[]> = {
  ready: ["leased", "cancelled"],
  leased: ["ready", "succeeded", "failed", "cancelled"],
};

describe("whatever happens to jobs in whatever order (R-217)", () => {
  let lab: Lab;
  let phaseId: number;
  let authorization: string;
  const workers = [0, 1].map((at) => ({
    id: `worker-of-events-${at}`,
    instance: randomUUID(),
    host: `host-${at}`,
    launcher: "docker",
    capabilities: { outlivesWorker: false },
    slots: 2,
    version: "1",
  }));

  beforeAll(async () => {
    lab = await openLab({ database: "pglite" });
    const { token } = newToken("bsw");
    await insertWorkerToken(lab.inside.db, await defaultQueueId(lab.inside.db), "events", hashToken(token));
    authorization = `Bearer ${token}`;
    const competition = await lab.competition({ phases: [phase({ max_submissions: limit })] });
    phaseId = phaseOf(competition);
    competitionId = competition.id;
    // The database itself notes what the code might do and undo between two looks of the test.
    await sql`create table noted (job uuid, before text, after text)`.execute(lab.inside.db);
    await sql`create function note_state() returns trigger language plpgsql as $$ begin
      insert into noted values (new.id, old.state, new.state); return null; end $$`.execute(lab.inside.db);
    await sql`create trigger noted after update on jobs for each row when (old.state <> new.state)
      execute function note_state()`.execute(lab.inside.db);
    await sql`create function note_end() returns trigger language plpgsql as $$ begin
      insert into noted values (new.job_id, 'ended attempt', new.outcome); return null; end $$`.execute(lab.inside.db);
    await sql`create trigger noted after update on attempts for each row
      when (old.outcome is not null and old.outcome is distinct from new.outcome)
      execute function note_end()`.execute(lab.inside.db);
  });
  let competitionId: number;
  afterAll(() => lab.close());

  const say = (path: string, json: unknown) =>
    lab.send<{ manifest?: Manifest | null; accepted?: boolean }>("POST", `/api/worker/${path}`, {
      authorization,
      content: { json },
    });
  const timePasses = () =>
    sql`update jobs set ready_when = now() where state = 'ready' and ready_when > now()`.execute(lab.inside.db);

  /** One life of a person and two workers. */
  class Life {
    readonly person: Person;
    readonly submissions: number[] = [];
    readonly manifests: Manifest[] = [];

    constructor(person: Person) {
      this.person = person;
    }

    async happens({ what, which }: { what: string; which: number }): Promise<void> {
      const worker = workers[which % workers.length]!;
      const manifest = this.manifests[which % this.manifests.length];
      if (what === "submit") return this.submit();
      if (what === "claim") return void (await this.claim(worker));
      if (what === "sweep") return sweep(lab.inside, jobOwners);
      if (what === "later") return void (await timePasses());
      if (what === "expire") return expireLeases(lab.inside.db, manifest?.attempt.jobId);
      if (what === "restart") {
        worker.instance = randomUUID();
        assert.equal((await say("register/", { worker })).status, 200);
      } else if (what === "cancel" && this.submissions.length > 0) {
        const id = this.submissions[which % this.submissions.length]!;
        const { status } = await this.person.send("GET", `/api/submissions/${id}/cancel_submission/`);
        assert.ok([200, 400, 403, 409].includes(status), String(status));
      } else if (manifest) await this.report(manifest, what);
    }

    async claim(worker: (typeof workers)[number]): Promise<boolean> {
      const { body } = await say("claim/", { worker, queue: "benchstack-default" });
      if (body.manifest) this.manifests.push(body.manifest);
      return Boolean(body.manifest);
    }

    /** What a worker says of an attempt, which may have ended long ago. */
    async report({ attempt, ...rest }: Manifest, what: string): Promise<void> {
      const path = `attempts/${attempt.id}`;
      if (what === "heartbeat") {
        const { status } = await say(`${path}/heartbeat/`, { progress: [] });
        assert.ok([200, 409].includes(status), String(status));
      } else if (what === "succeed") await lab.finish({ attempt, ...rest }, { scores: { accuracy: 0.5, duration: 1 } });
      else if (what === "fail") await lab.finish({ attempt, ...rest }, { failure: "PROGRAM_EXIT" });
      else if (what === "blame") await lab.finish({ attempt, ...rest }, { failure: "STORAGE_ERROR" });
      else if (what === "release") await lab.release({ attempt, ...rest });
    }

    /** It is accepted exactly if fewer than the limit count. */
    async submit(): Promise<void> {
      const data = await upload(this.person, "submission", Buffer.from("x"));
      const before = await this.counted();
      const answer = await this.person.send<{ id: number }>("POST", "/api/submissions/", {
        json: { phase: phaseId, data },
      });
      assert.equal(answer.status === 201, before < limit, `${answer.status} with ${before}: ${answer.text}`);
      if (answer.status === 201) this.submissions.push(answer.body.id);
    }

    async rows() {
      return lab.inside.db
        .selectFrom("submissions as s")
        .innerJoin("jobs as j", "j.id", "s.job_id")
        .select(["s.id", "s.status", "s.failure_code", "s.status_details", "j.id as job", "j.state"])
        .select(["j.attempt_number", "j.released_attempts"])
        .where("s.id", "in", [0, ...this.submissions])
        .execute();
    }
    counted = async () => (await this.rows()).filter(({ status }) => status !== "Failed").length;

    /** Lets everything end as it does when nothing more goes wrong. */
    async end(): Promise<void> {
      const isOpen = async () => (await this.rows()).some(({ state }) => state === "ready" || state === "leased");
      for (let round = 0; await isOpen(); round++) {
        assert.ok(round < 20, "a job never ends");
        await expireLeases(lab.inside.db);
        await sweep(lab.inside, jobOwners);
        await timePasses();
        const before = this.manifests.length;
        while (await this.claim(workers[0]!));
        for (const manifest of this.manifests.slice(before)) await this.report(manifest, "succeed");
      }
    }

    /** The rules that hold at the end, whatever happened. */
    async check(): Promise<void> {
      const rows = await this.rows();
      assert.equal(rows.length, this.submissions.length, "a submission is lost");
      for (const row of rows) {
        const shown = JSON.stringify(row);
        const end = { Finished: "succeeded", Failed: "failed", Cancelled: "cancelled" }[row.status as string];
        assert.equal(end, row.state, shown);
        assert.equal(row.status === "Failed", row.failure_code !== null && row.status_details !== null, shown);
        assert.ok(row.attempt_number - row.released_attempts <= 3, shown);
        if (row.status === "Failed" && isPlatformFailure(row.failure_code as never))
          assert.equal(row.attempt_number - row.released_attempts, 3, shown);
        const scores = await lab.inside.db
          .selectFrom("submission_scores")
          .select("id")
          .where("submission_id", "=", row.id)
          .execute();
        assert.equal(scores.length, row.status === "Finished" ? 2 : 0, shown);
        const { open, won } = await lab.inside.db
          .selectFrom("attempts")
          .select([
            sql<number>`(count(*) filter (where ended_when is null))::int`.as("open"),
            sql<number>`(count(*) filter (where outcome = 'succeeded'))::int`.as("won"),
          ])
          .where("job_id", "=", row.job)
          .executeTakeFirstOrThrow();
        assert.deepEqual([open, won], [0, row.status === "Finished" ? 1 : 0], shown);
      }
      const { rows: noted } = await sql<{ before: string; after: string }>`select before, after from noted`.execute(
        lab.inside.db,
      );
      for (const { before, after } of noted)
        assert.ok(legal[before]?.includes(after), `a job or attempt went from ${before} to ${after}`);
      const { rows: sums } = await sql<{ spent: number; cost: number }>`
        select (select coalesce(sum(microusd), 0)::float8 from spending where scope = 'platform') as spent,
          (select coalesce(sum(cost_microusd), 0)::float8 from attempts where paid_by = 'platform') as cost`.execute(
        lab.inside.db,
      );
      assert.ok(sums[0]!.cost > 0 || rows.every(({ status }) => status !== "Finished"));
      assert.equal(sums[0]!.spent, sums[0]!.cost, "what attempts cost is spent once");
      await this.fill();
    }

    /** What counts is as many as may be sent, and then not one more. */
    async fill(): Promise<void> {
      for (let left = limit - (await this.counted()); left >= 0; left--) await this.submit();
      assert.equal(await this.counted(), limit);
      await this.end();
    }
  }

  it("no job is lost or ends twice, no state is skipped, and limits and budgets count once", async () => {
    await fc.assert(
      fc.asyncProperty(events, async (all) => {
        const person = await lab.newPerson();
        await register({ id: competitionId }, person);
        const life = new Life(person);
        for (let first = 0; first < 2; first++) await life.submit();
        for (const event of all) await life.happens(event);
        await life.end();
        await life.check();
      }),
      { numRuns: runs, endOnFailure: true },
    );
  }, 540_000);
});
