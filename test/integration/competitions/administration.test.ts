/** What administrators see and decide of all competitions, and what organizers see of theirs at a glance. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition } from "../../../client/api-client.ts";
import { bundleFiles, inDays, phase, register, submit } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { boardWithRule, expect, openLab, phaseOf, twoTasks, type Lab } from "../support/lab.ts";

interface Page<Item> {
  count: number;
  next: string | null;
  results: Item[];
}
type Titled = { id: number; title: string };

describe("administration", () => {
  let lab: Lab;
  let [alice, bob] = [] as unknown as [Person, Person];
  let first: Competition;
  beforeAll(async () => {
    lab = await openLab();
    [alice, bob] = await Promise.all([lab.newPerson(), lab.newPerson()]);
    first = await lab.competition({ title: "Alpha cats" }, alice);
  });
  afterAll(() => lab.close());

  const get = <Body>(who: Person, path: string) => expect<Body>(200, who, "GET", path);

  describe("of competitions", () => {
    type Row = Titled & {
      created_by: { username: string };
      published: boolean;
      listing: string;
      submissions_count: number;
    };
    type All = Page<Row> & { counts: Record<string, number> };
    const all = (query: string) => get<All>(lab.admin, `/api/competitions/all/?${query}`);
    const moderate = (id: number, json: unknown) =>
      lab.admin.send("PUT", `/api/competitions/${id}/moderation/`, { json });
    let hidden: Competition;
    beforeAll(async () => {
      hidden = await lab.newCompetition(bob, bundleFiles({ title: "Beta dogs", reward: "A bone" }));
      await register(hidden, alice);
    });

    it("lists all of them, with search, filters, orders and numbers (A-236)", async () => {
      await bob.send("POST", `/api/competitions/${first.id}/toggle_publish/`);
      const { results, counts } = await all("ordering=title&search=");
      assert.deepEqual(
        results.map(({ title }) => title),
        ["Alpha cats", "Beta dogs"],
      );
      assert.deepEqual(counts, { all: 2, published: 2, featured: 0, unlisted: 0, withheld: 0 });
      assert.deepEqual(
        (await all("search=DOGS")).results.map(({ id }) => id),
        [hidden.id],
      );
      assert.deepEqual(
        (await all(`search=${bob.username}`)).results.map(({ id }) => id),
        [hidden.id],
      );
      assert.equal((await all(`search=${bob.username}@example.org`)).count, 1);
      const page = await all("page_size=1&ordering=-id");
      assert.deepEqual([page.count, page.results[0]!.id], [2, hidden.id]);
      for (const order of ["participants_count", "-submissions_count", "last_submission_when", "-created_when"])
        assert.equal((await all(`ordering=${order}`)).count, 2);
      assertRefused(await bob.send("GET", "/api/competitions/all/"), 403, "NOT_ALLOWED");
    });

    it("features one, which then comes first (A-236)", async () => {
      type Front = { popular_comps: Titled[] };
      await submit(alice, phaseOf(first), Buffer.from("1"));
      assert.equal((await moderate(hidden.id, { is_featured: true })).status, 200);
      const { popular_comps } = await get<Front>(alice, "/api/competitions/front_page/");
      assert.equal(popular_comps[0]!.id, hidden.id);
      assert.equal((await all("featured=true")).count, 1);
      assertRefused(
        await bob.send("PUT", `/api/competitions/${hidden.id}/moderation/`, { json: {} }),
        403,
        "NOT_ALLOWED",
      );
    });

    it("takes one out of public lists and tells its organizers why; who knows it still opens it (A-237)", async () => {
      assertRefused(await moderate(hidden.id, { listing: "unlisted" }), 400, "REASON_MISSING");
      const reason = "A copy of another competition";
      await moderate(hidden.id, { listing: "unlisted", listing_reason: reason });
      const eve = await lab.newPerson();
      const seenBy = async (who: Person, path: string) =>
        JSON.stringify(await get<object>(who, path)).includes("Beta dogs");
      const lists = ["/api/competitions/", "/api/competitions/public/", "/api/competitions/front_page/"];
      for (const path of lists) assert.equal(await seenBy(eve, path), false, path);
      for (const { username } of [alice, bob])
        assert.equal(await seenBy(eve, `/api/users/${username}/`), false, `the profile of ${username}`);
      assert.equal(await seenBy(alice, "/api/competitions/"), true);
      assert.equal(await seenBy(alice, "/api/competitions/public/?participating_in=true"), true);
      const path = `/api/competitions/${hidden.id}/`;
      type Detail = { listing?: string; listing_reason?: string };
      assert.equal((await get<Detail>(eve, path)).listing, undefined);
      const { listing, listing_reason } = await get<Detail>(bob, path);
      assert.deepEqual([listing, listing_reason], ["unlisted", reason]);
    });

    it("withholds one, also from its secret link, until an administrator lists it again (A-237, A-299)", async () => {
      const path = `/api/competitions/${hidden.id}/`;
      await moderate(hidden.id, { listing: "withheld", listing_reason: "It has private data" });
      const eve = await lab.newPerson();
      assertRefused(await eve.send("GET", path), 404, "NO_SUCH_COMPETITION");
      const { secret_key: key } = await get<{ secret_key: string }>(bob, path);
      const join = await eve.send("POST", `${path}register/`, { json: { secret_key: key } });
      assertRefused(join, 404, "NO_SUCH_COMPETITION");
      assertRefused(await eve.send("GET", `${path}?secret_key=${key}`), 404, "NO_SUCH_COMPETITION");
      const tries = [
        await bob.send("POST", `${path}toggle_publish/`),
        await bob.send("PATCH", path, { json: { published: true } }),
      ];
      for (const answer of tries) assertRefused(answer, 403, "WITHHELD", /It has private data/);
      assert.equal((await bob.send("PATCH", path, { json: { title: "Beta dogs 2" } })).status, 200);
      assert.deepEqual((await all("listing=withheld")).counts["withheld"], 1);
      await moderate(hidden.id, { listing: "listed" });
      assert.deepEqual(await expect(200, bob, "POST", `${path}toggle_publish/`), { published: true });
      assert.equal((await eve.send("GET", path)).status, 200);
      type Events = Page<{ kind: string; after: Record<string, unknown> }>;
      const events = await get<Events>(bob, `${path}audit/?kind=competition.changed&page_size=1`);
      assert.deepEqual(events.results[0]!.after, { listing: "listed", listing_reason: null });
    });
  });

  it("counts new people, competitions and submissions for each day, also those without any (A-238)", async () => {
    const { db } = lab.inside;
    await db
      .updateTable("users")
      .set({ created_when: "2020-02-28T23:30:00Z" })
      .where("username", "=", bob.username)
      .execute();
    await db
      .updateTable("users")
      .set({ created_when: "2020-03-01T00:00:00Z" })
      .where("username", "=", alice.username)
      .execute();
    await db
      .updateTable("competitions")
      .set({ created_when: "2020-02-29T12:00:00Z" })
      .where("id", "=", first.id)
      .execute();
    type Analytics = Record<"registered_user_count" | "competition_count" | "competitions_published_count", number> &
      Record<"users_data" | "competitions_data" | "submissions_data", { _datefield: string; count: number }[]>;
    const days = "start_date=2020-02-28&end_date=2020-03-02&time_unit=day";
    const counted = await get<Analytics>(lab.admin, `/api/analytics/?${days}`);
    assert.deepEqual(
      counted.users_data.map(({ _datefield, count }) => [_datefield, count]),
      [
        ["2020-02-28", 1],
        ["2020-02-29", 0],
        ["2020-03-01", 1],
      ],
    );
    assert.deepEqual(
      counted.competitions_data.map(({ count }) => count),
      [0, 1, 0],
    );
    assert.deepEqual(
      [counted.registered_user_count, counted.competition_count, counted.competitions_published_count],
      [2, 1, 1],
    );
    const until = "start_date=2020-02-28&end_date=2020-03-01";
    for (const [unit, dates] of [
      ["week", ["2020-02-24"]],
      ["month", ["2020-02-01"]],
      ["year", ["2020-01-01"]],
    ] as const) {
      const { users_data } = await get<Analytics>(lab.admin, `/api/analytics/?${until}&time_unit=${unit}`);
      assert.deepEqual(
        users_data,
        dates.map((_datefield) => ({ _datefield, count: 1 })),
      );
    }
    const table = await lab.admin.send("GET", `/api/analytics/?${days}&format=csv`);
    assert.deepEqual(table.text.split("\r\n").slice(0, 3), [
      "Start Date,End Date,Time Unit,Registered User Count,Competition Count,Competitions Published Count,Submissions Made Count,Users Data Date,Users Data Count,Competitions Data Date,Competitions Data Count,Submissions Data Date,Submissions Data Count",
      "2020-02-28,2020-03-02,day,2,1,1,0,2020-02-28,1,2020-02-28,0,2020-02-28,0",
      ",,,,,,,2020-02-29,0,2020-02-29,1,2020-02-29,0",
    ]);
    const refused = [
      "start_date=2020-01-01&end_date=2020-01-01&time_unit=day",
      "start_date=1900-01-01&end_date=2020-01-01&time_unit=day",
    ];
    for (const query of refused)
      assertRefused(await lab.admin.send("GET", `/api/analytics/?${query}`), 400, "BAD_INTERVAL");
    assertRefused(await bob.send("GET", `/api/analytics/?${days}`), 403, "NOT_ALLOWED");
  });

  it("exports users, competitions and submissions in parts, without anything secret (A-239)", async () => {
    const users: { id: number; username: string }[] = [];
    let path: string | undefined = "/api/exports/users/?limit=2";
    while (path !== undefined) {
      const answer: Awaited<ReturnType<Person["send"]>> = await lab.admin.send("GET", path);
      assert.doesNotMatch(answer.text, /hash|token|secret/);
      users.push(...(answer.body as unknown as typeof users));
      const [, next] = /^<[^>]*(\/api\/[^>]*)>; rel="next"$/.exec(answer.headers.get("link") ?? "") ?? [];
      path = next;
    }
    const names = await lab.inside.db.selectFrom("users").select("username").orderBy("id").execute();
    assert.deepEqual(
      users.map(({ username }) => username),
      names.map(({ username }) => username),
    );
    const competitions = await lab.admin.send("GET", "/api/exports/competitions/?format=csv");
    assert.match(competitions.text, /^id,title,created_by,.*\r\n\d+,Alpha cats,/);
    assert.doesNotMatch(competitions.text, /secret|pseudonym/);
    const [one] = await get<Record<string, unknown>[]>(lab.admin, "/api/exports/submissions/");
    assert.deepEqual([one!["competition_title"], one!["owner"]], ["Alpha cats", alice.username]);
    assertRefused(await bob.send("GET", "/api/exports/users/"), 403, "NOT_ALLOWED");
    assertRefused(await lab.admin.send("GET", "/api/exports/tokens/"), 404, "NOT_FOUND");
    const events = await get<Page<{ subject: { id: string } }>>(
      lab.admin,
      "/api/audit/?kind=records.exported&page_size=2",
    );
    assert.deepEqual(
      events.results.map(({ subject }) => subject.id),
      ["submissions", "competitions"],
    );
  });

  it("shows submissions and where they run: one's own, those one organizes, and all (A-240)", async () => {
    type Status = {
      id: number;
      owner: string | null;
      host: string | null;
      queue: string;
      status: string;
      permissions: { view: boolean };
    };
    const shown = async (who: Person, query = "") =>
      (await get<Page<Status>>(who, `/api/server_status/?${query}`)).results;
    const double = await lab.competition({ ...twoTasks, anonymous_leaderboard: true }, bob);
    const waiting = await submit(bob, phaseOf(double), Buffer.from("2"));
    const held = await lab.claim();
    const [newest] = await shown(lab.admin);
    assert.deepEqual([newest!.id, newest!.status], [waiting, "Submitted"]);
    const [own] = await shown(alice);
    assert.deepEqual(
      [(await shown(alice)).length, own!.owner, own!.host, own!.queue],
      [1, alice.username, "test-host", "default"],
    );
    assert.equal((await shown(lab.organizer)).length, 2);
    assert.equal((await shown(lab.organizer, "show_child_submissions=true")).length, 4);
    assert.deepEqual(
      (await shown(lab.admin, "status=Running&host=test-host")).map(({ id }) => id),
      [own!.id],
    );
    assert.deepEqual(await shown(lab.admin, "host=elsewhere"), []);
    const json = { name: "Machines" };
    const queue = await expect<{ id: string }>(201, alice, "POST", "/api/queues/", { json });
    await lab.inside.db.updateTable("competitions").set({ queue_id: queue.id }).where("id", "=", double.id).execute();
    // Who runs the queue sees what is submitted to it, but not by whom where nobody may know.
    const foreign = (await shown(alice)).find(({ id }) => id === waiting);
    assert.deepEqual([foreign?.status, foreign?.owner, foreign?.permissions], ["Submitted", null, { view: false }]);
    for (const one of [own, newest]) assert.deepEqual(one!.permissions, { view: true });
    await lab.finish(held!, { scores: { accuracy: 1 } });
  });

  it("shows what waits and runs on one's queues, and on all for superusers (A-241, A-300)", async () => {
    type Queue = {
      id: string;
      name: string;
      waiting: number;
      running: number;
      oldest_waiting_seconds: number | null;
      history: { succeeded: number; failed: number }[];
      workers: { host: string; running: object[] }[];
    };
    const shown = async (who: Person) => (await get<Page<Queue>>(who, "/api/queues/status/")).results;
    const claimed = await lab.claim();
    const platform = (await shown(lab.admin)).find(({ name }) => name === "default")!;
    assert.deepEqual([platform.waiting, platform.running, platform.history.length], [1, 1, 24]);
    assert.ok(platform.oldest_waiting_seconds !== null && platform.oldest_waiting_seconds >= 0);
    assert.ok(platform.history.reduce((sum, { succeeded }) => sum + succeeded, 0) >= 1);
    assert.deepEqual(
      platform.workers.map(({ host, running }) => [host, running.length]),
      [["test-host", 1]],
    );
    assert.deepEqual(
      (await shown(alice)).map(({ name, waiting }) => [name, waiting]),
      [["Machines", 0]],
    );
    assert.deepEqual(await shown(bob), []);
    // Of one queue.
    const one = (who: Person, id: string) => get<Page<Queue>>(who, `/api/queues/status/?queue=${id}`);
    assert.deepEqual(
      (await one(lab.admin, platform.id)).results.map(({ name }) => name),
      ["default"],
    );
    assert.equal((await one(alice, platform.id)).count, 0);
    await lab.finish(claimed!, { scores: { accuracy: 1 } });
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("shows organizers what waits for them, and what a migration would copy (A-242, A-243)", async () => {
    const competition = await lab.competition({
      registration_auto_approve: false,
      auto_run_submissions: false,
      phases: [phase({ name: "First", end: inDays(1) }), phase({ name: "Second", index: 1, start: inDays(2) })],
      ...boardWithRule("Force_Last"),
    });
    const at = `/api/competitions/${competition.id}`;
    await alice.send("POST", `${at}/register/`, { json: {} });
    await submit(lab.organizer, phaseOf(competition), Buffer.from("1"));
    const none = {
      pending_participants: 0,
      to_start: 0,
      waiting: 0,
      running: 0,
      submitted_last_day: 0,
      failed_last_day: 0,
      quarantined: 0,
    };
    const today = () => get(lab.organizer, `${at}/today/`);
    assert.deepEqual(await today(), { ...none, pending_participants: 1, to_start: 1, submitted_last_day: 1 });
    await lab.organizer.send("PATCH", `${at}/`, { json: { auto_run_submissions: true } });
    const ranked = await lab.submitted(lab.organizer, phaseOf(competition), { scores: { accuracy: 1 } });
    await lab.submitted(lab.organizer, phaseOf(competition), { failure: "PROGRAM_EXIT" });
    assert.deepEqual(await today(), {
      ...none,
      pending_participants: 1,
      to_start: 1,
      submitted_last_day: 3,
      failed_last_day: 1,
    });
    assertRefused(await alice.send("GET", `${at}/today/`), 403, "NOT_ALLOWED");

    type Preview = Page<{ id: number; owner: string }> & { to: { name: string; tasks: string[] } };
    const path = `/api/phases/${phaseOf(competition)}/manually_migrate/`;
    const preview = await get<Preview>(lab.organizer, path);
    assert.deepEqual([preview.to.name, preview.to.tasks.length], ["Second", 1]);
    assert.deepEqual(
      preview.results.map(({ id }) => id),
      [ranked],
    );
    assert.deepEqual(await expect(200, lab.organizer, "POST", path), { count: 1 });
    assert.equal((await get<Preview>(lab.organizer, path)).count, 0);
    const last = await lab.organizer.send("GET", `/api/phases/${phaseOf(competition, 1)}/manually_migrate/`);
    assertRefused(last, 400, "NO_NEXT_PHASE");
    await lab.runAll({ scores: { accuracy: 1 } });
  });
});
