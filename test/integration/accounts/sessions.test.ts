import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { startTestPlatform, type Person, type TestPlatform } from "../../support/platform.ts";
import { upload } from "../../support/competitions.ts";
import { Browser } from "../../support/browser.ts";

describe("logging in with a form", () => {
  let platform: TestPlatform;
  let person: Person;
  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: null });
    person = await platform.newPerson();
  });
  afterAll(() => platform.close());

  it("the page sets csrftoken and holds it, logging in sets sessionid and leads away (A-12)", async () => {
    const browser = new Browser(platform.url);
    const page = await browser.request("GET", "/accounts/login");
    assert.equal(page.status, 200);
    assert.match(page.text, new RegExp(`name="csrfmiddlewaretoken" value="${browser.cookies.get("csrftoken")}"`));
    assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/);
    const answer = await browser.logIn(person);
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.get("location"), "/");
    assert.match(
      answer.headers.getSetCookie().find((cookie) => cookie.startsWith("sessionid="))!,
      /HttpOnly/,
    );
    assert.match(answer.headers.getSetCookie().join("\n"), /SameSite=Lax/);
    const profile = await browser.request("GET", "/api/my_profile/");
    assert.equal((JSON.parse(profile.text) as { username: string }).username, person.username);
  });

  it("a wrong password gives the form again and no session", async () => {
    const browser = new Browser(platform.url);
    const answer = await browser.logIn({ username: person.username, password: "not the password" });
    assert.equal(answer.status, 200);
    assert.match(answer.text, /role="alert"/);
    assert.equal(browser.cookies.has("sessionid"), false);
  });

  it("without the csrf token, or with another one, nobody is logged in", async () => {
    const browser = new Browser(platform.url);
    const { username, password } = person;
    assert.equal((await browser.request("POST", "/accounts/login/", { form: { username, password } })).status, 403);
    await browser.request("GET", "/accounts/login/");
    const csrfmiddlewaretoken = "a".repeat(43);
    const answer = await browser.request("POST", "/accounts/login/", {
      form: { username, password, csrfmiddlewaretoken },
    });
    assert.equal(answer.status, 403);
    assert.equal((JSON.parse(answer.text) as { code: string }).code, "CSRF_FAILED");
  });

  it("logging in leads on to a page of ours and to no other site", async () => {
    const leads = async (next: string) => (await new Browser(platform.url).logIn(person, next)).headers.get("location");
    assert.equal(await leads("/competitions/1/?a=b"), "/competitions/1/?a=b");
    for (const next of ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
      assert.equal(await leads(next), "/", next);
  });

  it("what comes back in the page is escaped", async () => {
    const page = await new Browser(platform.url).request(
      "GET",
      `/accounts/login/?next=${encodeURIComponent('/"><script>')}`,
    );
    assert.doesNotMatch(page.text, /<script>/);
  });

  it("a session downloads what its owner may", async () => {
    const key = await upload(person, "public_data", Buffer.from("data"), "data.zip");
    const browser = new Browser(platform.url);
    assert.equal((await browser.request("GET", `/datasets/download/${key}/`)).status, 404);
    await browser.logIn(person);
    const answer = await browser.request("GET", `/datasets/download/${key}/`);
    assert.equal(answer.status, 302);
    assert.equal(await (await fetch(answer.headers.get("location")!)).text(), "data");
  });

  it("a change needs the csrf token beside the session (A-12)", async () => {
    const browser = new Browser(platform.url);
    await browser.logIn(person);
    const make = (headers: Record<string, string>) =>
      browser.request("POST", "/api/queues/", { json: { name: "mine" }, headers });
    assert.equal((await make({})).status, 403);
    assert.equal((await make({ "x-csrftoken": "b".repeat(43) })).status, 403);
    const token = browser.cookies.get("csrftoken")!;
    assert.equal((await make({ "x-csrftoken": token, origin: "https://evil.example" })).status, 403);
    assert.equal((await make({ "x-csrftoken": token, origin: platform.url })).status, 201);
    const form = { type: "public_data", request_sassy_file_name: "a.zip", file_size: "1", csrfmiddlewaretoken: token };
    assert.equal((await browser.request("POST", "/api/datasets/", { form })).status, 201);
  });

  it("a GET that changes something needs to come from a page of ours, or with the token (A-13)", async () => {
    const browser = new Browser(platform.url);
    await browser.logIn(person);
    const cancel = (headers: Record<string, string>) =>
      browser.request("GET", "/api/submissions/999999/cancel_submission/", { headers });
    assert.equal((await cancel({ "sec-fetch-site": "cross-site" })).status, 403);
    assert.equal((await cancel({})).status, 403);
    assert.equal((await cancel({ "sec-fetch-site": "same-origin" })).status, 404);
    assert.equal((await cancel({ "x-csrftoken": browser.cookies.get("csrftoken")! })).status, 404);
  });

  it("logging out ends the session", async () => {
    const browser = new Browser(platform.url);
    await browser.logIn(person);
    const session = browser.cookies.get("sessionid")!;
    const csrfmiddlewaretoken = browser.cookies.get("csrftoken")!;
    assert.equal((await browser.request("POST", "/accounts/logout/", { form: { csrfmiddlewaretoken } })).status, 302);
    browser.cookies.set("sessionid", session);
    assert.equal((await browser.request("GET", "/api/my_profile/")).status, 403);
  });

  it("a session is no token, and a token no session", async () => {
    const browser = new Browser(platform.url);
    await browser.logIn(person);
    const asToken = await platform.send("GET", "/api/my_profile/", {
      authorization: `Token ${browser.cookies.get("sessionid")}`,
    });
    assert.equal(asToken.status, 403);
    browser.cookies.set("sessionid", person.token);
    assert.equal((await browser.request("GET", "/api/my_profile/")).status, 403);
  });

  it("the session of somebody who is banned opens nothing, and the answer says so under `error`", async () => {
    const banned = await platform.newPerson();
    const browser = new Browser(platform.url);
    await browser.logIn(banned);
    await platform.inside.db
      .updateTable("users")
      .set({ is_banned: true })
      .where("username", "=", banned.username)
      .execute();
    const answer = await browser.request("GET", "/api/my_profile/");
    assert.equal(answer.status, 403);
    assert.equal(typeof (JSON.parse(answer.text) as { error: unknown }).error, "string");
  });

  it("/api/api-auth/login/ leads to the form", async () => {
    const answer = await platform.send("GET", "/api/api-auth/login/?next=/a/");
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.get("location"), "/accounts/login/?next=%2Fa%2F");
  });
});
