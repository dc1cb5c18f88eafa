/** Profiles, and the settings of an account. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { Secret, TOTP } from "otpauth";
import type { Page } from "playwright-core";
import { encode } from "uqr";
import { mailedTokenTo } from "../integration/accounts/mailed-token.ts";
import { unsubscribeToken } from "../../lambdas/accounts/rules/mail-kinds.ts";
import { example } from "../support/examples.ts";
import { personOf, type Person } from "../support/platform.ts";
import { openWindow, visit, type Window } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { checkPages } from "../support/web/pages.ts";

const picture = join(example("temperature-forecast").bundle, "logo.png");

describe("an account", () => {
  let fixture: WebFixture;
  /** Where links of mails lead. */
  const mailed = { stop: "" };
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false, atLocalhost: true });
    const { db } = fixture.platform.inside;
    const person = await db
      .selectFrom("users")
      .select(["id", "mail_key"])
      .where("username", "=", "organizer")
      .executeTakeFirstOrThrow();
    mailed.stop = `/accounts/unsubscribe/?token=${unsubscribeToken(person, "allow_forum_notifications")}`;
    const { organizer, newcomer, competitions } = fixture;
    const { body } = await organizer.send<{ id: number }>("GET", "/api/users/organizer/");
    await organizer.client.request("PATCH", `/api/users/${body.id}/`, {
      display_name: "Weather group",
      title: "Keeps the stations running",
      location: "Orsay",
      biography: "We forecast the weather with $n = 3$ stations.\n\n- temperature\n- wind",
      personal_url: "https://weather.example.org",
      github_url: "https://github.example.org/weather",
    });
    await organizer.client.request("POST", "/api/tokens/", { name: "nightly evaluation", scopes: ["read", "submit"] });
    const { id } = competitions.ended;
    await organizer.client.request("POST", "/api/account/hand-overs/", {
      kind: "competition",
      id,
      to: newcomer.username,
    });
  });
  afterAll(() => fixture.close());

  const organizer = (fixture: WebFixture) => fixture.organizer;
  const newcomer = (fixture: WebFixture) => fixture.newcomer;
  const open = async (path: string, person?: Person): Promise<Window> => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person });
    await visit(window, path);
    return window;
  };
  const beginApp = async (page: Page, { password }: Person) => {
    await page.getByRole("button", { name: "Set up an app" }).click();
    await page.getByRole("dialog").getByLabel("Password").fill(password);
    await page.getByRole("dialog").getByRole("button", { name: "Go on" }).click();
    await page.getByRole("img", { name: /^QR code/ }).waitFor();
  };
  const askForReset = async () => {
    const { platform } = fixture;
    await platform.send("POST", "/accounts/password_reset/", {
      content: { json: { email: "participant-b@example.org" } },
    });
    return mailedTokenTo(platform, "participant-b@example.org", "/accounts/password_reset/");
  };

  checkPages(
    () => fixture,
    [
      { name: "profile", path: "/profiles/user/organizer/" },
      { name: "profile-own-empty", path: "/profiles/user/newcomer/", as: newcomer },
      { name: "profile-missing", path: "/profiles/user/nobody-here/", refused: [404] },
      { name: "profile-edit", path: "/profiles/user/organizer/edit/", as: organizer },
      { name: "notifications", path: "/profiles/user/organizer/notifications/", as: organizer },
      { name: "account-login", path: "/account/", as: newcomer },
      { name: "account-security", path: "/account/security/", as: newcomer },
      {
        name: "account-passkey",
        path: "/account/security/",
        as: newcomer,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Add a passkey" }).click();
          await page.getByRole("dialog").waitFor();
        },
      },
      {
        name: "account-app",
        path: "/account/security/",
        as: newcomer,
        then: ({ page }, { newcomer }) => beginApp(page, newcomer),
      },
      { name: "account-sessions", path: "/account/sessions/", as: organizer },
      { name: "account-tokens", path: "/account/tokens/", as: organizer },
      { name: "account-data", path: "/account/data/", as: newcomer },
      { name: "account-data-obstacles", path: "/account/data/", as: organizer },
      { name: "account-hand-overs", path: "/account/hand-overs/", as: newcomer },
      {
        name: "account-hand-over",
        path: ({ competitions }) => `/account/hand-overs/?kind=competition&id=${competitions.main.id}`,
        as: organizer,
      },
      { name: "login-passkey", path: "/accounts/login/" },
      { name: "mailed-confirm", path: "/accounts/confirm/", as: newcomer },
      { name: "mailed-confirm-old", path: "/accounts/confirm/?token=bsm_x", as: newcomer, refused: [400] },
      { name: "mailed-stop", path: () => mailed.stop },
      { name: "mailed-stop-broken", path: "/accounts/unsubscribe/?token=x", refused: [400] },
      { name: "mailed-delete", path: "/accounts/delete/?token=bsm_x" },
    ],
  );

  it("stops a kind of mail for whoever has the link, after asking (A-268, A-293)", async () => {
    const wish = async () =>
      (
        await fixture.platform.inside.db
          .selectFrom("users")
          .select("allow_forum_notifications as wanted")
          .where("username", "=", "organizer")
          .executeTakeFirstOrThrow()
      ).wanted;
    const window = await open(mailed.stop);
    const { page } = window;
    await page.getByText("New posts in forums").waitFor();
    assert.equal(await wish(), true);
    await page.getByRole("button", { name: "Stop this mail" }).click();
    await page.getByText("The account organizer gets no more of this mail.").waitFor();
    assert.equal(await wish(), false);
    await page.getByRole("link", { name: "Choose which mail you get" }).click();
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });

  it("confirms an address with the link of a mail, after a login (A-132, A-293)", async () => {
    const json = { username: "confirmer", email: "confirmer@example.org", password: fixture.newcomer.password };
    await fixture.platform.send("POST", "/api/signup/", { content: { json } });
    const token = await mailedTokenTo(fixture.platform, json.email, "/accounts/confirm/");
    const window = await open(`/accounts/confirm/?token=${token}`);
    const { page } = window;
    await page.getByLabel("Username or mail address").fill(json.username);
    await page.getByLabel("Password").fill(json.password);
    await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
    await page.getByText("is the mail address of the account confirmer").waitFor();
    await page.getByRole("button", { name: "Confirm", exact: true }).click();
    await page.getByText("confirmer@example.org is confirmed").waitFor();
    await page.goto("/accounts/mail/");
    await page.getByRole("heading", { name: "Mail" }).first().waitFor();
    assert.match(page.url(), /\/profiles\/user\/confirmer\/notifications\/$/);
    await page.goto("/accounts/token/");
    await page.getByRole("heading", { name: "New token" }).waitFor();
    await window.context.close();
  });

  it("asks once more where a mail leads that deletes the account (A-293)", async () => {
    const json = { username: "leaver-1", email: "leaver-1@example.org", password: fixture.newcomer.password };
    await fixture.platform.send("POST", "/api/signup/", { content: { json } });
    const leaver = await personOf(fixture.platform.url, json.username, json.password);
    await leaver.send("POST", "/api/account/deletion/", { json: { password: json.password } });
    const token = await mailedTokenTo(fixture.platform, json.email, "/accounts/delete/");
    const window = await open(`/accounts/delete/?token=${token}`);
    await window.page.getByRole("button", { name: "Delete my account" }).click();
    await window.page.getByText(/The account leaver-1 will be deleted on/).waitFor();
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });

  it("asks for a login first, and comes back", async () => {
    const window = await open("/account/tokens/");
    const { page } = window;
    assert.equal(new URL(page.url()).pathname, "/accounts/login/");
    await page.getByLabel("Username or mail address").fill("newcomer");
    await page.getByLabel("Password").fill(fixture.newcomer.password);
    await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "New token" }).waitFor();
    await window.context.close();
  });

  it("saves a profile with a photo, which everybody sees", async () => {
    const window = await open("/profiles/user/participant-b/edit/", fixture.participants[1]);
    const { page } = window;
    await page.getByLabel("Choose a photo").setInputFiles(picture);
    await page.locator("img.person-avatar[src^='data:']").waitFor();
    await page.getByLabel("Name that others see").fill("Participant B");
    await page.getByRole("textbox", { name: "Biography" }).fill("I like $x^2$.");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.locator(".markdown-editor-preview math").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "See your profile" }).click();
    await page.getByRole("heading", { level: 1, name: "Participant B" }).waitFor();
    assert.match((await page.locator("img.person-avatar").getAttribute("src"))!, /^http/);
    await page.locator(".prose math").waitFor();
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });

  it("turns a kind of mail off", async () => {
    const window = await open("/profiles/user/newcomer/notifications/", fixture.newcomer);
    const { page } = window;
    const box = page.getByRole("checkbox", { name: /^What organizers write/ });
    await box.uncheck();
    await page.getByText("Saved.").waitFor();
    await page.reload();
    assert.equal(await box.isChecked(), false);
    await window.context.close();
  });

  it("changes the password (A-311)", async () => {
    const person = fixture.participants[0];
    const window = await open("/account/", person);
    const { page } = window;
    const card = page.getByRole("region", { name: "Password" });
    await card.getByLabel("Password now").fill("not the password");
    await card.getByLabel("New password").fill("another-password-of-a");
    await card.getByRole("button", { name: "Change the password" }).click();
    await card
      .getByText(/password/i)
      .and(page.locator(".error, [role=alert]"))
      .first()
      .waitFor();
    await card.getByLabel("Password now").fill(person.password);
    await card.getByRole("button", { name: "Change the password" }).click();
    await card.getByRole("status").waitFor();
    assert.equal(await card.getByLabel("New password").inputValue(), "");
    const content = { json: { username: person.username, password: "another-password-of-a" } };
    assert.equal((await fixture.platform.send("POST", "/api/api-token-auth/", { content })).status, 200);
    await window.context.close();
  });

  it("makes a token that is shown once, and revokes it", async () => {
    const window = await open("/account/tokens/", fixture.newcomer);
    const { page } = window;
    await page.getByLabel("What it is for").fill("a script");
    await page.getByRole("radio", { name: "Only some things" }).check();
    await page.getByRole("checkbox", { name: /^Submit/ }).check();
    await page.getByRole("button", { name: "Make the token" }).click();
    const token = await page.locator(".copy-text code").innerText();
    const mine = () => fixture.platform.send("GET", "/api/my_profile/", { authorization: `Bearer ${token}` });
    assert.equal((await mine()).status, 200);
    await page.getByText("Read, Submit").waitFor();
    await page.getByRole("button", { name: "Revoke a script" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByText("Read, Submit").waitFor({ state: "detached" });
    assert.equal((await mine()).status, 403);
    await page.reload();
    assert.equal(await page.getByText(token).count(), 0);
    await window.context.close();
  });

  it("registers a passkey, and logs in with it (A-170)", async () => {
    const window = await open("/account/security/", fixture.newcomer);
    const { page } = window;
    const devTools = await window.context.newCDPSession(page);
    await devTools.send("WebAuthn.enable");
    await devTools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await page.getByRole("button", { name: "Add a passkey" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name of the passkey").fill("telephone");
    await dialog.getByLabel("Password", { exact: true }).fill(fixture.newcomer.password);
    await dialog.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("link", { name: "Download the codes" }).waitFor();
    await page.getByRole("button", { name: "Remove telephone" }).waitFor();
    await page.getByRole("button", { name: /^Account of/ }).click();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    // Where the person was when they logged out.
    await page.getByRole("heading", { name: "Passkeys" }).waitFor();
    await page.getByRole("button", { name: "Remove telephone" }).click();
    await page.getByLabel("Password", { exact: true }).fill(fixture.newcomer.password);
    await page.getByRole("button", { name: "Use a passkey instead" }).click();
    await page.getByRole("button", { name: "Remove telephone" }).waitFor({ state: "detached" });
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });

  it("hands a competition over", async () => {
    const window = await open("/account/hand-overs/", fixture.newcomer);
    const { page } = window;
    await page.getByRole("button", { name: "Accept Power flow" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Accept" }).click();
    await page.getByText("Nobody has offered you anything").waitFor();
    const { body } = await fixture.newcomer.send<{ created_by: string }>(
      "GET",
      `/api/competitions/${fixture.competitions.ended.id}/`,
    );
    assert.equal(body.created_by, "newcomer");
    await window.context.close();
  });

  it("sets a password with the token of a mail", async () => {
    const window = await open(`/accounts/password_reset/?token=${await askForReset()}`);
    const { page } = window;
    await page.getByLabel("New password").fill("a-password-after-the-reset");
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByText("The account participant-b has the new password.").waitFor();
    await window.context.close();
  });

  it("shows an app its secret as a picture and as text, and turns its codes on (A-188)", async () => {
    const person = fixture.newcomer;
    const window = await open("/account/security/", person);
    const { page } = window;
    await beginApp(page, person);
    const secret = await page.locator(".copy-text code").innerText();
    const link = await page.getByRole("link", { name: "Open the app on this device" }).getAttribute("href");
    assert.match(link!, new RegExp(`secret=${secret}`));
    const { data } = encode(link!, { ecc: "M", border: 4 });
    const cells = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? `${x} ${y}` : [])));
    const drawn = (await page.locator(".qr-code-dark").getAttribute("d"))!;
    assert.deepEqual(
      [...drawn.matchAll(/M(\d+ \d+)h1v1h-1z/g)].map(([, cell]) => cell),
      cells,
    );
    await page.getByLabel("Code", { exact: true }).fill(new TOTP({ secret: Secret.fromBase32(secret) }).generate());
    await page.getByRole("button", { name: "Turn it on" }).click();
    await page.getByRole("link", { name: "Download the codes" }).waitFor();
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });
});
