/** What administrators do for the whole platform: maintenance mode, announcements, news, the mail log, the whole audit trail. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { insertApiToken } from "../../../lambdas/accounts/db/tokens.ts";
import { allRoutes } from "../../../lambdas/functions/all-routes.ts";
import type { Route } from "../../../lambdas/http/route.ts";
import { newToken } from "../../../lambdas/kernel/secrets.ts";
import { assertRefused, codeOf, send } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { expect, openLab, phaseOf, shownTo, type Lab } from "../support/lab.ts";
import { submit } from "../../support/competitions.ts";
import { idOf } from "./organization-lab.ts";

interface Page<Item> {
  count: number;
  next: string | null;
  results: Item[];
}

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();

describe("an administrator", () => {
  let lab: Lab;
  let alice: Person;
  beforeAll(async () => {
    lab = await openLab();
    alice = await lab.newPerson();
  });
  afterAll(() => lab.close());

  const anybody: Pick<Person, "send"> = {
    send: (method, path, content) => lab.send(method, path, content ? { content } : {}),
  };
  const kindsOf = async (query: string) =>
    (await expect<Page<{ kind: string }>>(200, lab.admin, "GET", `/api/audit/all/?${query}`)).results.map(
      ({ kind }) => kind,
    );

  describe("who turns maintenance mode on", () => {
    const routes = Object.values(allRoutes as Record<string, Route[]>).flat();
    const filled = ({ path }: Route) =>
      path.replace(/\{(\w+)\}/g, (_, name: string) => (name === "id" ? "1" : randomUUID()));
    let submission: number;
    let whole: Awaited<ReturnType<Lab["contents"]>>;
    let robot: Person;
    let phase: number;
    beforeAll(async () => {
      const competition = await lab.competition({}, alice);
      phase = phaseOf(competition);
      robot = await lab.newPerson({ isBot: true });
      const welcome = { allow_robot_submissions: true };
      await lab.inside.db.updateTable("competitions").set(welcome).where("id", "=", competition.id).execute();
      submission = await submit(alice, phaseOf(competition), Buffer.from("a submission"));
      const json = { message: "We move to another database.", planned_end: inHours(1) };
      await expect(200, lab.admin, "PUT", "/api/maintenance/", { json });
      whole = await lab.contents();
    });
    afterAll(() => expect(204, lab.admin, "DELETE", "/api/maintenance/"));

    const loggingOut = ["POST /accounts/logout/", "DELETE /api/session/"];
    it("stops every route that changes something, for everybody else, and no other (A-230)", async () => {
      const stopped: string[] = [];
      for (const route of routes) {
        const named = `${route.method} ${route.path}`;
        const changes = route.method !== "GET" || route.changes === true;
        if (loggingOut.includes(named)) continue;
        const answer = await alice.send(route.method, filled(route));
        const isStopped = codeOf(answer) === "MAINTENANCE";
        if (isStopped) stopped.push(named);
        if (route.access === "worker" || route.inMaintenance) assert.equal(isStopped, false, named);
        else assert.equal(isStopped, changes, `${named}: ${answer.text}`);
        if (isStopped) assert.equal(answer.status, 503, named);
      }
      assert.ok(stopped.length > 100 && stopped.includes("GET /api/submissions/{id}/toggle_public/"));
      assert.deepEqual(routes.flatMap(({ path, inMaintenance }) => (inMaintenance ? [path] : [])).sort(), [
        "/accounts/login/",
        "/accounts/logout/",
        "/api/api-token-auth/",
        "/api/session/",
        "/api/session/",
        "/api/session/impersonation/end/",
        "/api/session/passkey/",
        "/api/session/passkey/options/",
        "/rest/oauth2/revoke/",
        "/rest/oauth2/token/",
      ]);
      const { rows, objects } = await lab.contents();
      // GETs of downloads write audit events, and the front page keeps what it has counted.
      const written = { audit_events: 0, platform_counts: 0 };
      assert.deepEqual({ ...rows, ...written }, { ...whole.rows, ...written });
      assert.deepEqual(objects, whole.objects);
    });

    it("makes no robot that asks a participant (A-301)", async () => {
      assertRefused(await robot.send("GET", `/api/can_make_submission/${phase}/`), 503, "MAINTENANCE");
      const { can } = await expect<{ can: boolean }>(200, alice, "GET", `/api/can_make_submission/${phase}/`);
      assert.equal(can, true);
    });

    it("stops visitors, too, and says when to come back (A-230)", async () => {
      const json = { username: `n${randomUUID().slice(0, 8)}`, email: "new@example.org", password: "long enough" };
      const answer = await lab.send("POST", "/api/signup/", { content: { json } });
      assertRefused(answer, 503, "MAINTENANCE", /^We move to another database\. It is planned to end at .* UTC\.$/);
      const seconds = Number(answer.headers.get("retry-after"));
      assert.ok(seconds > 3000 && seconds <= 3600, String(seconds));
    });

    it("leaves nobody logged in who wants to log out (A-244)", async () => {
      for (const route of loggingOut) {
        const { token, hash } = newToken("bst");
        const userId = await idOf(lab, alice);
        await insertApiToken(lab.inside.db, { userId, hash, kind: "token", lifetimeDays: 1 });
        const [method, path] = route.split(" ") as [string, string];
        assert.equal((await lab.send(method, path, { authorization: `Token ${token}` })).status, 204, route);
        assertRefused(await lab.send("GET", "/api/my_profile/", { authorization: `Token ${token}` }), 403, "BAD_TOKEN");
      }
    });

    it("logs in, and changes things; nobody else logs in (A-231)", async () => {
      const logIn = ({ username, password }: Person) =>
        lab.send("POST", "/api/api-token-auth/", { content: { json: { username, password } } });
      assertRefused(await logIn(alice), 503, "MAINTENANCE");
      assert.equal((await logIn(lab.admin)).status, 200);
      await expect(200, lab.admin, "PATCH", "/api/users/1/", { json: { location: "Here" } });
      const over = await lab.admin.send("PUT", "/api/maintenance/", { json: { planned_end: inHours(-1) } });
      assertRefused(over, 400, "INVALID", /over already/);
      await expect(200, lab.admin, "PUT", "/api/maintenance/", {
        json: { message: "We move", planned_end: inHours(1) },
      });
      assertRefused(await logIn(alice), 503, "MAINTENANCE", /^We move\. It is planned to end at /);
      const json = { message: "We move to another database.", planned_end: inHours(2) };
      await expect(200, lab.admin, "PUT", "/api/maintenance/", { json });
    });

    it("lets workers finish what they run (A-230)", async () => {
      await lab.runAll({ scores: { accuracy: 1 } });
      assert.equal((await shownTo(alice, submission)).status, "Finished");
    });

    it("tells everybody, and ends it at once (A-230)", async () => {
      type Config = { maintenance: { message: string } | null };
      const { maintenance } = await expect<Config>(200, alice, "GET", "/api/config/");
      assert.equal(maintenance?.message, "We move to another database.");
      assertRefused(await alice.send("DELETE", "/api/maintenance/"), 503, "MAINTENANCE");
      await expect(204, lab.admin, "DELETE", "/api/maintenance/");
      await expect(204, lab.admin, "DELETE", "/api/maintenance/");
      assert.equal((await expect<Config>(200, alice, "GET", "/api/config/")).maintenance, null);
      assertRefused(await alice.send("DELETE", "/api/maintenance/"), 403, "NOT_ALLOWED");
      assert.deepEqual(await kindsOf("subject=maintenance"), [
        "maintenance.ended",
        "maintenance.changed",
        "maintenance.changed",
        "maintenance.began",
      ]);
    });
  });

  it("announces something to everybody for a time (A-232)", async () => {
    type Announcement = { id: number; text: string; level: string; ends_at: string | null };
    const announce = (json: unknown) => expect<Announcement>(201, lab.admin, "POST", "/api/announcements/", { json });
    const seen = async (query = "", who: Pick<Person, "send"> = anybody) =>
      (await expect<Page<Announcement>>(200, who, "GET", `/api/announcements/${query}`)).results.map(
        ({ text }) => text,
      );
    const now = await announce({ text: "**New** GPUs", ends_at: inHours(1) });
    await announce({ text: "Tomorrow", level: "warning", starts_at: inHours(24) });
    const past = await announce({ text: "Yesterday", starts_at: inHours(-24), ends_at: inHours(-1) });
    assert.deepEqual(await seen(), ["**New** GPUs"]);
    assert.deepEqual(await seen("?all=true", lab.admin), ["Tomorrow", "**New** GPUs", "Yesterday"]);
    assertRefused(await alice.send("GET", "/api/announcements/?all=true"), 403, "NOT_ALLOWED");
    const config = await send<{ announcements: Announcement[] }>("GET", `${lab.url}/api/config/`);
    assert.deepEqual(
      config.body.announcements.map(({ text }) => text),
      ["**New** GPUs"],
    );
    const again = await send("GET", `${lab.url}/api/config/`, {
      headers: { "if-none-match": config.headers.get("etag")! },
    });
    assert.equal(again.status, 304);
    const wrong = await lab.admin.send("PATCH", `/api/announcements/${now.id}/`, { json: { ends_at: inHours(-48) } });
    assertRefused(wrong, 400, "ENDS_BEFORE_START");
    await expect(200, lab.admin, "PATCH", `/api/announcements/${now.id}/`, { json: { text: "More GPUs" } });
    assert.deepEqual(await seen(), ["More GPUs"]);
    for (const { id } of [now, past]) await expect(204, lab.admin, "DELETE", `/api/announcements/${id}/`);
    assert.deepEqual(await seen(), []);
    assert.deepEqual(await kindsOf("subject=announcement&page_size=4"), [
      "announcement.deleted",
      "announcement.deleted",
      "announcement.changed",
      "announcement.created",
    ]);
    assertRefused(await lab.admin.send("DELETE", `/api/announcements/${now.id}/`), 404, "NO_SUCH_ANNOUNCEMENT");
    assertRefused(await alice.send("POST", "/api/announcements/", { json: { text: "Me" } }), 403, "NOT_ALLOWED");
  });

  it("publishes news, now or later (A-233)", async () => {
    type News = { id: number; title: string };
    const publish = (json: unknown) => expect<News>(201, lab.admin, "POST", "/api/news/", { json });
    const first = await publish({ title: "First", text: "We are *open*." });
    const later = await publish({ title: "Later", text: "Soon.", published_at: inHours(1) });
    await publish({ title: "Second", text: "Still open." });
    const list = (who: Pick<Person, "send">, query: string) =>
      expect<Page<News>>(200, who, "GET", `/api/news/${query}`);
    const page = await list(anybody, "?page_size=1");
    assert.deepEqual([page.count, page.results.map(({ title }) => title)], [2, ["Second"]]);
    assert.match(page.next!, /page=2/);
    assert.equal((await list(lab.admin, "?all=true")).count, 3);
    assertRefused(await alice.send("GET", "/api/news/?all=true"), 403, "NOT_ALLOWED");
    assertRefused(await alice.send("GET", `/api/news/${later.id}/`), 404, "NO_SUCH_NEWS");
    await expect(200, lab.admin, "GET", `/api/news/${later.id}/`);
    await expect(200, lab.admin, "PATCH", `/api/news/${later.id}/`, { json: { published_at: inHours(-1) } });
    await expect(200, alice, "GET", `/api/news/${later.id}/`);
    await expect(204, lab.admin, "DELETE", `/api/news/${first.id}/`);
    assert.equal((await list(alice, "")).count, 2);
    assert.deepEqual(await kindsOf("subject=news&page_size=2"), ["news.deleted", "news.changed"]);
  });

  it("searches the whole audit trail by person, kind, time and text (A-234)", async () => {
    const json = { monthly_usd: 12 };
    await lab.admin.send("PUT", "/api/budget/", { json });
    const since = new Date().toISOString();
    await expect(201, lab.admin, "POST", "/api/news/", { json: { title: "A needle", text: "in the hay" } });
    const search = (query: Record<string, string>) =>
      expect<Page<{ id: number; kind: string; competition: number | null }>>(
        200,
        lab.admin,
        "GET",
        `/api/audit/all/?${new URLSearchParams(query)}`,
      );
    const found = await search({ search: "needle" });
    assert.deepEqual(
      found.results.map(({ kind }) => kind),
      ["news.created"],
    );
    assert.equal((await search({ search: "needle", until: since })).count, 0);
    assert.equal((await search({ since, username: lab.admin.username.toUpperCase() })).count, 1);
    assert.equal((await search({ since, username: alice.username })).count, 0);
    const published = await search({ username: lab.organizer.username, kind: "competition.published" });
    assert.ok(published.count > 0 && published.results.every(({ competition }) => competition !== null));
    const table = await lab.admin.send("GET", "/api/audit/all/?search=needle&format=csv");
    assert.match(table.text, /^id,created_when,.*,competition,queue,organization\r\n\d+,.*news\.created/);
    assertRefused(await lab.organizer.send("GET", "/api/audit/all/"), 403, "NOT_ALLOWED");
    // The trail of one thing has the same filters.
    const { count } = await expect<Page<unknown>>(200, lab.admin, "GET", `/api/audit/?search=needle&since=${since}`);
    assert.equal(count, 1);
  });

  it("reads the mail log without the texts, and sends again what failed (A-235)", async () => {
    type Mail = { id: number; subject: string; status: string; can_retry: boolean; problem: string | null };
    const { db } = lab.inside;
    const mail = (subject: string, status: "failed" | "sent" | "waiting", isSecret: boolean) =>
      db
        .insertInto("mails")
        .values({
          recipients: ["reader@example.org"],
          subject,
          body: "https://platform.example.org/?token=secret",
          status,
          is_secret: isSecret,
          problem: status === "failed" ? "MessageRejected: no" : null,
          // Otherwise it is taken for one that was lost.
          taken_when: sql<Date>`now()`,
        })
        .returning("id")
        .executeTakeFirstOrThrow();
    const failed = await mail("failed", "failed", true);
    const sent = await mail("sent", "sent", false);
    const secret = await mail("secret", "sent", true);
    const waiting = await mail("waiting", "waiting", false);
    type Log = Page<Mail> & { counts: Record<string, number> };
    const log = async (query: string) => {
      const answer = await lab.admin.send<Log>("GET", `/api/mails/?recipient=READER@example.org&${query}`);
      assert.doesNotMatch(answer.text, /token=/);
      return answer.body;
    };
    const all = await log("");
    assert.deepEqual(
      all.results.map(({ subject, can_retry }) => [subject, can_retry]),
      [
        ["waiting", false],
        ["secret", false],
        ["sent", true],
        ["failed", true],
      ],
    );
    assert.deepEqual(all.counts, { failed: 1, sent: 2, waiting: 1 });
    const [one] = (await log("status=failed")).results;
    assert.equal(one?.problem, "MessageRejected: no");
    const retry = (id: string) => lab.admin.send("POST", `/api/mails/${id}/retry/`);
    assertRefused(await retry(secret.id), 409, "MAIL_WAS_SECRET");
    assertRefused(await retry(waiting.id), 409, "MAIL_ON_ITS_WAY");
    assertRefused(await retry("999999"), 404, "NO_SUCH_MAIL");
    for (const { id } of [failed, sent]) assert.equal((await retry(id)).status, 202);
    await waitFor("both to be sent", async () => (await log("status=sent")).count === 3);
    assertRefused(await retry(failed.id), 409, "MAIL_WAS_SECRET");
    assertRefused(await alice.send("GET", "/api/mails/"), 403, "NOT_ALLOWED");
    assert.deepEqual(await kindsOf("subject=mail"), ["mail.retried", "mail.retried"]);
  });
});
