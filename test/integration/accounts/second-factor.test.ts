/** The second factor of logins with a password. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { Secret, TOTP } from "otpauth";
import { Browser } from "../../support/browser.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { benchstack } from "../cli/run-benchstack.ts";
import { expect, openLab, type Lab } from "../support/lab.ts";

const path = "/api/account/second-factor/";

describe("a second factor (A-188)", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab.close());

  const logIn = (person: Person, code?: string) =>
    lab.send<{ token: string }>("POST", "/api/api-token-auth/", {
      content: { json: { username: person.username, password: person.password, code } },
    });
  /** The code of an app some steps from now. Only one step around now is accepted. */
  const codeOf = (secret: string, steps = 0) =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });
  /** Forgets which code was used last, because a test cannot wait for the next one. */
  const forget = () => lab.inside.db.updateTable("second_factors").set({ last_step: null }).execute();
  const turnOn = async (person: Person) => {
    const { secret, uri } = await expect<{ secret: string; uri: string }>(200, person, "POST", path, {
      json: { password: person.password },
    });
    assert.match(uri, new RegExp(`^otpauth://totp/.*${person.username}.*secret=${secret}`));
    assert.equal((await logIn(person)).status, 200, "it does not count yet");
    assertRefused(await person.send("PUT", path, { json: { code: codeOf(secret, 9) } }), 400, "BAD_CODE");
    const code = codeOf(secret);
    const { recovery_codes } = await expect<{ recovery_codes: string[] }>(200, person, "PUT", path, {
      json: { code },
    });
    return { secret, recovery: recovery_codes, used: code };
  };

  it("is asked for at every login with a password, in a sentence that says what to send", async () => {
    const person = await lab.newPerson();
    assertRefused(await person.send("POST", path, { json: { password: "not it" } }), 400, "BAD_PASSWORD");
    const { secret, recovery, used } = await turnOn(person);
    assert.equal(new Set(recovery).size, 10);
    assertRefused(await logIn(person), 400, "SECOND_FACTOR_NEEDED", /Also send `code`/);
    assertRefused(await logIn({ ...person, password: "wrong" }, codeOf(secret)), 400, "BAD_LOGIN");
    assertRefused(await logIn(person, used), 400, "BAD_CODE", /used already/);
    await forget();
    const spaced = codeOf(secret).replace(/^.../, "$& ");
    assert.equal((await logIn(person, spaced)).status, 200);
    assertRefused(await logIn(person, spaced), 400, "BAD_CODE");
    assertRefused(await person.send("POST", path, { json: { password: person.password } }), 409, "SECOND_FACTOR_ON");
    assert.equal((await person.send("GET", "/api/my_profile/")).status, 200, "earlier logins go on");

    const browser = new Browser(lab.url);
    const first = await browser.logIn(person);
    assert.match(first.text, /name="code"/);
    const { username, password } = person;
    const form = {
      username,
      password,
      code: recovery[0]!.replace("-", ""),
      csrfmiddlewaretoken: browser.cookies.get("csrftoken")!,
    };
    assert.equal((await browser.request("POST", "/accounts/login/", { form })).status, 302);
    const again = { ...form, csrfmiddlewaretoken: browser.cookies.get("csrftoken")! };
    assert.match((await browser.request("POST", "/accounts/login/", { form: again })).text, /used already/);
    const json = await expect<{ recovery_codes_left: number }>(200, person, "GET", path);
    assert.equal(json.recovery_codes_left, 9);

    const env = { XDG_CONFIG_HOME: `${lab.home}/cli`, BENCHSTACK_URL: "", BENCHSTACK_TOKEN: "" };
    const login = (input: string) => benchstack(["login", lab.url, "--username", username], { env, input });
    assert.match((await login(`${password}\n`)).errors, /SECOND_FACTOR_NEEDED/);
    assert.equal((await login(`${password}\n${recovery[1]}\n`)).code, 0);
    assert.match((await benchstack(["second-factor"], { env })).out, /is on\. 8 recovery codes are left/);
    const off = await benchstack(["second-factor", "off"], { env, input: `${password}\n${recovery[2]}\n` });
    assert.equal(off.out, "The second factor is off.\n");
    assert.equal((await logIn(person)).status, 200);
  });

  it("wrong codes are limited, also for who knows the password; a right one gives all tries again", async () => {
    const person = await lab.newPerson();
    const { secret, recovery } = await turnOn(person);
    await lab.inside.db.deleteFrom("throttles").execute();
    for (let times = 0; times < 6; times++) assertRefused(await logIn(person, "000000"), 400, "BAD_CODE");
    assertRefused(await logIn(person, recovery[0]), 429, "TOO_MANY_TRIES");
    await lab.inside.db.deleteFrom("throttles").execute();
    await forget();
    assert.equal((await logIn(person, codeOf(secret))).status, 200);
  });

  it("is turned off by an administrator for somebody who has lost it, and every change is on the trail", async () => {
    const person = await lab.newPerson();
    await turnOn(person);
    const { id } = (await expect<{ user: { id: number } }>(200, person, "GET", "/api/session/")).user;
    assertRefused(await person.send("DELETE", `/api/users/${id}/second-factor/`), 403, "NOT_ALLOWED");
    await expect(204, lab.admin, "DELETE", `/api/users/${id}/second-factor/`);
    assertRefused(await lab.admin.send("DELETE", `/api/users/${id}/second-factor/`), 404, "NO_SECOND_FACTOR");
    assert.equal((await logIn(person)).status, 200);
    const { results } = await expect<{ results: { kind: string }[] }>(200, lab.admin, "GET", "/api/audit/?page_size=2");
    assert.deepEqual(
      results.map(({ kind }) => kind),
      ["user.second_factor_off", "user.second_factor_on"],
    );
    const stored = await lab.inside.db.selectFrom("recovery_codes").select("code_hash").execute();
    assert.ok(stored.every(({ code_hash }) => code_hash.length === 32));
  });
});
