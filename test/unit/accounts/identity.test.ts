import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { endpointsOf, identityOf, scopeOf, usernameFrom } from "../../../lambdas/accounts/rules/identity.ts";
import { newPendingCookie, readPending } from "../../../lambdas/accounts/rules/pending-sign-in.ts";
import { identityProvidersSchema, signInProblem, openSignIn } from "../../../lambdas/accounts/rules/sign-in-options.ts";

const providers = identityProvidersSchema.parse({
  uni: {
    kind: "oidc",
    label: "University",
    issuer: "https://login.example.org",
    clientId: "a",
    organizations: {
      staff: { organization: 3, group: "MANAGER" },
      students: { organization: 3 },
      x: { organization: 4 },
    },
  },
  github: { kind: "github", label: "GitHub", clientId: "b" },
});
const [uni, github] = [providers["uni"]!, providers["github"]!];

describe("an identity", () => {
  it("is read from GitHub's answers: the primary address, and whether GitHub has verified it (A-180)", () => {
    const user = { id: 583231, login: "octocat", name: "The Octocat", email: "public@example.org" };
    const emails = (verified: boolean) => [
      { email: "other@example.org", primary: false, verified: true, visibility: null },
      { email: "Octocat@example.org", primary: true, verified, visibility: "private" },
    ];
    assert.deepEqual(identityOf(user, emails(true), github), {
      subject: "583231",
      email: "octocat@example.org",
      emailIsVerified: true,
      username: "octocat",
      name: "The Octocat",
      organizations: [],
    });
    assert.equal(identityOf(user, emails(false), github).emailIsVerified, false);
    assert.equal(identityOf({ ...user, email_verified: true }, [], github).emailIsVerified, false);
    assert.equal(endpointsOf(github)?.emailsEndpoint, "https://api.github.com/user/emails");
    assert.equal(scopeOf(github), "read:user user:email");
  });

  it("has the first group that stands in the options, for each organization they name (A-182)", () => {
    const groups = (told: unknown) => identityOf({ sub: "1", groups: told }, undefined, uni).organizations;
    const none = { id: 4, group: null };
    assert.deepEqual(groups(["students", "staff"]), [{ id: 3, group: "MANAGER" }, none]);
    assert.deepEqual(groups("students"), [{ id: 3, group: "MEMBER" }, none]);
    assert.deepEqual(groups(undefined), [{ id: 3, group: null }, none]);
  });

  it("without a subject is none, and only true counts as verified", () => {
    assert.throws(() => identityOf({ email: "a@example.org" }, undefined, uni));
    for (const email_verified of ["true", 1, undefined])
      assert.equal(identityOf({ sub: "1", email_verified }, undefined, uni).emailIsVerified, false);
    assert.equal(identityOf({ sub: "1", email: "no address" }, undefined, uni).email, null);
  });

  it("gives a username as it is spelt here", () => {
    const names = (username: string | null, email: string | null = null) => usernameFrom({ username, email });
    assert.equal(names("Zoë.Müller"), "zoe-mu-ller");
    assert.equal(names(null, "ada@example.org"), "user-ada");
    assert.equal(names(null, "a-very-long-name-of-somebody@example.org"), "a-very-long-nam");
    for (const name of ["", "日本", "x", "@", "-_-", "a@b"]) assert.match(names(name), /^[a-z0-9_-]{5,15}$/);
  });
});

describe("a sign-in that has begun", () => {
  it("is known by its cookie alone, and everything in it follows from a secret", () => {
    const cookie = newPendingCookie("uni", "/competitions/1/?a=b");
    const pending = readPending(cookie)!;
    assert.deepEqual([pending.provider, pending.next], ["uni", "/competitions/1/?a=b"]);
    assert.equal(new Set([pending.state, pending.nonce, pending.codeVerifier, cookie.split(".")[0]]).size, 4);
    for (const other of [undefined, "", "a.b.c", `${cookie}.d`, cookie.slice(1)])
      assert.equal(readPending(other), undefined);
    assert.notEqual(readPending(newPendingCookie("uni", "/"))!.state, pending.state);
  });
});

describe("options of sign-in", () => {
  it("that cannot work together are refused", () => {
    const option = (own: Partial<typeof openSignIn>) => signInProblem({ ...openSignIn, ...own })?.option;
    assert.equal(option({}), undefined);
    assert.equal(option({ signUp: "domains" }), "signUpDomains");
    assert.equal(option({ signUpDomains: ["example.org"] }), "signUpDomains");
    assert.equal(option({ passwordSignIn: false }), "passwordSignIn");
    assert.equal(option({ passwordSignIn: false, identityProviders: providers }), undefined);
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`p${at}`, github]));
    assert.equal(option({ identityProviders: many }), "identityProviders");
    const http = { kind: "oidc", label: "x", clientId: "x", issuer: "http://login.example.org" };
    assert.equal(identityProvidersSchema.safeParse({ http }).success, false);
  });
});
