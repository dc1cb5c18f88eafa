/** Lists read a page, however many submissions there are. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it, jest } from "@jest/globals";
import { sql } from "kysely";
import * as z from "zod";
import { allRoutes } from "../../../lambdas/functions/all-routes.ts";
import { checkCounts, foldCounts } from "../../../lambdas/competitions/db/counts.ts";
import type { Context } from "../../../lambdas/kernel/context.ts";
import { migrate } from "../../../lambdas/kernel/db/connection.ts";
import type { Route } from "../../../lambdas/http/route.ts";
import { addIdleQueues, addReadyJobs, lineWork } from "../../../scripts/bench/load/line.ts";
import { asker, contextOn, rowsRead } from "../../../scripts/bench/load/ask.ts";
import { addSubmissions, fillPlatform } from "../../../scripts/bench/load/fill.ts";
import { lists, nameOf } from "../../../scripts/bench/load/lists.ts";
import { testDatabase, type TestDatabase } from "../../support/postgres.ts";

const filling = { participants: 40, competitions: 5 };
const [few, many] = [4000, 16_000];

/** Pages of other things than submissions and those who make them. */
const others = [
  "/api/announcements/",
  "/api/audit/",
  "/api/audit/all/",
  "/api/competitions/{id}/audit/",
  "/api/competitions/{id}/forum/reports/",
  "/api/competitions/{id}/forum/threads/",
  "/api/competitions/{id}/forum/threads/{thread}/posts/",
  "/api/mails/",
  "/api/news/",
  "/api/organizations/{id}/audit/",
  "/api/queues/{id}/audit/",
  "/api/queues/{id}/quarantine/",
  "/api/storage/findings/",
];

describe("with four times the submissions", () => {
  let database: TestDatabase;
  let context: Context;
  const read = { few: new Map<string, number>(), many: new Map<string, number>() };

  beforeAll(async () => {
    database = await testDatabase();
    context = contextOn(database.url);
    await migrate(context.db);
    await fillPlatform(context.db, filling);
    const ask = asker(context);
    for (const [size, from, to] of [
      ["few", 0, few],
      ["many", few, many],
    ] as const) {
      await addSubmissions(context.db, filling, from, to);
      for (const list of lists) read[size].set(nameOf(list), await rowsRead(context.db, () => ask(list)));
    }
  }, 600_000);
  afterAll(async () => {
    await context.db.destroy();
    await database.drop();
  });

  it("no list reads more rows (A-315)", () => {
    const growing = lists
      .filter(({ grows }) => grows === undefined)
      .map(nameOf)
      .filter((name) => read.many.get(name)! > read.few.get(name)! * 1.25 + 100)
      .map((name) => `${name}: ${read.few.get(name)} → ${read.many.get(name)}`);
    assert.deepEqual(growing, []);
  });

  it("a search counts up to 1,000 matches, and finds the latest first; others are counted exactly (A-316, A-317)", async () => {
    const ask = asker(context);
    const page = async (query: string) =>
      JSON.parse(await ask({ route: "/api/submissions/", as: "organizer", query: `phase=1&page_size=3&${query}` })) as {
        count: number;
        counts: Record<string, number>;
        results: { id: number; filename: string; owner: string }[];
      };
    const [all, frequent, rare] = [await page(""), await page("search=answers"), await page("search=answers-1234")];
    assert.deepEqual([all.count, all.counts], [many, { Failed: many / 10, Finished: (many * 9) / 10 }]);
    assert.deepEqual([frequent.count, frequent.results.map(({ id }) => id)], [1000, [many, many - 1, many - 2]]);
    assert.deepEqual(
      [rare.count, rare.results.map(({ filename }) => filename)],
      [11, ["answers-12349.zip", "answers-12348.zip", "answers-12347.zip"]],
    );
    const person = await page("search=person12");
    assert.deepEqual(
      [person.count, new Set(person.results.map(({ owner }) => owner))],
      [many / 40, new Set(["person12"])],
    );
  });

  it("a claim, a place in a long line and the scaler read no more of many jobs or idle queues (R-210, R-211, R-212)", async () => {
    const { db } = context;
    const before = new Map<string, number>();
    await addReadyJobs(db, filling, 0, few);
    for (const [name, work] of Object.entries(await lineWork(db))) {
      await work();
      before.set(name, await rowsRead(db, work));
    }
    await addReadyJobs(db, filling, few, many);
    const after = new Map<string, number>();
    for (const [name, work] of Object.entries(await lineWork(db))) after.set(name, await rowsRead(db, work));
    const scaler = "count what waits, for scaler and metrics";
    for (const name of ["claim a job", "find the job of an attempt"])
      assert.ok(
        after.get(name)! <= before.get(name)! * 1.25 + 100,
        `${name}: ${before.get(name)} → ${after.get(name)}`,
      );
    // Counted at most once a second, and then the own jobs only.
    const place = "say where the last job stands";
    const { [place]: ask } = await lineWork(db);
    // Within the same moment, however long this machine takes.
    const clock = jest.spyOn(performance, "now").mockReturnValue(performance.now());
    await ask!();
    const again = await rowsRead(db, ask!);
    clock.mockRestore();
    assert.ok(again < many / filling.participants + 1500, `${place}: ${again}`);
    await addIdleQueues(db, 1000);
    const { [scaler]: count } = await lineWork(db);
    const withIdle = await rowsRead(db, count!);
    assert.ok(withIdle <= after.get(scaler)! + 1100, `${scaler}: ${after.get(scaler)} → ${withIdle}`);
  });

  it("every number is the one that counting gives, before and after folding (A-316)", async () => {
    const { db } = context;
    await sql`update submissions set status = 'Cancelled', is_soft_deleted = true where id % 7 = 0`.execute(db);
    await sql`delete from submission_scores where submission_id % 11 = 0`.execute(db);
    await sql`delete from submissions where id % 11 = 0`.execute(db);
    await sql`update participants set status = 'denied' where id % 5 = 0`.execute(db);
    const wrong = async () => {
      await sql`update counts_checked set checked_when = now() - interval '2 days'`.execute(db);
      return checkCounts(db);
    };
    assert.equal(await wrong(), 0);
    await foldCounts(db);
    assert.equal(await wrong(), 0);
    const { rows } = await sql<{ unfolded: number }>`
      select count(*)::int as unfolded from submission_counts where not is_folded or n < 1`.execute(db);
    assert.equal(rows[0]!.unfolded, 0);
    await sql`delete from submission_counts where status = 'Failed'`.execute(db);
    assert.ok((await wrong()) > 0);
    assert.equal(await wrong(), 0);
  });
});

it("every route with a page is among the measured lists, unless it lists something else (A-315)", () => {
  const isPage = ({ query }: Route) => query instanceof z.ZodObject && "page" in query.shape;
  const paged = Object.values(allRoutes)
    .flat()
    .filter((route) => route.method === "GET" && isPage(route))
    .map(({ path }) => path);
  const measured = new Set(lists.map(({ route }) => route));
  assert.deepEqual(paged.filter((path) => !measured.has(path)).sort(), others);
});
