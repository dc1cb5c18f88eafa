/** What administrators do with accounts (A-219 to A-225). */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { Browser } from "../../support/browser.ts";
import { assertRefused, send } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { benchstackHere } from "../cli/run-benchstack.ts";
import { expect, openLab, type Lab } from "../support/lab.ts";
import { submit } from "../../support/competitions.ts";
import { idOf } from "./organization-lab.ts";

interface Listed {
  id: number;
  username: string;
  submissions: number;
  storage_bytes: number;
  is_banned: boolean;
}

describe("administration of accounts", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab.close());

  const users = "/api/admin/users/";
  const act = (person: Person, id: number, what: string, json: object = {}) =>
    person.send("POST", `${users}${id}/${what}/`, { json });
  const list = async (query: string) =>
    expect<{ count: number; results: Listed[] }>(200, lab.admin, "GET", `${users}?${query}`);
  const names = async (query: string) => (await list(query)).results.map(({ username }) => username);
  const mailsTo = async ({ username }: Person) =>
    lab.inside.db
      .selectFrom("mails")
      .select(["subject", "body"])
      .where(sql<boolean>`${`${username}@example.org`} = any(recipients)`)
      .orderBy("id")
      .execute();
  const newest = async (kind: string) => {
    const { results } = await expect<{
      results: {
        actor: { username: string };
        impersonated_by: { username: string } | null;
        reason: string;
        after: object;
      }[];
    }>(200, lab.admin, "GET", `/api/audit/?kind=${kind}&page_size=1`);
    return results[0]!;
  };
  const isAdministrator = (id: number) =>
    lab.inside.db.updateTable("users").set({ is_superuser: true }).where("id", "=", id).execute();

  describe("the list (A-219)", () => {
    it("is searched, filtered, ordered, counted and cut into pages", async () => {
      const [one, two, three] = [await lab.newPerson(), await lab.newPerson(), await lab.newPerson()];
      const ids = [await idOf(lab, one), await idOf(lab, two), await idOf(lab, three)];
      const competition = await lab.competition({}, one, two);
      for (const person of [one, one, two]) await submit(person, competition.phases[0]!.id, Buffer.from("some bytes"));
      const { db } = lab.inside;
      await sql`update users set display_name = 'needle one', storage_quota_bytes = 3 where id = ${ids[0]}`.execute(db);
      await sql`update users set display_name = 'needle two', storage_quota_bytes = 3000, confirmed_email = email
        where id = ${ids[1]}`.execute(db);
      await sql`update users set display_name = 'Needle 100%', is_bot = true, confirmed_email = email
        where id = ${ids[2]}`.execute(db);
      await db.insertInto("identities").values({ provider: "uni", subject: "1", user_id: ids[1]! }).execute();
      const all = [one.username, two.username, three.username];
      assert.deepEqual((await names("search=needle")).toSorted(), all.toSorted());
      assert.deepEqual(await names(`search=${encodeURIComponent("100%")}`), [three.username]);
      assert.deepEqual(await names("search=needle&ordering=-submissions"), all);
      assert.deepEqual((await names("search=needle&ordering=storage_bytes")).at(-1), one.username);
      assert.deepEqual(await names("search=needle&ordering=joined_when"), all);
      assert.deepEqual(await names("search=needle&is_bot=true"), [three.username]);
      assert.deepEqual(await names("search=needle&over_quota=true"), [one.username]);
      await sql`update submissions set output_bytes = 5000, log_bytes = 7 where owner_id = ${ids[1]}`.execute(db);
      const over = await names("search=needle&over_quota=true&ordering=storage_bytes");
      assert.deepEqual(over, [one.username, two.username], "outputs count");
      const stored = (await list("search=needle two")).results[0]!.storage_bytes;
      const { used_bytes } = await expect<{ used_bytes: number }>(200, two, "GET", "/api/storage/");
      assert.equal(stored, used_bytes);
      await sql`update submissions set output_bytes = null where owner_id = ${ids[1]}`.execute(db);
      await sql`insert into datasets (key, created_by, type, name, file_name, file_size, object_key, upload_completed_when)
        values (gen_random_uuid(), ${ids[2]}, 'input_data', 'needle', 'x', 100e12, 'input_data/needle', now())`.execute(
        db,
      );
      assert.ok((await names("search=needle&over_quota=true")).includes(three.username), "what everybody may store");
      await sql`delete from datasets where object_key = 'input_data/needle'`.execute(db);
      assert.deepEqual(await names("search=needle&email_is_confirmed=false"), [one.username]);
      assert.deepEqual(await names("search=needle&identity_provider=uni"), [two.username]);
      assert.deepEqual(await names("search=needle&has_second_factor=true"), []);
      const page = await list("search=needle&ordering=-submissions&page_size=2&page=2");
      assert.deepEqual([page.count, page.results.map(({ username }) => username)], [3, [three.username]]);
      assertRefused(await lab.organizer.send("GET", users), 403, "NOT_ALLOWED");
      await sql`update users set deleted_when = now() where id = ${ids[2]}`.execute(db);
      const change = { json: { is_superuser: true } };
      assertRefused(await lab.admin.send("PATCH", `${users}${ids[2]}/`, change), 404, "NO_SUCH_USER");
      await sql`update users set deleted_when = null where id = ${ids[2]}`.execute(db);
      const detail = await expect<Record<string, unknown[]>>(200, lab.admin, "GET", `${users}${ids[0]}/`);
      assert.equal(detail["recent_submissions"]!.length, 2);
      assert.equal(detail["tokens"]!.length, 1);
      assert.ok(!JSON.stringify(detail).includes("bst_"));
      assert.equal(typeof detail["last_seen"], "string");
    });
  });

  describe("a change (A-220)", () => {
    it("of role, limits and address is made, told and on the trail", async () => {
      const person = await lab.newPerson();
      const id = await idOf(lab, person);
      const before = await mailsTo(person);
      await expect(200, lab.admin, "PATCH", `${users}${id}/`, {
        json: { is_bot: true, queue_limit: 0, email: `New.${person.username}@example.org` },
      });
      const { results } = await list(`search=new.${person.username}@example.org`);
      assert.deepEqual(
        results.map(({ username }) => username),
        [person.username],
      );
      assert.deepEqual(
        (await mailsTo(person)).slice(before.length).map(({ subject }) => subject),
        ["Your mail address was changed"],
      );
      assert.deepEqual(Object.keys((await newest("user.changed")).after).toSorted(), [
        "email",
        "is_bot",
        "queue_limit",
      ]);
      assertRefused(
        await person.send("POST", "/api/queues/", { json: { name: "Mine" } }),
        403,
        "QUEUE_LIMIT",
        /may have 0/,
      );
      await expect(200, lab.admin, "PATCH", `${users}${id}/`, { json: { queue_limit: 1 } });
      await expect(201, person, "POST", "/api/queues/", { json: { name: "Mine" } });
      assertRefused(await person.send("POST", "/api/queues/", { json: { name: "More" } }), 403, "QUEUE_LIMIT");
      const taken = { json: { email: `${lab.organizer.username}@example.org` } };
      assertRefused(await lab.admin.send("PATCH", `${users}${id}/`, taken), 400, "TAKEN");
      assertRefused(await lab.admin.send("PATCH", `${users}${id}/`, { json: { is_superusr: true } }), 400, "INVALID");
    });

    it("never takes away the last administrator, whoever asks at the same time (A-221)", async () => {
      const [a, b] = [await lab.newPerson(), await lab.newPerson()];
      const [admin, idA, idB] = [await idOf(lab, lab.admin), await idOf(lab, a), await idOf(lab, b)];
      assertRefused(
        await lab.admin.send("PATCH", `${users}${admin}/`, { json: { is_superuser: false } }),
        409,
        "LAST_ADMINISTRATOR",
      );
      for (const id of [idA, idB]) await isAdministrator(id);
      await expect(200, a, "PATCH", `${users}${admin}/`, { json: { is_superuser: false } });
      const answers = await Promise.all([
        a.send("PATCH", `${users}${idB}/`, { json: { is_superuser: false } }),
        act(b, idA, "ban", { reason: "They are after me" }),
        a.send("PATCH", `${users}${idA}/`, { json: { is_superuser: false } }),
        b.send("PATCH", `${users}${idB}/`, { json: { is_superuser: false } }),
      ]);
      assert.ok(answers.some(({ status }) => status === 200));
      const left = await lab.inside.db
        .selectFrom("users")
        .select("id")
        .where("is_superuser", "=", true)
        .where("is_banned", "=", false)
        .execute();
      assert.equal(left.length, 1);
      await isAdministrator(admin);
      await lab.inside.db.updateTable("users").set({ is_superuser: false }).where("id", "in", [idA, idB]).execute();
    });

    it("can be made to many, and what is refused is named", async () => {
      const ids = [await idOf(lab, await lab.newPerson()), await idOf(lab, await lab.newPerson()), 999_999];
      const answer = await expect<{ done: number[]; skipped: { id: number; code: string }[] }>(
        200,
        lab.admin,
        "POST",
        `${users}many/`,
        {
          json: { ids, action: "ban", reason: "A ring of bots" },
        },
      );
      assert.deepEqual(answer.done, ids.slice(0, 2));
      assert.deepEqual(
        answer.skipped.map(({ id, code }) => [id, code]),
        [[999_999, "NO_SUCH_USER"]],
      );
      assertRefused(await lab.admin.send("POST", `${users}many/`, { json: { ids, action: "ban" } }), 400, "INVALID");
    });
  });

  describe("a ban (A-222)", () => {
    it("tells why and until when at every way in, and ends by itself", async () => {
      const person = await lab.newPerson();
      const id = await idOf(lab, person);
      const browser = new Browser(lab.url);
      assert.equal((await browser.logIn(person)).status, 302);
      const queue = await expect<{ id: string }>(201, person, "POST", "/api/queues/", { json: { name: "Theirs" } });
      const worker = await expect<{ token: string }>(201, person, "POST", `/api/queues/${queue.id}/tokens/`, {
        json: { name: "mine" },
      });
      const workers = () =>
        send("POST", `${lab.url}/api/worker/queues/`, {
          authorization: `Bearer ${worker.token}`,
          content: { json: {} },
        });
      const competition = await lab.competition({}, person);
      const submission = await submit(person, competition.phases[0]!.id, Buffer.from("some bytes"));
      assertRefused(await act(lab.admin, id, "ban", { reason: "Spam", until: "2020-01-01T00:00:00Z" }), 400, "INVALID");
      assertRefused(await act(lab.admin, await idOf(lab, lab.admin), "ban", { reason: "Spam" }), 409, "OWN_ACCOUNT");
      const until = "2037-01-31T12:00:00Z";
      const answer = await act(lab.admin, id, "ban", { reason: "Two accounts", until, cancel_submissions: true });
      assert.equal(answer.body["cancelled"], 1);
      const { status } = await expect<{ status: string }>(200, lab.admin, "GET", `/api/submissions/${submission}/`);
      assert.equal(status, "Cancelled");

      const told = /banned until 2037-01-31 12:00 UTC\. The reason: Two accounts\./;
      const refused = await person.send("GET", "/api/my_profile/");
      assertRefused(refused, 403, "BANNED", told);
      assert.deepEqual(refused.body["banned_until"], ["2037-01-31T12:00:00.000Z"]);
      assert.match(String(refused.body["error"]), told);
      const { username, password } = person;
      assertRefused(
        await lab.send("POST", "/api/api-token-auth/", { content: { json: { username, password } } }),
        403,
        "BANNED",
        told,
      );
      assertRefused(await workers(), 401, "BANNED", /who made this worker token is banned until/);
      assert.match((await mailsTo(person)).at(-1)!.body, told);
      assert.deepEqual(await names(`search=${username}&is_banned=true`), [username]);

      await lab.inside.db
        .updateTable("users")
        .set({ banned_until: sql<Date>`now()` })
        .where("id", "=", id)
        .execute();
      assert.equal((await person.send("GET", "/api/my_profile/")).status, 200);
      assert.equal((await browser.request("GET", "/api/session/")).status, 200);
      assert.notEqual((await workers()).status, 401);
      assertRefused(await act(lab.admin, id, "unban"), 409, "NOT_BANNED");
      await act(lab.admin, id, "ban", { reason: "Again" });
      assertRefused(await person.send("GET", "/api/my_profile/"), 403, "BANNED", /is banned\. The reason: Again\./);
      assert.equal((await act(lab.admin, id, "unban")).status, 200);
      assert.equal((await newest("user.banned")).reason, "Again");
      assert.equal((await newest("user.unbanned")).actor.username, "admin");
      assert.equal((await person.send("GET", "/api/my_profile/")).status, 200);
    });

    it("leaves the browser to others: the session ends, and somebody else logs in", async () => {
      const [person, other] = [await lab.newPerson(), await lab.newPerson()];
      const id = await idOf(lab, person);
      const browser = new Browser(lab.url);
      const send = (method: string, json?: object) =>
        browser.request(method, "/api/session/", {
          json,
          headers: { "x-csrftoken": browser.cookies.get("csrftoken")! },
        });
      const isStuck = async () => (await browser.request("GET", "/api/my_profile/")).text.includes("BANNED");
      const logInAndBan = async () => {
        await act(lab.admin, id, "unban");
        await browser.logIn(person);
        await act(lab.admin, id, "ban", { reason: "Spam" });
        assert.equal(await isStuck(), true);
      };
      await logInAndBan();
      assert.equal((await browser.request("GET", "/api/config/")).status, 200);
      assert.equal((await send("POST", { username: other.username, password: other.password })).status, 200);
      assert.equal((await send("DELETE")).status, 204);

      await logInAndBan();
      assert.equal((await send("DELETE")).status, 204, "they log out");
      assert.equal(await isStuck(), false);

      await logInAndBan();
      const { user, ban } = JSON.parse((await send("GET")).text) as { user: null; ban: string };
      assert.deepEqual([user, ban], [null, "This account is banned. The reason: Spam."]);
      assert.equal(await isStuck(), false, "the session is over");
      assertRefused(await lab.send("DELETE", "/api/session/"), 403, "NOT_LOGGED_IN");
    });
  });

  describe("help for somebody who cannot get in (A-223)", () => {
    it("resets the password by mail, and ends all logins", async () => {
      const person = await lab.newPerson();
      const id = await idOf(lab, person);
      const { link } = (await act(lab.admin, id, "password_reset")).body;
      assert.equal(link, null, "it was mailed");
      assert.equal((await mailsTo(person)).at(-1)!.subject, "Set a new password");
      assert.deepEqual((await act(lab.admin, id, "revoke_logins")).body, { ended: 1 });
      const { recent_events } = await expect<{ recent_events: { kind: string }[] }>(
        200,
        lab.admin,
        "GET",
        `${users}${id}/`,
      );
      assert.deepEqual(
        recent_events.map(({ kind }) => kind),
        ["user.logins_revoked", "user.reset_sent"],
      );
      assertRefused(await person.send("GET", "/api/my_profile/"), 403, "BAD_TOKEN");
    });
  });

  describe("benchstack admin users", () => {
    it("lists, shows, changes, bans and unbans", async () => {
      const person = await lab.newPerson();
      const env = { XDG_CONFIG_HOME: lab.home, BENCHSTACK_URL: lab.url, BENCHSTACK_TOKEN: lab.admin.token };
      const run = (...args: string[]) => benchstackHere(["admin", "users", ...args], env);
      const { username } = person;
      assert.match((await run("list", username, "--is", "unconfirmed")).out, new RegExp(`${username}.*unconfirmed`));
      assert.equal((await run("list", username, "--is", "bot")).out, "There are no such accounts.\n");
      assert.match((await run("list", "--is", "nonsense")).errors, /--is takes administrator, bot/);
      assert.equal((await run("change", username, "--bot", "--queue-limit", "0")).out, `Changed ${username}.\n`);
      assert.match(
        (await run("ban", username, "Spam", "--until", "2037-01-31", "--yes")).out,
        /is banned\. Cancelled submissions: 0/,
      );
      const shown = await run("show", `${username}@example.org`);
      assert.match(shown.out, /until 2037-01-31 00:00: Spam/);
      assert.match(shown.out, /bot, banned, unconfirmed/);
      assert.equal((await run("unban", username)).out, `${username} is not banned any more.\n`);
      assert.equal((await run("reset", username)).out, "The link is mailed to them.\n");
      assert.equal((await run("log-out", username, "--yes")).out, "Ended logins: 1.\n");
      assert.match((await run("show", "nobody-at-all")).errors, /There is no account with the username/);
      assert.match((await run("remove-second-factor", username, "--yes")).errors, /no second factor/);
    });
  });

  describe("acting as somebody else (A-224)", () => {
    const begin = async (person: Person) => {
      const browser = new Browser(lab.url);
      await browser.logIn(lab.admin);
      const csrf = () => ({ "x-csrftoken": browser.cookies.get("csrftoken")! });
      const request = (method: string, path: string, json?: unknown) =>
        browser.request(method, path, { headers: csrf(), ...(json === undefined ? {} : { json }) });
      const start = await request("POST", `${users}${await idOf(lab, person)}/impersonate/`, { reason: "They asked" });
      return { browser, request, start };
    };

    it("is marked everywhere, recorded with both names, limited, and ends with the own session", async () => {
      const person = await lab.newPerson();
      const competition = await lab.competition({}, person);
      const submission = await submit(person, competition.phases[0]!.id, Buffer.from("some bytes"));
      const { browser, request, start } = await begin(person);
      assert.equal(start.status, 200);
      const session = JSON.parse(start.text) as {
        user: { username: string };
        impersonated_by: { username: string };
        expires_at: string;
      };
      assert.deepEqual([session.user.username, session.impersonated_by.username], [person.username, "admin"]);
      assert.ok(Date.parse(session.expires_at) <= Date.now() + 3_601_000);
      const own = browser.cookies.get("ownsessionid");
      assert.ok(own);

      const profile = await request("GET", "/api/my_profile/");
      assert.equal((JSON.parse(profile.text) as { username: string }).username, person.username);
      assert.equal(profile.headers.get("x-impersonated-by"), "admin");
      const cancelled = await request("POST", `/api/submissions/${submission}/cancel_submission/`, {});
      assert.equal(cancelled.status, 200);
      const event = await newest("impersonation.request");
      assert.deepEqual([event.actor.username, event.impersonated_by?.username], [person.username, "admin"]);
      assert.deepEqual(event.after, { method: "POST", path: `/api/submissions/${submission}/cancel_submission/` });
      const trail = await expect<{ results: { kind: string; impersonated_by: { username: string } | null }[] }>(
        200,
        lab.admin,
        "GET",
        `/api/competitions/${competition.id}/audit/?kind=submission.cancelled`,
      );
      assert.equal(trail.results[0]!.impersonated_by?.username, "admin");

      for (const [method, path] of [
        ["POST", "/api/tokens/"],
        ["PUT", "/api/account/password/"],
        ["PUT", "/api/account/email/"],
        ["POST", "/api/account/second-factor/"],
        ["POST", "/api/session/"],
        ["DELETE", `/api/submissions/${submission}/`],
        ["POST", `/api/competitions/${competition.id}/create_dump/`],
        ["POST", "/api/queues/"],
        ["POST", "/api/datasets/delete_many/"],
        ["POST", "/api/storage/cleanup/old_outputs/"],
        ["GET", "/api/account/exports/"],
      ] as const) {
        const refused = await request(method, path, ...(method === "GET" ? [] : [{}]));
        assert.equal((JSON.parse(refused.text) as { code: string }).code, "IMPERSONATING", `${method} ${path}`);
        assert.equal(refused.headers.get("x-impersonated-by"), "admin");
      }

      const ended = await request("POST", "/api/session/impersonation/end/", {});
      assert.equal((JSON.parse(ended.text) as { user: { username: string } }).user.username, "admin");
      assert.equal(browser.cookies.get("sessionid"), own);
      const back = JSON.parse((await request("GET", "/api/session/")).text) as { impersonated_by: null };
      assert.equal(back.impersonated_by, null);
      assert.equal((await newest("impersonation.started")).reason, "They asked");
      assert.equal((await newest("impersonation.ended")).impersonated_by?.username, "admin");
    });

    it("gives nobody back but the administrator", async () => {
      const { browser, request } = await begin(await lab.newPerson());
      const other = new Browser(lab.url);
      await other.logIn(lab.organizer);
      browser.cookies.set("ownsessionid", other.cookies.get("sessionid")!);
      const ended = await request("POST", "/api/session/impersonation/end/", {});
      assert.equal((JSON.parse(ended.text) as { user: null }).user, null);
    });

    it("is for nobody but administrators in a session, as nobody who is one, and ends when that changes", async () => {
      const person = await lab.newPerson();
      const id = await idOf(lab, person);
      assertRefused(await act(lab.organizer, id, "impersonate", { reason: "Curious" }), 403, "NOT_ALLOWED");
      assertRefused(await act(lab.admin, id, "impersonate", { reason: "Curious" }), 403, "NO_SESSION");
      const { browser, request } = await begin(person);
      const who = async () =>
        (JSON.parse((await request("GET", "/api/session/")).text) as { user: object | null }).user;
      assert.ok(await who());
      const kept = browser.cookies.get("sessionid")!;
      await isAdministrator(id);
      assert.equal(await who(), null);
      assert.equal((await begin(person)).start.status, 403);
      await lab.inside.db.updateTable("users").set({ is_superuser: false }).where("id", "=", id).execute();
      browser.cookies.set("sessionid", kept);
      assert.ok(await who());
      const out = await browser.request("POST", "/accounts/logout/", {
        form: { csrfmiddlewaretoken: browser.cookies.get("csrftoken")! },
      });
      assert.equal(out.status, 302);
      assert.ok(await who(), "the own session goes on");
      browser.cookies.set("sessionid", kept);
      assert.equal(await who(), null);
    });
  });
});
