import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import type { Competition } from "../../../client/api-client.ts";
import { countRunningCosts, warnOfBudgets } from "../../../lambdas/jobs/service/budgets.ts";
import { queueLoads } from "../../../lambdas/jobs/db/served-queues.ts";
import { waitFor } from "../../support/wait.ts";
import { phase, submit } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { expect, openLabWithPeople, phaseOf, shownTo, type Lab } from "../support/lab.ts";

interface Budget {
  monthly_usd: string | null;
  spent_usd: string;
  running_usd: string;
  state: string;
}

interface Invoice {
  lines: {
    task: { id: number } | null;
    attempt: number;
    step: string;
    on: string;
    seconds: number;
    usd: string;
    paid_by: string;
  }[];
  total_usd: string | null;
}

describe("what submissions cost", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  let competition: Competition;
  beforeAll(async () => {
    ({ lab, alice, bob } = await openLabWithPeople());
    competition = await lab.competition({}, alice, bob);
  });
  afterAll(() => lab.close());

  const send = (to = competition) => submit(alice, phaseOf(to), Buffer.from("x"));
  const budgetPath = (of = competition) => `/api/competitions/${of.id}/budget/`;
  const set = (usd: number | null, who = lab.organizer, path = budgetPath()) =>
    expect<Budget>(200, who, "PUT", path, { json: { monthly_usd: usd } });
  const waitingFor = async (id: number) =>
    ((await shownTo(alice, id)) as unknown as { waiting_for: string | null }).waiting_for;
  /** As if this had been spent by jobs that have ended this month. */
  const spend = (usd: number) =>
    lab.inside.db
      .updateTable("spending")
      .set({ microusd: usd * 1e6 })
      .where("scope", "=", "group")
      .execute();

  it("is on the invoice of a submission: a line for each step, its seconds and price, its task and who pays (A-167, A-195)", async () => {
    const id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 1 } });
    const taskId = competition.phases[0]!.tasks[0]!.id;
    const { lines, total_usd } = await expect<Invoice>(200, alice, "GET", `/api/submissions/${id}/invoice/`);
    assert.deepEqual(
      lines.map(({ task, attempt, step, on, seconds, paid_by }) => [task?.id, attempt, step, on, seconds, paid_by]),
      [
        [taskId, 1, "prediction", "Fargate, 1 vCPU, 4 GB", 2, "platform"],
        [taskId, 1, "scoring", "Fargate, 1 vCPU, 4 GB", 2, "platform"],
      ],
    );
    assert.equal(total_usd, (Math.round(4 * ((40_480 + 4 * 4_445) / 3600)) / 1e6).toFixed(6));
    const { spent_usd } = await expect<Budget>(200, lab.organizer, "GET", budgetPath());
    assert.equal(spent_usd, total_usd);
    const { microusd } = await lab.inside.db
      .selectFrom("spending")
      .select("microusd")
      .where("scope", "=", "platform")
      .executeTakeFirstOrThrow();
    assert.equal(Number(microusd) / 1e6, Number(total_usd));
  });

  it("is shown to organizers by day and queue, and in the list of submissions with host and failure (A-290, A-291)", async () => {
    const failed = await lab.submitted(alice, phaseOf(competition), {
      failure: "OUT_OF_MEMORY",
      message: "Too little.",
    });
    const path = `/api/competitions/${competition.id}/costs/`;
    const days = await expect<
      { day: string; queue: { name: string }; paid_by: string; attempts: number; usd: string }[]
    >(200, lab.organizer, "GET", path);
    assert.deepEqual(
      days.map(({ queue, paid_by, attempts }) => [queue.name, paid_by, attempts]),
      [["default", "platform", 2]],
    );
    const { spent_usd } = await expect<Budget>(200, lab.organizer, "GET", budgetPath());
    assert.equal(days[0]!.usd, spent_usd);
    assertRefused(await alice.send("GET", path), 403, "NOT_ALLOWED");
    // Administrators see it for the whole platform.
    const [today] = await expect<typeof days>(200, lab.admin, "GET", "/api/budget/days/?days=1");
    assert.equal(today!.queue.name, "default");
    assert.ok(today!.attempts >= 2 && Number(today!.usd) >= Number(spent_usd));
    assertRefused(await lab.organizer.send("GET", "/api/budget/days/"), 403, "NOT_ALLOWED");
    const list = `/api/submissions/?phase__competition=${competition.id}&page_size=1`;
    type Listed = { results: { id: number; run: { host: string; cost_usd: string; failure: string } | null }[] };
    const [{ id, run } = assert.fail()] = (await expect<Listed>(200, lab.organizer, "GET", list)).results;
    assert.equal(id, failed);
    assert.deepEqual([run?.host, run?.failure], ["test-host", "Too little."]);
    assert.ok(Number(run?.cost_usd) > 0);
    // Its owner sees it, too, and others do not.
    assert.deepEqual((await expect<Listed>(200, alice, "GET", list)).results[0]!.run, run);
  });

  it("stops jobs when the budget of their competition is spent, and lets them start when it is raised (R-172)", async () => {
    await set(10);
    await spend(10);
    const id = await send();
    assert.equal(await lab.claim(), null);
    const next = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() + 1, 1));
    assert.equal(
      await waitingFor(id),
      `waiting for money: the monthly budget of the competition is spent. It starts when the budget is raised, or on ${next.toISOString().slice(0, 10)}`,
    );
    assert.equal((await expect<Budget>(200, lab.organizer, "GET", budgetPath())).state, "spent");
    // No worker is started for jobs that do not start.
    assert.deepEqual(
      (await queueLoads(lab.inside.db)).map(({ open }) => open),
      [],
    );
    await set(20);
    await lab.runAll({ scores: { accuracy: 1 } });
    assert.equal((await shownTo(alice, id)).status, "Finished");
  });

  it("stops them until the month is over, and only those of the same competition (R-172)", async () => {
    await set(10);
    await spend(10);
    const id = await send();
    const other = await lab.competition({}, alice);
    const free = await send(other);
    await lab.runAll({ scores: { accuracy: 1 } });
    assert.deepEqual(
      [(await shownTo(alice, id)).status, (await shownTo(alice, free)).status],
      ["Submitted", "Finished"],
    );
    await lab.inside.db.updateTable("spending").set({ month: "2020-01" }).execute();
    await lab.runAll({ scores: { accuracy: 1 } });
    assert.equal((await shownTo(alice, id)).status, "Finished");
    await set(null);
  });

  it("counts what running jobs have cost so far, and lets them end (R-172)", async () => {
    const running = await send();
    const manifest = (await lab.claim())!;
    await lab.inside.db
      .updateTable("attempts")
      .set({ started_when: sql<Date>`now() - interval '100 hours'` })
      .where("id", "=", manifest.attempt.id)
      .execute();
    await countRunningCosts(lab.inside);
    // Beside the end of a job, which adds its cost to the group and then to the platform.
    await sql`update spending set running_microusd = case when scope = 'platform' then 1 else 0 end`.execute(
      lab.inside.db,
    );
    const counting = await lab.inside.db.transaction().execute(async (tx) => {
      await sql`select from spending where scope = 'group' for update`.execute(tx);
      const counted = countRunningCosts(lab.inside);
      await waitFor("the count to wait", async () => {
        const waiting = await sql`select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(lab.inside.db);
        return waiting.rows.length > 0;
      });
      await sql`update spending set microusd = microusd where scope = 'platform'`.execute(tx);
      return { counted };
    });
    await counting.counted;
    await set(5);
    const { running_usd, state } = await expect<Budget>(200, lab.organizer, "GET", budgetPath());
    assert.deepEqual([running_usd, state], ["5.83", "spent"]);
    const stopped = await send();
    assert.equal(await lab.claim(), null);
    await lab.finish(manifest, { scores: { accuracy: 1 } });
    assert.equal((await shownTo(alice, running)).status, "Finished");
    await countRunningCosts(lab.inside);
    await lab.runAll({ scores: { accuracy: 1 } });
    assert.equal((await shownTo(alice, stopped)).status, "Finished");
    await set(null);
  });

  it("of a job on machines of their own, the owners of a queue pay for, and no budget stops it (R-172)", async () => {
    await set(0);
    const id = await send();
    const { db } = lab.inside;
    const { step_profiles } = await db.selectFrom("queues").select("step_profiles").executeTakeFirstOrThrow();
    assert.equal(await lab.claim(), null);
    await db.updateTable("queues").set({ step_profiles: null }).execute();
    await lab.runAll({ scores: { accuracy: 1 } });
    await db
      .updateTable("queues")
      .set({ step_profiles: JSON.stringify(step_profiles) })
      .execute();
    const { lines, total_usd } = await expect<Invoice>(200, alice, "GET", `/api/submissions/${id}/invoice/`);
    assert.deepEqual(
      [new Set(lines.map((line) => line.paid_by)), total_usd],
      [new Set(["owner of the queue"]), "0.000000"],
    );
    await set(null);
  });

  it("warns whoever set a budget at 80 and at 100 per cent, once each month (R-173)", async () => {
    // Those of earlier budgets, of which the sweeper may have warned.
    await lab.inside.db.deleteFrom("mails").execute();
    const mails = async () =>
      (await lab.inside.db.selectFrom("mails").select(["subject", "recipients"]).orderBy("id").execute()).filter(
        ({ subject }) => subject.includes("budget"),
      );
    await send();
    await lab.runAll({ scores: { accuracy: 1 } });
    await set(10);
    for (const [usd, subjects] of [
      [7, []],
      [8, ["80 % of the budget of the competition"]],
      [9, ["80 % of the budget of the competition"]],
      [11, ["80 % of the budget of the competition", "The budget of the competition"]],
    ] as const) {
      await spend(usd);
      await warnOfBudgets(lab.inside);
      await warnOfBudgets(lab.inside);
      const sent = await mails();
      assert.equal(sent.length, subjects.length);
      for (const [i, subject] of subjects.entries()) assert.ok(sent[i]!.subject.startsWith(subject), sent[i]!.subject);
      for (const { recipients } of sent) assert.deepEqual(recipients, [`${lab.organizer.username}@example.org`]);
    }
    await set(null);
  });

  it("has a budget that an administrator set, which only administrators change; the trail has every change (A-166)", async () => {
    await set(30, lab.admin);
    assertRefused(
      await lab.organizer.send("PUT", budgetPath(), { json: { monthly_usd: 100 } }),
      403,
      "BUDGET_OF_ADMINISTRATOR",
    );
    await set(null, lab.admin);
    await set(40);
    await set(null);
    const { results } = await expect<{ results: { kind: string; before: unknown; after: unknown }[] }>(
      200,
      lab.organizer,
      "GET",
      `/api/competitions/${competition.id}/audit/`,
    );
    assert.deepEqual(
      results.slice(0, 2).map(({ kind, before, after }) => [kind, before, after]),
      [
        ["budget.removed", { monthly_usd: "40.00" }, null],
        ["budget.set", null, { monthly_usd: "40.00" }],
      ],
    );
    await expect(200, lab.admin, "PUT", "/api/budget/", { json: { monthly_usd: 1000 } });
    await expect(200, lab.admin, "PUT", "/api/budget/", { json: { monthly_usd: null } });
  });

  it("has a worst case that organizers see before they publish a phase (A-168)", async () => {
    const limited = phase({
      execution_time_limit: 300,
      max_submissions: 10,
      max_submissions_per_day: 2,
      start: "2030-01-01",
      end: "2030-01-03",
    });
    const made = await lab.competition({ phases: [limited] }, alice, bob);
    const found = await expect<{ participants: number; phases: Record<string, unknown>[] }>(
      200,
      lab.organizer,
      "GET",
      `/api/competitions/${made.id}/worst_case/`,
    );
    const [only] = found.phases;
    // Two steps of five minutes.
    const each = (600 * (40_480 + 4 * 4_445)) / 3600 / 1e6;
    assert.equal(found.participants, 3);
    assert.ok(Math.abs(Number(only!["per_submission_usd"]) - each) < 2e-6, JSON.stringify(only));
    assert.equal(only!["submissions_per_participant"], 6);
    assert.ok(Math.abs(Number(only!["total_usd"]) - 18 * each) < 5e-5, JSON.stringify(only));
  });
});
