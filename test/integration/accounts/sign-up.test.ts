/** Who may make an account, and whether passwords log in. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { assertRefused } from "../../support/http.ts";
import { expect, openLab, type Lab } from "../support/lab.ts";
import { benchstackHere } from "../cli/run-benchstack.ts";
import { mailedTokenTo, mailsTo } from "./mailed-token.ts";

describe("signing up", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab.close());

  /** Sets options as they are at a start. */
  const option = (values: Partial<Lab["inside"]["environment"]["SIGN_IN"]>) =>
    Object.assign(lab.inside.environment.SIGN_IN, values);
  beforeEach(() => {
    option({ signUp: "open", domains: [], passwords: true });
  });

  const post = (path: string, json: unknown) => lab.send("POST", path, { content: { json } });
  const newName = () => `n${randomUUID().slice(0, 8)}`;
  const signUp = (email: string, invitation?: string) =>
    post("/api/signup/", { username: newName(), email, password: "long enough", invitation });
  const isConfirmed = async (email: string) =>
    (await lab.inside.db.selectFrom("users").select("confirmed_email").where("email", "=", email).executeTakeFirst())
      ?.confirmed_email === email;

  it("by invitation needs the token that an administrator had mailed to the address, once (A-185)", async () => {
    option({ signUp: "invitation" });
    const email = `${randomUUID()}@example.org`;
    assertRefused(await signUp(email), 403, "SIGN_UP_DISABLED", /needs an invitation/);
    const admin = { BENCHSTACK_URL: lab.url, BENCHSTACK_TOKEN: lab.admin.token };
    const { out, code } = await benchstackHere(["invite", email], admin);
    assert.equal(code, 0, out);
    const token = await mailedTokenTo(lab, email, "/accounts/signup/");
    assert.ok(out.startsWith(`${lab.url}/accounts/signup/?token=${token}\n`));
    assert.match((await benchstackHere(["invitations"], admin)).out, new RegExp(email));
    assertRefused(await signUp(`${randomUUID()}@example.org`, token), 400, "BAD_INVITATION");
    assertRefused(await signUp(email, "bsm_x"), 400, "BAD_INVITATION");
    const weak = { username: newName(), email, password: "password123", invitation: token };
    assertRefused(await post("/api/signup/", weak), 400, "WEAK_PASSWORD");
    assert.equal((await signUp(email.toUpperCase(), token)).status, 201);
    assert.equal(await isConfirmed(email), true);
    assertRefused(await signUp(`${randomUUID()}@example.org`, token), 400, "BAD_INVITATION");
    assertRefused(await lab.admin.send("POST", "/api/invitations/", { json: { email } }), 400, "TAKEN");

    const { id, link } = await expect<{ id: string; link: string }>(201, lab.admin, "POST", "/api/invitations/", {
      json: { email: `${randomUUID()}@example.org` },
    });
    assert.equal((await benchstackHere(["withdraw-invitation", id], admin)).code, 0);
    assertRefused(await signUp("x@example.org", new URL(link).searchParams.get("token")!), 400, "BAD_INVITATION");
    const { results } = await expect<{ results: { kind: string }[] }>(200, lab.admin, "GET", "/api/audit/?page_size=3");
    assert.deepEqual(
      results.map(({ kind }) => kind),
      ["invitation.deleted", "invitation.created", "invitation.created"],
    );
  });

  it("leaves one open invitation for an address: a second one ends the first (A-185)", async () => {
    option({ signUp: "invitation" });
    const email = `${randomUUID()}@example.org`;
    const invite = () =>
      expect<{ id: string; link: string }>(201, lab.admin, "POST", "/api/invitations/", { json: { email } });
    const tokenOf = ({ link }: { link: string }) => new URL(link).searchParams.get("token")!;
    const both = await Promise.all([invite(), invite()]);
    const open = await expect<{ id: string; email: string }[]>(200, lab.admin, "GET", "/api/invitations/");
    const [left, ...others] = open.filter((one) => one.email === email).map(({ id }) => id);
    assert.deepEqual(others, []);
    const [first, second] = both[0].id === left ? [both[1], both[0]] : both;
    assertRefused(await signUp(email, tokenOf(first)), 400, "BAD_INVITATION");
    assert.equal((await signUp(email, tokenOf(second))).status, 201);
  });

  it("by mail domain sends the invitation to who asks with an address there (A-186)", async () => {
    option({ signUp: "domains", domains: ["uni.example.org"] });
    const ask = (email: string) => post("/api/invitations/request/", { email });
    for (const address of ["a@example.org", "a@sub.uni.example.org", "a@uni.example.org.example.com"])
      assertRefused(await ask(address), 400, "OTHER_DOMAIN", /uni\.example\.org/);
    const email = `${randomUUID()}@uni.example.org`;
    assertRefused(await signUp(email), 403, "SIGN_UP_DISABLED", /Ask for it at \/accounts\/signup\//);

    const asked = await ask(email);
    const token = await mailedTokenTo(lab, email, "/accounts/signup/");
    assert.equal((await signUp(email, token)).status, 201);
    assert.equal(await isConfirmed(email), true);

    assert.equal((await ask(email)).text, asked.text, "whether there is an account does not show");
    for (let times = 0; times < 7; times++) await ask(`five-${email}`);
    const { length } = await lab.inside.db
      .selectFrom("invitations")
      .select("id")
      .where("email", "=", `five-${email}`)
      .execute();
    assert.equal(length, 5, "and so many mails are sent in a day");
    assert.equal((await mailsTo(lab, email)).filter((mail) => mail.includes("Make your account")).length, 1);
  });

  it("with passwords off is for identity providers, and only administrators log in with one (A-187)", async () => {
    const person = await lab.newPerson();
    option({
      passwords: false,
      providers: [{ id: "uni", label: "Log in with the university", createsAccounts: null }],
    });
    const logIn = (password: string) => post("/api/api-token-auth/", { username: person.username, password });
    assertRefused(await logIn(person.password), 403, "PASSWORD_SIGN_IN_OFF", /Log in with the university/);
    assertRefused(await logIn("not the password"), 400, "BAD_LOGIN");
    assertRefused(await signUp(`${randomUUID()}@example.org`), 403, "PASSWORD_SIGN_IN_OFF");
    const { username, password } = lab.admin;
    assert.equal((await post("/api/api-token-auth/", { username, password })).status, 200);
    const { body } = await lab.send<Record<string, unknown>>("GET", "/api/config/");
    assert.equal(body["password_sign_in"], false);
  });
});
