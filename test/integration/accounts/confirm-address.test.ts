import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { bundleFiles } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import { personOf, type Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { expect, openLab, type Lab } from "../support/lab.ts";
import { mailedTokenTo } from "./mailed-token.ts";

describe("a mail address", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab.close());

  const signUp = async (): Promise<Person & { email: string }> => {
    const username = `n${randomUUID().slice(0, 8)}`;
    const account = { username, email: `${username}@example.org`, password: "long enough" };
    assert.equal((await lab.send("POST", "/api/signup/", { content: { json: account } })).status, 201);
    return { ...(await personOf(lab.url, username, account.password)), email: account.email };
  };
  const mailedToken = (email: string, count = 1) => mailedTokenTo(lab, email, "/accounts/confirm/", count);
  const confirm = (person: Person, token: string) => person.send("POST", "/accounts/confirm/", { json: { token } });
  const isConfirmed = async (person: Person) =>
    (await expect<{ email_is_confirmed: boolean }>(200, person, "GET", "/api/my_profile/")).email_is_confirmed;

  it("is confirmed with the token of a mail, once, and only by the person who has the account (A-132)", async () => {
    const [person, other] = [await signUp(), await signUp()];
    const token = await mailedToken(person.email);
    await waitFor("the database to forget the token", async () =>
      (await lab.inside.db.selectFrom("mails").select("body").execute()).every(({ body }) => !body.includes(token)),
    );
    assert.equal(await isConfirmed(person), false);
    const stored = await lab.inside.db.selectFrom("mailed_tokens").selectAll().execute();
    assert.ok(!JSON.stringify(stored).includes(token) && stored.every(({ token_hash }) => token_hash.length === 32));

    const asked = (of: string, by: Person) => by.send("GET", `/accounts/confirm/?token=${of}`);
    assertRefused(await lab.send("GET", `/accounts/confirm/?token=${token}`), 403, "NOT_LOGGED_IN");
    await lab.refuses(() => confirm(other, token), 400, "BAD_CONFIRMATION");
    await lab.refuses(() => confirm(person, "bsm_x"), 400, "BAD_CONFIRMATION");
    assert.equal(await isConfirmed(person), false);

    assert.deepEqual((await asked(token, person)).body, { email: person.email, is_new: false });
    assertRefused(await asked(token, other), 400, "BAD_CONFIRMATION");
    assertRefused(await asked("bsm_x", person), 400, "BAD_CONFIRMATION", /This link was used already/);
    assert.deepEqual((await confirm(person, token)).body, { email: person.email });
    assert.equal(await isConfirmed(person), true);
    await lab.refuses(() => confirm(person, token), 400, "BAD_CONFIRMATION");
    await lab.refuses(() => person.send("POST", "/accounts/confirm/send/"), 400, "CONFIRMED_ALREADY");
    assert.equal(await isConfirmed(lab.admin), false);
    assert.equal(await isConfirmed(await lab.newPerson({ isBot: true })), true);
  });

  it("is not confirmed with a token that has expired, or that was mailed to an earlier address", async () => {
    const person = await signUp();
    const { db } = lab.inside;
    const expired = await mailedToken(person.email);
    await db
      .updateTable("mailed_tokens")
      .set({ expires_at: sql<Date>`now()` })
      .where("email", "=", person.email)
      .execute();
    await lab.refuses(() => confirm(person, expired), 400, "BAD_CONFIRMATION");
    await expect(200, person, "POST", "/accounts/confirm/send/");
    const early = await mailedToken(person.email, 2);
    await db
      .updateTable("users")
      .set({ email: `new-${person.email}` })
      .where("email", "=", person.email)
      .execute();
    await lab.refuses(() => confirm(person, early), 400, "BAD_CONFIRMATION");
  });

  it("gets at most five mails a day", async () => {
    const person = await signUp();
    for (let mail = 2; mail <= 5; mail++) {
      const { is_sent } = await expect<{ is_sent: boolean }>(200, person, "POST", "/accounts/confirm/send/");
      assert.equal(is_sent, true);
    }
    assertRefused(await person.send("POST", "/accounts/confirm/send/"), 429, "TOO_MANY_MAILS");
  });

  it("on a competition's list counts once it is confirmed (A-132)", async () => {
    const { id } = await lab.newCompetition(lab.organizer, bundleFiles({ registration_auto_approve: false }));
    const [invited, stranger] = [await signUp(), await signUp()];
    await expect(200, lab.organizer, "PATCH", `/api/competitions/${id}/`, {
      json: { whitelist_emails: [invited.email] },
    });
    const register = (person: Person) => person.send("POST", `/api/competitions/${id}/register/`, { json: {} });
    for (const person of [invited, stranger]) {
      const { body, headers } = await register(person);
      assert.deepEqual(body, { participant_status: "pending" });
      assert.match(headers.get("warning")!, /^299 - "Your mail address is not confirmed/);
    }
    for (const person of [invited, stranger])
      assert.equal((await confirm(person, await mailedToken(person.email))).status, 200);
    const statusOf = async (person: Person) =>
      (await expect<{ participant_status: string }>(200, person, "GET", `/api/competitions/${id}/`)).participant_status;
    assert.deepEqual([await statusOf(invited), await statusOf(stranger)], ["approved", "pending"]);
    const { results } = await expect<{ results: { kind: string; actor: unknown }[] }>(
      200,
      lab.organizer,
      "GET",
      `/api/competitions/${id}/audit/?kind=participant.approved`,
    );
    assert.deepEqual(
      results.map(({ actor }) => actor),
      [null],
    );
  });

  it("logging out revokes the token of the request, and no other (A-133)", async () => {
    const person = await signUp();
    const second = await personOf(lab.url, person.username, person.password);
    assert.equal((await person.send("POST", "/accounts/logout/")).status, 204);
    assertRefused(await person.send("GET", "/api/my_profile/"), 403, "BAD_TOKEN");
    assert.equal(await isConfirmed(second), false);
  });
});
