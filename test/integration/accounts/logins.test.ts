/** Sessions for web pages, API tokens with scopes, and how long both last. */
import assert from "node:assert/strict";
import { scryptSync } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { expect, openLab, type Lab } from "../support/lab.ts";
import { Browser } from "../../support/browser.ts";
import { withToken } from "./with-token.ts";

interface Session {
  user: { username: string; is_superuser: boolean } | null;
  permissions: Record<string, boolean>;
  expires_at: string | null;
}
interface Listed {
  id: string;
  name: string | null;
  scopes: string[] | null;
  last_used: string | null;
  is_current: boolean;
}

describe("logins", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab({ hashes: "real" });
  });
  afterAll(() => lab.close());

  const parsed = <T>({ text }: { text: string }) => JSON.parse(text) as T;
  const shown = async (browser: Browser) => parsed<Session>(await browser.request("GET", "/api/session/"));
  const logIn = async (browser: Browser, { username, password }: { username: string; password: string }) => {
    await browser.request("GET", "/api/session/");
    const headers = { "x-csrftoken": browser.cookies.get("csrftoken")! };
    return browser.request("POST", "/api/session/", { json: { username, password }, headers });
  };
  const open = async (person: Person) => {
    const browser = new Browser(lab.url);
    assert.equal((await logIn(browser, person)).status, 200);
    return browser;
  };
  const rowOf = (browser: Browser) => sql<Buffer>`sha256(convert_to(${browser.cookies.get("sessionid")!}, 'UTF8'))`;

  describe("a session for a web page (A-160)", () => {
    it("GET answers 200 to anybody, with what they may do, and gives the cookie csrftoken", async () => {
      const browser = new Browser(lab.url);
      const { user, permissions, expires_at } = await shown(browser);
      assert.deepEqual([user, expires_at], [null, null]);
      assert.deepEqual(permissions, {
        organize: false,
        create_users: false,
        administer: false,
        read_audit_trail: false,
      });
      assert.match(browser.cookies.get("csrftoken")!, /^[\w-]{43}/);
      const admin = await expect<Session>(200, lab.admin, "GET", "/api/session/");
      assert.deepEqual(admin.permissions, {
        organize: true,
        create_users: true,
        administer: true,
        read_audit_trail: true,
      });
    });

    it("begins with name, password and X-CSRFToken, and ends with DELETE", async () => {
      const person = await lab.newPerson();
      const browser = new Browser(lab.url);
      const { username, password } = person;
      const forged = await browser.request("POST", "/api/session/", { json: { username, password } });
      assert.deepEqual([forged.status, parsed<{ code: string }>(forged).code], [403, "CSRF_FAILED"]);
      const answer = await logIn(browser, person);
      assert.equal(parsed<Session>(answer).user?.username, username);
      const cookie = answer.headers.getSetCookie().find((one) => one.startsWith("sessionid="))!;
      assert.match(cookie, /^sessionid=bss_[\w-]{43}; Path=\/; Max-Age=1209600; SameSite=Lax; HttpOnly/);
      assert.equal((await shown(browser)).user?.username, username);

      assert.equal((await browser.request("DELETE", "/api/session/")).status, 403);
      const headers = { "x-csrftoken": browser.cookies.get("csrftoken")! };
      const held = browser.cookies.get("sessionid")!;
      assert.equal((await browser.request("DELETE", "/api/session/", { headers })).status, 204);
      browser.cookies.set("sessionid", held);
      assert.equal((await shown(browser)).user, null);
      assert.equal(browser.cookies.get("sessionid"), "", "the cookie of a session that ended is removed");
    });

    it("a login takes no session that somebody else may know, and ends it", async () => {
      const [person, other] = [await lab.newPerson(), await lab.newPerson()];
      const browser = await open(other);
      const before = browser.cookies.get("sessionid")!;
      await logIn(browser, person);
      assert.notEqual(browser.cookies.get("sessionid"), before);
      const thief = new Browser(lab.url);
      thief.cookies.set("sessionid", before);
      assert.equal((await shown(thief)).user, null);
    });

    it("lasts 14 days from its last use, and 90 days in all", async () => {
      const browser = await open(await lab.newPerson());
      const daysLeft = async () => (Date.parse((await shown(browser)).expires_at!) - Date.now()) / 86_400_000;
      const age = (days: number) =>
        lab.inside.db
          .updateTable("api_tokens")
          .set({
            created_when: sql<Date>`now() - make_interval(days => ${days})`,
            expires_at: sql<Date>`now() + interval '1 hour'`,
            last_used: sql<Date>`now() - interval '1 hour'`,
          })
          .where("token_hash", "=", rowOf(browser))
          .execute();
      await age(10);
      assert.ok(Math.abs((await daysLeft()) - 14) < 0.01);
      await age(88);
      assert.ok(Math.abs((await daysLeft()) - 2) < 0.01);
      const { headers } = await browser.request("GET", "/api/session/");
      assert.match(headers.getSetCookie().join(), /sessionid=bss_[\w-]+; Path=\/; Max-Age=17\d{4};/);
    });

    it("is listed with its last use, and ended one by one or all but this one", async () => {
      const person = await lab.newPerson();
      const [one, two, three] = [await open(person), await open(person), await open(person)];
      const list = async (browser: Browser) => parsed<Listed[]>(await browser.request("GET", "/api/sessions/"));
      const sessions = await list(one);
      assert.deepEqual(sessions.map(({ is_current }) => is_current).sort(), [false, false, true]);
      assert.ok(sessions.every(({ last_used }) => last_used !== null));
      const own = (await list(two)).find(({ is_current }) => is_current)!;
      const headers = { "x-csrftoken": one.cookies.get("csrftoken")! };
      assert.equal((await one.request("DELETE", `/api/sessions/${own.id}/`, { headers })).status, 204);
      assert.equal((await shown(two)).user, null);
      assertRefused(
        await (await lab.newPerson()).send("DELETE", `/api/sessions/${sessions[0]!.id}/`),
        404,
        "NO_SUCH_LOGIN",
      );
      assert.deepEqual(parsed(await one.request("DELETE", "/api/sessions/", { headers })), { ended: 1 });
      assert.equal((await shown(three)).user, null);
      assert.ok((await shown(one)).user);
    });
  });

  describe("an API token (A-161)", () => {
    const make = async (person: Person, json: object) => {
      const { id, token } = await expect<{ id: string; token: string }>(201, person, "POST", "/api/tokens/", { json });
      return { id, send: withToken(lab, token) };
    };

    it("with scopes does what they permit, and nothing else", async () => {
      const person = await lab.newPerson();
      const reader = await make(person, { name: "a monitor", scopes: ["read"] });
      assert.equal((await reader.send("GET", "/api/my_profile/")).status, 200);
      assertRefused(await reader.send("POST", "/api/queues/", { json: { name: "q" } }), 403, "SCOPE_MISSING", /worker/);
      const runner = await make(person, { name: "a runner", scopes: ["worker", "worker"] });
      assert.equal((await runner.send("POST", "/api/queues/", { json: { name: "q" } })).status, 201);
      for (const [method, path, json] of [
        ["POST", "/api/tokens/", { name: "more" }],
        ["PUT", "/api/account/password/", { old_password: person.password, new_password: "another long one" }],
        ["POST", "/api/submissions/", { data: "x", phase: 1 }],
        ["PATCH", "/api/competitions/1/", {}],
      ] as const)
        assertRefused(await runner.send(method, path, { json }), 403, "SCOPE_MISSING");
    });

    it("is listed by its name, and revoked", async () => {
      const person = await lab.newPerson();
      const { id, send } = await make(person, { name: " a script ", days: 3 });
      await send("GET", "/api/my_profile/");
      const listed = await expect<Listed[]>(200, person, "GET", "/api/tokens/");
      assert.deepEqual(
        listed.map(({ name, scopes, is_current }) => [name, scopes, is_current]).sort(),
        [
          ["a script", null, false],
          [null, null, true],
        ].sort(),
      );
      assert.ok(!JSON.stringify(listed).includes("bst_"));
      assert.ok(listed.find((token) => token.id === id)!.last_used);
      await expect(204, person, "DELETE", `/api/tokens/${id}/`);
      assertRefused(await send("GET", "/api/my_profile/"), 403, "BAD_TOKEN");
      assertRefused(await person.send("POST", "/api/tokens/", { json: { name: "x", days: 400 } }), 400, "INVALID");
      const form = { name: "of a form", days: "5", scopes: "read" };
      assert.equal((await person.send("POST", "/api/tokens/", { form })).status, 201);
      const [newest] = (await expect<(Listed & { expires_at: string })[]>(200, person, "GET", "/api/tokens/")).filter(
        (token) => token.name === form.name,
      );
      assert.deepEqual(newest?.scopes, ["read"]);
      assert.ok(Math.abs(Date.parse(newest.expires_at) - Date.now() - 5 * 86_400_000) < 3_600_000);
      for (const rest of [{ scopes: [] }, { scope: ["read"] }])
        assertRefused(await person.send("POST", "/api/tokens/", { json: { name: "x", ...rest } }), 400, "INVALID");
    });
  });

  describe("tries to log in (A-162)", () => {
    const tryOut = (username: string, password: string) =>
      lab.send("POST", "/api/api-token-auth/", { content: { json: { username, password } } });
    /** Moves all pauses that the latest tries began, so that nothing depends on how long a test takes. */
    const movePauses = (by: "1 hour" | "-1 hour") =>
      lab.inside.db
        .updateTable("throttles")
        .set({ blocked_until: sql<Date>`blocked_until + ${by}::interval` })
        .execute();
    /** The pauses in seconds that are on, shortest first. */
    const pauses = async () => {
      const { rows } = await sql<{ pause: number }>`
        select round(extract(epoch from blocked_until - last_try))::int as pause from throttles
        where blocked_until > last_try order by 1`.execute(lab.inside.db);
      return rows.map(({ pause }) => pause);
    };
    const failing = async (username: string, times: number) => {
      const answers = [];
      for (let tries = 0; tries < times; tries++) answers.push(await tryOut(username, "not the password"));
      return answers.map(({ status, body }) => [status, (body as { code: string }).code]);
    };

    it("pause after five wrong passwords, longer each time, for accounts that exist and that do not", async () => {
      const person = await lab.newPerson();
      await lab.inside.db.deleteFrom("throttles").execute();
      const answers = await failing(person.username, 6);
      assert.deepEqual(answers, Array(6).fill([400, "BAD_LOGIN"]));
      assert.deepEqual(await failing("nobody-of-this-name", 6), answers);
      assert.deepEqual(await pauses(), [2, 2]);
      await movePauses("1 hour");
      for (const [name, password] of [
        [person.username, "not the password"],
        [person.username, person.password],
        ["nobody-of-this-name", "not the password"],
      ] as const) {
        const refused = await tryOut(name, password);
        assertRefused(refused, 429, "TOO_MANY_TRIES", /^Too many tries\. Try again in 3\d{3} s\.$/);
        assert.match(refused.headers.get("retry-after")!, /^3\d{3}$/);
      }
      const page = await new Browser(lab.url).logIn(person);
      assert.deepEqual([page.status, /role="alert">Too many tries/.test(page.text)], [429, true]);
      assert.match(page.headers.get("retry-after")!, /^3\d{3}$/);
      await movePauses("-1 hour");
      await movePauses("-1 hour");
      assert.deepEqual(await failing(person.username, 1), [[400, "BAD_LOGIN"]]);
      assert.deepEqual(await pauses(), [4]);
      await movePauses("-1 hour");
      assert.equal((await tryOut(person.username, person.password)).status, 200);
      assert.deepEqual(await failing(person.username, 9), Array(9).fill([400, "BAD_LOGIN"]));
      const rows = await lab.inside.db.selectFrom("throttles").selectAll().execute();
      assert.ok(rows.every(({ key }) => key.length === 32));
    });

    it("at the same time are counted one by one", async () => {
      const { db } = lab.inside;
      await db.deleteFrom("throttles").execute();
      const person = await lab.newPerson();
      await db.deleteFrom("throttles").execute();
      const answers = await Promise.all(Array.from({ length: 12 }, () => tryOut(person.username, "not the password")));
      const tried = answers.filter(({ status }) => status === 400).length;
      assert.ok(tried >= 6);
      const rows = await db.selectFrom("throttles").select("tries").execute();
      assert.equal(Math.min(...rows.map(({ tries }) => tries)), tried);
    });

    it("by strangers do not keep out whoever has logged in before, and many programs may log in at once", async () => {
      const person = await lab.newPerson();
      assert.equal((await tryOut(person.username, person.password)).status, 200);
      const { db } = lab.inside;
      const key = sql<Buffer>`sha256(convert_to(${`logInAccount\n${person.username}`}, 'UTF8'))`;
      await db
        .updateTable("throttles")
        .set({ tries: 90, blocked_until: sql`now() + interval '1 hour'` })
        .where("key", "=", key)
        .execute();
      const answers = await Promise.all(Array.from({ length: 10 }, () => tryOut(person.username, person.password)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        Array(10).fill(200),
      );
      const other = { username: person.username, password: person.password };
      const headers = { "x-forwarded-for": "203.0.113.9", "content-type": "application/json" };
      const body = JSON.stringify(other);
      const elsewhere = await fetch(`${lab.url}/api/api-token-auth/`, { method: "POST", headers, body });
      assert.equal(elsewhere.status, 429, "an address that is not known waits");
    });

    it("replace a hash of an earlier cost by one of today's", async () => {
      const person = await lab.newPerson();
      const salt = Buffer.alloc(16, 1);
      const old = ["scrypt", 16384, 8, 1, salt.toString("base64")].join("$");
      const hash = scryptSync(person.password, salt, 32, { N: 16384, r: 8, p: 1 }).toString("base64");
      const { db } = lab.inside;
      const named = (query: string) => sql<boolean>`username = ${query}`;
      await db
        .updateTable("users")
        .set({ password_hash: `${old}$${hash}` })
        .where(named(person.username))
        .execute();
      assert.equal((await tryOut(person.username, person.password)).status, 200);
      const user = await db
        .selectFrom("users")
        .select("password_hash")
        .where(named(person.username))
        .executeTakeFirst();
      assert.match(user!.password_hash!, /^scrypt\$16384\$8\$5\$/);
      assert.equal((await tryOut(person.username, person.password)).status, 200);
    });
  });
});
