/** Passkeys of a real browser, to log in and beside a password. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { Browser } from "../../support/browser.ts";
import { openChromium, type Authenticator } from "../../support/chromium.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { benchstack } from "../cli/run-benchstack.ts";
import { expect, openLab, type Lab } from "../support/lab.ts";

const path = "/api/account/passkeys/";
type Json = Record<string, unknown>;
type Listed = { id: string; name: string; last_used: string | null };

describe("passkeys (A-170, A-171, A-172, A-173)", () => {
  let lab: Lab;
  let chromium: Awaited<ReturnType<typeof openChromium>>;
  const otherSite = createServer((_, response) => response.setHeader("content-type", "text/html").end("<p>Hello"));
  const closers: (() => unknown)[] = [];
  beforeAll(async () => {
    chromium = await openChromium();
    closers.push(chromium.close);
    lab = await openLab({ atLocalhost: true });
    closers.push(lab.close);
    await once(otherSite.listen(0, "localhost"), "listening");
    closers.push(() => otherSite.close());
  });
  afterAll(() => Promise.all(closers.map((close) => close())));

  /** A telephone with a page of the platform open. */
  const telephone = () => chromium.authenticator(`${lab.url}/accounts/login/`);
  const options = (changed: Json = {}) =>
    expect<Json>(200, { send: (method, path) => lab.send(method, path) }, "POST", "/api/session/passkey/options/").then(
      (made) => ({ ...made, ...changed }),
    );
  const shown = async (phone: Authenticator) => phone.get(await options());

  /** Registers a passkey of a telephone; `proof` is what else the account asks for. */
  async function register(person: Person, phone: Authenticator, name: string, proof: Json = {}) {
    const begun = await expect(200, person, "POST", `${path}options/`, {
      json: { password: person.password, ...proof },
    });
    const passkey = await phone.create(begun);
    return expect<{ id: string; recovery_codes: string[] }>(201, person, "POST", path, { json: { name, passkey } });
  }

  const withPassword = (person: Person, factor: Json = {}) =>
    lab.send("POST", "/api/api-token-auth/", {
      content: { json: { username: person.username, password: person.password, ...factor } },
    });

  /** Logs a browser in with a passkey alone. */
  async function signIn(passkey: unknown) {
    const browser = new Browser(lab.url);
    await browser.request("GET", "/api/session/");
    const headers = { "x-csrftoken": browser.cookies.get("csrftoken")! };
    const { status, text } = await browser.request("POST", "/api/session/passkey/", { json: { passkey }, headers });
    return { status, browser, text, body: JSON.parse(text) as { user?: { username: string }; code?: string } };
  }

  it("several passkeys log in alone and beside the password; each is listed, named and removed", async () => {
    const person = await lab.newPerson();
    const [phone, key] = [await telephone(), await telephone()];
    assertRefused(await person.send("POST", `${path}options/`, { json: {} }), 400, "PASSWORD_NEEDED");
    const first = await register(person, phone, "My phone");
    assert.equal(first.recovery_codes.length, 10);
    assertRefused(
      await person.send("POST", `${path}options/`, { json: { password: person.password } }),
      400,
      "SECOND_FACTOR_NEEDED",
      /`passkey`.*recovery codes/,
    );
    const second = await register(person, key, "A key", { passkey: await shown(phone) });
    assert.deepEqual(second.recovery_codes, []);

    assertRefused(await withPassword(person), 400, "SECOND_FACTOR_NEEDED");
    assert.equal((await withPassword(person, { passkey: await shown(key) })).status, 200);
    assert.equal((await withPassword(person, { code: first.recovery_codes[0] })).status, 200);
    const signedIn = await signIn(await shown(phone));
    assert.equal(signedIn.body.user?.username, person.username);
    const session = await signedIn.browser.request("GET", "/api/session/");
    assert.match(session.text, new RegExp(person.username));

    const listed = await expect<Listed[]>(200, person, "GET", path);
    assert.deepEqual(
      listed.map(({ name, last_used }) => [name, last_used !== null]),
      [
        ["My phone", true],
        ["A key", true],
      ],
    );
    const env = { XDG_CONFIG_HOME: lab.home, BENCHSTACK_URL: lab.url, BENCHSTACK_TOKEN: person.token };
    assert.match((await benchstack(["passkeys"], { env })).out, /My phone[\s\S]*A key/);
    const input = `${person.password}\n${first.recovery_codes[1]}\n`;
    assert.equal((await benchstack(["remove-passkey", first.id], { env, input })).out, "The passkey is removed.\n");
    assert.equal((await signIn(await shown(phone))).body.code, "BAD_PASSKEY");

    const { password } = person;
    assertRefused(
      await person.send("DELETE", `${path}${second.id}/`, { json: { password } }),
      400,
      "SECOND_FACTOR_NEEDED",
    );
    await expect(204, person, "DELETE", `${path}${second.id}/`, { json: { password, passkey: await shown(key) } });
    assert.equal((await withPassword(person)).status, 200, "nothing is left to ask for");
    const state = await expect<Json>(200, person, "GET", "/api/account/second-factor/");
    assert.deepEqual(state, { is_on: false, has_app: false, passkeys: 0, recovery_codes_left: 0 });
    const { results } = await expect<{ results: { kind: string }[] }>(200, lab.admin, "GET", "/api/audit/?page_size=4");
    assert.deepEqual(
      results.map(({ kind }) => kind),
      ["user.passkey_removed", "user.passkey_removed", "user.passkey_added", "user.passkey_added"],
    );
  });

  it("an answer counts once, within its time, and only for the platform's own address", async () => {
    const person = await lab.newPerson();
    const phone = await telephone();
    await register(person, phone, "My phone");
    const answer = await shown(phone);
    assert.equal((await signIn(answer)).status, 200);
    const again = await signIn(answer);
    assert.equal(again.status, 400);
    assert.match(again.text, /used already, or came too late/);

    const late = await shown(phone);
    await lab.inside.db
      .updateTable("passkey_challenges")
      .set({ expires_at: new Date(0) })
      .execute();
    assert.equal((await signIn(late)).body.code, "BAD_PASSKEY");

    // A browser makes and shows passkeys of localhost on all its ports.
    const { port } = otherSite.address() as AddressInfo;
    await phone.page.goto(`http://localhost:${port}/`);
    const elsewhere = await shown(phone);
    assert.equal((await signIn(elsewhere)).body.code, "BAD_PASSKEY");
    const other = await lab.newPerson();
    const json = { password: other.password };
    const made = await phone.create(await expect(200, other, "POST", `${path}options/`, { json }));
    assertRefused(await other.send("POST", path, { json: { name: "x", passkey: made } }), 400, "BAD_PASSKEY");
    await phone.page.goto(`${lab.url}/accounts/login/`);
    const changed = await shown(phone);
    const response = { ...(changed["response"] as Json), signature: (made["response"] as Json)["attestationObject"] };
    assert.equal((await signIn({ ...changed, response })).body.code, "BAD_PASSKEY");
    const forged = await lab.send("POST", "/api/session/passkey/", {
      content: { json: { passkey: await shown(phone) } },
    });
    assertRefused(forged, 403, "CSRF_FAILED");
  });

  it("somebody else's passkey, a challenge made for somebody else, and a passkey that was not unlocked are refused", async () => {
    const [alice, bob] = [await lab.newPerson(), await lab.newPerson()];
    const [hers, his] = [await telephone(), await telephone()];
    const { recovery_codes } = await register(alice, hers, "Hers");
    await register(bob, his, "His");
    assertRefused(await withPassword(alice, { passkey: await shown(his) }), 400, "BAD_PASSKEY", /another account/);
    const hersMade = await hers.create(
      await expect(200, alice, "POST", `${path}options/`, {
        json: { password: alice.password, code: recovery_codes[0] },
      }).then((made) => ({ ...made, excludeCredentials: [] })),
    );
    assertRefused(await bob.send("POST", path, { json: { name: "x", passkey: hersMade } }), 400, "BAD_PASSKEY");

    await his.devTools.send("WebAuthn.setUserVerified", { authenticatorId: his.id, isUserVerified: false });
    const locked = await his.get(await options({ userVerification: "discouraged" }));
    assert.equal((await signIn(locked)).body.code, "BAD_PASSKEY");
    assertRefused(
      await withPassword(bob, { passkey: await his.get(await options({ userVerification: "discouraged" })) }),
      400,
      "BAD_PASSKEY",
    );
  });

  it("a copy of a passkey that counts its uses is refused, and tries are limited", async () => {
    const person = await lab.newPerson();
    const [phone, copy] = [await telephone(), await telephone()];
    await register(person, phone, "My phone");
    const { credentials } = await phone.devTools.send("WebAuthn.getCredentials", { authenticatorId: phone.id });
    assert.equal((await signIn(await shown(phone))).status, 200);
    await copy.devTools.send("WebAuthn.addCredential", { authenticatorId: copy.id, credential: credentials[0]! });
    assert.equal((await signIn(await shown(copy))).body.code, "BAD_PASSKEY");
    assert.equal((await signIn(await shown(phone))).status, 200);
    await lab.inside.db.deleteFrom("throttles").execute();
    const used = await shown(phone);
    assert.equal((await signIn(used)).status, 200);
    for (let times = 0; times < 6; times++)
      assertRefused(await withPassword(person, { passkey: used }), 400, "BAD_PASSKEY");
    assertRefused(await withPassword(person, { passkey: await shown(phone) }), 429, "TOO_MANY_TRIES");
  });

  it("an administrator removes the passkeys of somebody who has lost them", async () => {
    const person = await lab.newPerson();
    const phone = await telephone();
    await register(person, phone, "My phone");
    const { user } = await expect<{ user: { id: number } }>(200, person, "GET", "/api/session/");
    await expect(204, lab.admin, "DELETE", `/api/users/${user.id}/second-factor/`);
    assert.equal((await withPassword(person)).status, 200);
    assert.equal((await signIn(await shown(phone))).body.code, "BAD_PASSKEY");
  });
});
