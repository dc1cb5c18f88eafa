/** Changing and resetting passwords, and changing the mail address. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { expect, openLab, type Lab } from "../support/lab.ts";
import { Browser } from "../../support/browser.ts";
import { mailedTokenTo, mailsTo } from "./mailed-token.ts";
import { withToken } from "./with-token.ts";

const long = "another long one";

describe("passwords and addresses", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab.close());

  const post = (path: string, json: unknown) => lab.send("POST", path, { content: { json } });
  const logIn = (username: string, password: string) => post("/api/api-token-auth/", { username, password });
  /** What the audit trail says last about a person, to superusers. */
  const lastEvent = async (kind: string) => {
    const { results } = await expect<{ results: { after: object | null; subject: { id: string } }[] }>(
      200,
      lab.admin,
      "GET",
      `/api/audit/?kind=${kind}&page_size=1`,
    );
    return results[0];
  };
  const addressOf = ({ username }: Person) => `${username}@example.org`;

  it("common, short and own names are refused as passwords (A-163)", async () => {
    const username = `n${randomUUID().slice(0, 8)}`;
    const signUp = (password: string) => post("/api/signup/", { username, email: `${username}@example.org`, password });
    for (const password of [
      "Password1",
      "ｐａｓｓｗｏｒｄ",
      " password ",
      `${username}@example.org`,
      username + username,
      "abcabcabc",
    ])
      assertRefused(await signUp(password), 400, "WEAK_PASSWORD");
    assertRefused(await signUp("short"), 400, "INVALID", /at least 8/);
    assert.equal((await signUp(long)).status, 201);
  });

  it("a change needs the old password, ends other sessions, and ends tokens if asked to (A-163)", async () => {
    const person = await lab.newPerson();
    const session = new Browser(lab.url);
    await session.logIn(person);
    const other = await expect<{ token: string }>(201, person, "POST", "/api/tokens/", { json: { name: "other" } });
    const change = (old_password: string, new_password: string, rest: object = {}) =>
      person.send("PUT", "/api/account/password/", { json: { old_password, new_password, ...rest } });
    assertRefused(await change("not the password", long), 400, "BAD_PASSWORD", /not your password/);
    assertRefused(await change(person.password, "password123"), 400, "WEAK_PASSWORD");
    assert.equal((await change(person.password, long)).status, 204);
    assert.match((await session.request("GET", "/api/session/")).text, /"user":null/);
    assert.equal((await withToken(lab, other.token)("GET", "/api/my_profile/")).status, 200);
    assertRefused(await logIn(person.username, person.password), 400, "BAD_LOGIN");
    assert.equal((await logIn(person.username, long)).status, 200);

    assert.equal((await change(long, `${long} again`, { revoke_tokens: true })).status, 204);
    assertRefused(await withToken(lab, other.token)("GET", "/api/my_profile/"), 403, "BAD_TOKEN");
    assert.equal((await person.send("GET", "/api/my_profile/")).status, 200, "what asked stays");
    assert.equal((await lastEvent("user.password_changed"))?.after, null);
  });

  it("a change ends what somebody with the old password has asked for, and its owner is told", async () => {
    const person = await lab.newPerson();
    const thief = `${randomUUID()}@example.org`;
    const json = { email: thief, password: person.password };
    assert.equal((await person.send("PUT", "/api/account/email/", { json })).status, 200);
    assert.equal((await post("/accounts/password_reset/", { email: addressOf(person) })).status, 200);
    const change = await mailedTokenTo(lab, thief, "/accounts/confirm/");
    const reset = await mailedTokenTo(lab, addressOf(person), "/accounts/password_reset/");
    const passwords = { old_password: person.password, new_password: long };
    assert.equal((await person.send("PUT", "/api/account/password/", { json: passwords })).status, 204);
    const confirmed = await person.send("POST", "/accounts/confirm/", { json: { token: change } });
    assertRefused(confirmed, 400, "BAD_CONFIRMATION");
    const confirm = await post("/accounts/password_reset/confirm/", { token: reset, password: `${long} again` });
    assertRefused(confirm, 400, "BAD_RESET");
    await waitFor("the owner to be told", async () =>
      (await mailsTo(lab, addressOf(person))).some((mail) => mail.includes("Your password was changed")),
    );
  });

  describe("a forgotten password (A-164)", () => {
    const ask = (email: string) => post("/accounts/password_reset/", { email });
    const set = (token: string, password: string) => post("/accounts/password_reset/confirm/", { token, password });

    it("is replaced with the link of a mail, once, and every login ends", async () => {
      const person = await lab.newPerson();
      const known = await ask(addressOf(person).toUpperCase());
      assert.deepEqual([known.status, known.body], [200, (await ask("nobody@example.org")).body]);
      const token = await mailedTokenTo(lab, addressOf(person), "/accounts/password_reset/");
      assertRefused(await set("bsm_x", long), 400, "BAD_RESET");
      assertRefused(await set(token, "password123"), 400, "WEAK_PASSWORD");
      assertRefused(await person.send("POST", "/accounts/confirm/", { json: { token } }), 400, "BAD_CONFIRMATION");
      assert.deepEqual((await set(token, long)).body, { username: person.username });
      assert.equal((await lastEvent("user.password_reset"))?.after, null);
      assertRefused(await set(token, `${long} again`), 400, "BAD_RESET");
      assertRefused(await person.send("GET", "/api/my_profile/"), 403, "BAD_TOKEN");
      assert.equal((await logIn(person.username, long)).status, 200);
      assert.deepEqual(await mailsTo(lab, "nobody@example.org"), []);
    });

    it("is not asked for by a form of another site", async () => {
      const form = { email: addressOf(await lab.newPerson()) };
      const browser = new Browser(lab.url);
      assert.equal((await browser.request("POST", "/accounts/password_reset/", { form })).status, 403);
      await browser.request("GET", "/accounts/login/");
      const csrfmiddlewaretoken = browser.cookies.get("csrftoken")!;
      const own = { form: { ...form, csrfmiddlewaretoken } };
      assert.equal((await browser.request("POST", "/accounts/password_reset/", own)).status, 200);
    });

    it("can be asked for five times a day, and the answer stays the same", async () => {
      const person = await lab.newPerson();
      for (let times = 0; times < 7; times++) assert.equal((await ask(addressOf(person))).status, 200);
      await waitFor("what was asked for to be done", async () => {
        const rows = await lab.inside.db.selectFrom("mails").select(["recipients", "status"]).execute();
        const own = rows.filter(({ recipients }) => recipients.includes(addressOf(person)));
        return own.length === 5 && own.every(({ status }) => status === "sent");
      });
      await mailedTokenTo(lab, addressOf(person), "/accounts/password_reset/", 5);
    });
  });

  it("an address changes when the link mailed to the new one is opened, and both are told (A-165)", async () => {
    const [person, other] = [await lab.newPerson(), await lab.newPerson()];
    const to = `${randomUUID()}@example.org`;
    const ask = (email: string, password: string) =>
      person.send("PUT", "/api/account/email/", { json: { email, password } });
    assertRefused(await ask(to, "not the password"), 400, "BAD_PASSWORD");
    assertRefused(await ask(addressOf(other), person.password), 400, "TAKEN");
    assertRefused(await ask(addressOf(person).toUpperCase(), person.password), 400, "SAME_ADDRESS", /already/);
    assert.equal((await ask(to, person.password)).status, 200);
    const token = await mailedTokenTo(lab, to, "/accounts/confirm/");
    const asked = await expect(200, person, "GET", `/accounts/confirm/?token=${token}`);
    assert.deepEqual(asked, { email: to, is_new: true });
    await lab.refuses(
      async () => {
        await lab.inside.db.updateTable("users").set({ email: to }).where("username", "=", other.username).execute();
        return person.send("POST", "/accounts/confirm/", { json: { token } });
      },
      400,
      "TAKEN",
      /Another account has got the address/,
    );
    await lab.inside.db
      .updateTable("users")
      .set({ email: addressOf(other) })
      .where("username", "=", other.username)
      .execute();
    const email = async () => (await expect<{ email: string }>(200, person, "GET", "/api/my_profile/")).email;
    assert.equal(await email(), addressOf(person));
    await lab.refuses(() => other.send("POST", "/accounts/confirm/", { json: { token } }), 400, "BAD_CONFIRMATION");
    await expect(200, person, "POST", "/accounts/confirm/", { json: { token } });
    assert.equal(await email(), to);
    assert.deepEqual((await lastEvent("user.address_changed"))?.after, { email: to });
    await waitFor("both mails to the old address", async () => (await mailsTo(lab, addressOf(person))).length === 2);
    assert.match((await mailsTo(lab, addressOf(person))).join("\n"), /about to change[\s\S]*was changed/);
  });
});
