/** Signing in with identity providers, against a real one that runs here (A-180 to A-184). */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { Browser } from "../../support/browser.ts";
import { assertRefused } from "../../support/http.ts";
import { startIdentityProvider, type Claims, type IdentityProvider } from "../../support/identity-provider.ts";
import { startTestPlatform, type TestPlatform } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { mailedTokenTo, mailsTo } from "./mailed-token.ts";

const secret = "a secret that only the platform and the provider know";
const page = { headers: { accept: "text/html" } };

describe("signing in with an identity provider", () => {
  let idp: IdentityProvider;
  let platform: TestPlatform;
  let organization: number;
  beforeAll(async () => {
    idp = await startIdentityProvider();
    const common = { clientId: "benchstack", createsAccounts: null, groupsClaim: "groups", organizations: {} };
    platform = await startTestPlatform({
      database: "postgres",
      worker: null,
      signIn: {
        identityProviders: {
          university: {
            ...common,
            kind: "oidc",
            label: "Log in with the university",
            issuer: idp.issuer,
            scope: "openid email profile groups",
            organizations: { staff: { organization: 1, group: "PARTICIPANT" } },
          },
          code: {
            ...common,
            kind: "oauth2",
            label: "Log in by OAuth 2",
            clientId: "plain",
            scope: "openid email profile",
            authorizationEndpoint: `${idp.issuer}/auth`,
            tokenEndpoint: `${idp.issuer}/token`,
            userEndpoint: `${idp.issuer}/me`,
            emailsEndpoint: null,
            createsAccounts: false,
          },
          gone: { ...common, kind: "oidc", label: "Log in elsewhere", issuer: "http://127.0.0.1:1" },
        },
      },
      identitySecrets: { university: secret, code: secret, gone: secret },
    });
    const client = (client_id: string, provider: string) => ({
      client_id,
      client_secret: secret,
      redirect_uris: [`${platform.url}/accounts/sign-in/${provider}/callback/`],
      ...(provider === "code" && { token_endpoint_auth_method: "client_secret_post" as const }),
    });
    idp.open([client("benchstack", "university"), client("plain", "code")]);
    const { body } = await platform.admin.send<{ id: number }>("POST", "/api/organizations/", {
      json: { name: "Staff", email: "staff@example.org" },
    });
    organization = body.id;
    assert.equal(organization, 1);
  });
  afterAll(async () => {
    await platform.close();
    await idp.close();
  });

  const newPerson = (claims: Claims = {}) => {
    const name = `p${randomUUID().slice(0, 8)}`;
    const email = `${name}@example.org`;
    idp.people.set(name, { email, email_verified: true, preferred_username: name, name: "A Person", ...claims });
    return { name, email };
  };
  const begin = (browser: Browser, provider = "university", next = "") =>
    browser.request("GET", `/accounts/sign-in/${provider}/${next && `?next=${encodeURIComponent(next)}`}`, page);
  const back = (browser: Browser, url: URL) => browser.request("GET", url.pathname + url.search, page);
  /** All that a person does: the button, the login at the provider, and the way back. */
  const signIn = async (browser: Browser, name: string, provider = "university", next = "") => {
    const { headers } = await begin(browser, provider, next);
    return back(browser, await idp.logIn(headers.get("location")!, name));
  };
  const who = async (browser: Browser) =>
    (
      JSON.parse((await browser.request("GET", "/api/session/")).text) as {
        user: { id: number; username: string; email_is_confirmed: boolean } | null;
      }
    ).user;
  const newBrowser = () => new Browser(platform.url);
  /** Why the login page says that a sign-in was refused. */
  const refusalIn = (browser: Browser, { status, headers }: Awaited<ReturnType<typeof back>>) => {
    assert.deepEqual([status, headers.get("location")], [302, "/accounts/login/"]);
    return decodeURIComponent(browser.cookies.get("signinrefused") ?? "");
  };

  it("makes an account with a confirmed address, and finds it again by the person's id (A-180)", async () => {
    const { name, email } = newPerson();
    const browser = newBrowser();
    const first = await begin(browser, "university", "/competitions/1/");
    assert.equal(first.status, 302);
    const asked = new URL(first.headers.get("location")!).searchParams;
    assert.equal(asked.get("code_challenge_method"), "S256");
    assert.match(asked.get("state")!, /^[\w-]{43}$/);
    assert.notEqual(asked.get("state"), asked.get("nonce"));
    assert.match(first.headers.getSetCookie()[0]!, /^signin=[^;]+; Path=\/; Max-Age=600; SameSite=Lax; HttpOnly/);
    const done = await back(browser, await idp.logIn(first.headers.get("location")!, name));
    assert.deepEqual([done.status, done.headers.get("location")], [302, "/competitions/1/"]);
    const user = await who(browser);
    assert.deepEqual([user?.username, user?.email_is_confirmed], [name, true]);
    assert.equal(browser.cookies.get("signin"), "");

    idp.people.set(name, { ...idp.people.get(name), email: `new-${email}`, preferred_username: "other" });
    const again = newBrowser();
    await signIn(again, name);
    assert.equal((await who(again))?.id, user?.id);
    const listed = await again.request("GET", "/api/account/identities/");
    assert.match(listed.text, /"provider":"university"/);
    const remove = await again.request("DELETE", "/api/account/identities/university/", {
      headers: { "x-csrftoken": again.cookies.get("csrftoken")! },
    });
    assert.deepEqual([remove.status, /LAST_WAY_IN/.test(remove.text)], [409, true]);
  });

  it("works with OAuth 2 alone, whose user endpoint tells who it is", async () => {
    const person = await platform.newPerson();
    const email = `${person.username}@example.org`;
    await platform.inside.db.updateTable("users").set({ confirmed_email: email }).where("email", "=", email).execute();
    const { name } = newPerson({ email });
    const browser = newBrowser();
    assert.equal((await signIn(browser, name, "code")).status, 302);
    assert.equal((await who(browser))?.username, person.username);
    const { name: unknown } = newPerson();
    const stranger = newBrowser();
    assert.match(refusalIn(stranger, await signIn(stranger, unknown, "code")), /signing up is limited/);
  });

  describe("an account with the same address (A-181)", () => {
    it("is linked if provider and platform both know the address, and its owner is told", async () => {
      const person = await platform.newPerson();
      const email = `${person.username}@example.org`;
      const { name } = newPerson({ email: email.toUpperCase() });
      const early = newBrowser();
      assert.match(refusalIn(early, await signIn(early, name)), /has not confirmed the address/);
      // Whoever made the account is thrown out by the reset, which also confirms the address.
      await platform.send("POST", "/accounts/password_reset/", { content: { json: { email } } });
      const token = await mailedTokenTo(platform, email, "/accounts/password_reset/");
      const json = { token, password: "another long one" };
      await platform.send("POST", "/accounts/password_reset/confirm/", { content: { json } });
      assertRefused(await person.send("GET", "/api/my_profile/"), 403, "BAD_TOKEN");
      const browser = newBrowser();
      await signIn(browser, name);
      assert.equal((await who(browser))?.username, person.username);
      await waitFor("its owner to be told", async () =>
        (await mailsTo(platform, email)).some((mail) => mail.includes("new way to log in")),
      );
      const headers = { "x-csrftoken": browser.cookies.get("csrftoken")! };
      const remove = await browser.request("DELETE", "/api/account/identities/university/", { headers });
      assert.equal(remove.status, 204, "there is a password");
      const { body } = await platform.admin.send<{ results: { kind: string; after: unknown }[] }>(
        "GET",
        "/api/audit/?page_size=2",
      );
      assert.deepEqual(
        body.results.map(({ kind, after }) => [kind, after]),
        [
          ["user.identity_removed", null],
          ["user.identity_added", { provider: "university" }],
        ],
      );
    });

    it("is not taken over with an address that the provider has not verified", async () => {
      const person = await platform.newPerson();
      const email = `${person.username}@example.org`;
      await platform.inside.db
        .updateTable("users")
        .set({ confirmed_email: email })
        .where("email", "=", email)
        .execute();
      for (const email_verified of [false, undefined, "true"]) {
        const browser = newBrowser();
        const answer = await signIn(browser, newPerson({ email, email_verified }).name);
        assert.match(refusalIn(browser, answer), /does not say that the address is yours/);
        assert.equal(await who(browser), null);
      }
    });
  });

  it("an unverified address makes an account whose address is still to be confirmed; none makes none", async () => {
    const { name, email } = newPerson({ email_verified: false });
    const browser = newBrowser();
    await signIn(browser, name);
    assert.equal((await who(browser))?.email_is_confirmed, false);
    await mailedTokenTo(platform, email, "/accounts/confirm/");
    const { name: nobody } = newPerson({ email: undefined });
    const other = newBrowser();
    assert.match(refusalIn(other, await signIn(other, nobody)), /did not tell your mail address/);
  });

  it("a banned person stays out, and a taken username gets a number", async () => {
    const { name } = newPerson();
    await signIn(newBrowser(), name);
    const { name: second } = newPerson({ preferred_username: name });
    const browser = newBrowser();
    await signIn(browser, second);
    assert.equal((await who(browser))?.username, `${name}-2`);
    await platform.inside.db.updateTable("users").set({ is_banned: true }).where("username", "=", name).execute();
    const banned = newBrowser();
    assert.match(refusalIn(banned, await signIn(banned, name)), /This account is banned/);
  });

  it("groups lead into organizations and out again, and leave alone what people decided (A-182)", async () => {
    const groupOf = async (username: string) =>
      (
        await platform.inside.db
          .selectFrom("memberships as m")
          .innerJoin("users as u", "u.id", "m.user_id")
          .select("m.group")
          .where("u.username", "=", username)
          .where("m.organization_id", "=", organization)
          .executeTakeFirst()
      )?.group;
    const { name } = newPerson({ groups: ["students", "staff"] });
    await signIn(newBrowser(), name);
    assert.equal(await groupOf(name), "PARTICIPANT");
    idp.people.set(name, { ...idp.people.get(name), groups: [] });
    await signIn(newBrowser(), name);
    assert.equal(await groupOf(name), undefined);
    idp.people.set(name, { ...idp.people.get(name), groups: ["staff"] });
    await signIn(newBrowser(), name);
    const { members } = (
      await platform.admin.send<{ members: { id: number; user: { slug: string } }[] }>(
        "GET",
        `/api/organizations/${organization}/`,
      )
    ).body;
    const { id: membership } = members.find(({ user }) => user.slug === name)!;
    const moved = { membership, group: "MANAGER" };
    const path = `/api/organizations/${organization}/update_member_group/`;
    assert.equal((await platform.admin.send("POST", path, { json: moved })).status, 200);
    idp.people.set(name, { ...idp.people.get(name), groups: [] });
    await signIn(newBrowser(), name);
    assert.equal(await groupOf(name), "MANAGER");
  });

  describe("cannot be abused (A-183)", () => {
    it("an answer is worth nothing in another browser: nobody is logged in as somebody else (login CSRF)", async () => {
      const { name } = newPerson();
      const attacker = newBrowser();
      const url = await idp.logIn((await begin(attacker)).headers.get("location")!, name);
      const without = newBrowser();
      assert.match(refusalIn(without, await back(without, url)), /No sign-in was begun in this browser/);
      const victim = newBrowser();
      await begin(victim);
      const before = idp.requests.filter((path) => path === "/token").length;
      assert.match(refusalIn(victim, await back(victim, url)), /did not work/);
      assert.equal(idp.requests.filter((path) => path === "/token").length, before, "its code is not even tried");
      for (const browser of [without, victim]) assert.equal(await who(browser), null);
      assert.equal((await back(attacker, url)).status, 302, "it is worth something where it was begun");
    });

    it("an answer works once, also if the provider forgot that", async () => {
      const { name } = newPerson();
      const browser = newBrowser();
      const url = await idp.logIn((await begin(browser)).headers.get("location")!, name);
      const held = browser.cookies.get("signin")!;
      assert.equal((await back(browser, url)).status, 302);
      const thief = newBrowser();
      thief.cookies.set("signin", held);
      assert.match(refusalIn(thief, await back(thief, url)), /did not work/);
      assert.equal(await who(thief), null);

      const { handler } = await import("../../../lambdas/functions/api/accounts.ts");
      const learned = { identity: { ...identity(name), subject: name } };
      const again = await handler(eventOf(url, held, learned), { awsRequestId: "test" } as never);
      assert.equal((JSON.parse(again.body!) as { code: string }).code, "SIGN_IN_USED");
    });

    it("an answer of one provider is no answer of another (mix-up)", async () => {
      const { name } = newPerson();
      const browser = newBrowser();
      const url = await idp.logIn((await begin(browser)).headers.get("location")!, name);
      url.pathname = "/accounts/sign-in/code/callback/";
      assert.match(refusalIn(browser, await back(browser, url)), /No sign-in was begun/);
    });

    it("what only the function outside may say is not taken from a request", async () => {
      const { name } = newPerson();
      const browser = newBrowser();
      await begin(browser);
      const lie = encodeURIComponent(JSON.stringify({ identity: identity(name) }));
      const path = `/accounts/sign-in/university/callback/?code=x&state=y&authorizer=${lie}&identity=${lie}`;
      const headers = { ...page.headers, authorizer: lie, "x-authorizer": lie };
      assert.match(refusalIn(browser, await browser.request("GET", path, { headers })), /did not work/);
      assert.equal(await who(browser), null);
    });

    it("a session that somebody else may know ends, and a new one begins (fixation)", async () => {
      const { name } = newPerson();
      const browser = newBrowser();
      await browser.logIn(await platform.newPerson());
      const before = browser.cookies.get("sessionid")!;
      await signIn(browser, name);
      assert.notEqual(browser.cookies.get("sessionid"), before);
      const thief = newBrowser();
      thief.cookies.set("sessionid", before);
      assert.equal(await who(thief), null);
    });

    it("leads to own pages only (open redirect)", async () => {
      for (const next of ["https://evil.example.org/", "//evil.example.org", "/\\evil.example.org", "javascript:x"]) {
        const done = await signIn(newBrowser(), newPerson().name, "university", next);
        assert.equal(done.headers.get("location"), "/", next);
      }
      const browser = newBrowser();
      const url = await idp.logIn((await begin(browser)).headers.get("location")!, newPerson().name);
      const [secretPart, provider] = browser.cookies.get("signin")!.split(".");
      const evil = Buffer.from("https://evil.example.org/").toString("base64url");
      browser.cookies.set("signin", [secretPart, provider, evil].join("."));
      assert.equal((await back(browser, url)).headers.get("location"), "/");
    });

    it("secrets and codes are not logged", async () => {
      await signIn(newBrowser(), newPerson().name);
      const log = await readFile(join(platform.home, "logs/platform.log"), "utf8");
      for (const word of [secret, encodeURIComponent(secret), "code=", "code_verifier", "id_token"])
        assert.ok(!log.includes(word), word);
    });
  });

  it("says on the login page what went wrong: the person gave up, or the provider does not answer (A-294)", async () => {
    const browser = newBrowser();
    const url = await idp.logIn((await begin(browser)).headers.get("location")!, null);
    assert.match(refusalIn(browser, await back(browser, url)), /You did not sign in with/);
    const other = newBrowser();
    assert.match(refusalIn(other, await begin(other, "gone")), /did not work/);
    assertRefused(await platform.send("GET", "/accounts/sign-in/nobody/"), 404, "NO_SUCH_PROVIDER");
    assertRefused(await platform.send("GET", "/accounts/sign-in/constructor/"), 404, "NO_SUCH_PROVIDER");
    const log = await readFile(join(platform.home, "logs/platform.log"), "utf8");
    assert.match(log, /"event":"identity.untold".*"provider":"gone"/);
  });

  it("proves who somebody without a password is, who changes the mail address (A-173)", async () => {
    const { name, email } = newPerson();
    const browser = newBrowser();
    await signIn(browser, name);
    const change = () =>
      browser.request("PUT", "/api/account/email/", {
        json: { email: `new-${email}` },
        headers: { "x-csrftoken": browser.cookies.get("csrftoken")! },
      });
    const { db } = platform.inside;
    const sessions = db.updateTable("api_tokens").where("kind", "=", "session");
    await sessions.set({ created_when: new Date(Date.now() - 11 * 60_000) }).execute();
    const late = await change();
    assert.deepEqual([late.status, /FRESH_SIGN_IN_NEEDED.*Log in again/.test(late.text)], [403, true], late.text);
    const again = newBrowser();
    await signIn(again, name);
    again.cookies.forEach((value, cookie) => browser.cookies.set(cookie, value));
    assert.equal((await change()).status, 200);
    await waitFor("the mail to the old address", async () =>
      /who is logged in to the account[^]*set a password at/.test((await mailsTo(platform, email)).join("\n")),
    );
    const token = await mailedTokenTo(platform, `new-${email}`, "/accounts/confirm/");
    const confirmed = await browser.request("POST", "/accounts/confirm/", {
      form: { token, csrfmiddlewaretoken: browser.cookies.get("csrftoken")! },
    });
    assert.deepEqual(JSON.parse(confirmed.text), { email: `new-${email}` });
    const person = await platform.newPerson();
    assertRefused(
      await person.send("PUT", "/api/account/email/", { json: { email: `x-${email}` } }),
      400,
      "PASSWORD_NEEDED",
    );
  });

  it("has its buttons on the login page and in /api/config/ (A-184)", async () => {
    const login = await newBrowser().request("GET", "/accounts/login/?next=/a%26b/");
    assert.match(login.text, /href="\/accounts\/sign-in\/university\/\?next=%2Fa%26b%2F">Log in with the university</);
    const { body } = await platform.send<Record<string, unknown>>("GET", "/api/config/");
    assert.deepEqual(body["sign_up"], { mode: "open", domains: [] });
    assert.deepEqual((body["identity_providers"] as unknown[])[0], {
      id: "university",
      label: "Log in with the university",
      url: "/accounts/sign-in/university/",
    });
    assert.deepEqual(body["storage_origins"], [platform.url]);
  });

  const identity = (name: string) => ({
    subject: name,
    email: `${name}@example.org`,
    emailIsVerified: true,
    username: name,
    name: null,
    organizations: [],
  });
  const eventOf = (url: URL, cookie: string, learned: object) =>
    ({
      rawPath: url.pathname,
      rawQueryString: url.search.slice(1),
      headers: {},
      cookies: [`signin=${cookie}`],
      queryStringParameters: Object.fromEntries(url.searchParams),
      isBase64Encoded: false,
      requestContext: {
        requestId: "test",
        http: { method: "GET", sourceIp: "127.0.0.1" },
        authorizer: { lambda: learned },
      },
    }) as never;
});
