/** Making an account, logging in and setting a new password. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { openWindow, visit } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { checkPages } from "../support/web/pages.ts";

describe("coming in", () => {
  let fixture: WebFixture;
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
  });
  afterAll(() => fixture.close());

  checkPages(
    () => fixture,
    [
      { name: "login", path: "/accounts/login/" },
      {
        name: "login-refused",
        path: "/accounts/login/",
        then: async ({ page }) => {
          await page.getByLabel("Username or mail address").fill("nobody");
          await page.getByLabel("Password").fill("not-the-password");
          await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
          await page.getByRole("alert").waitFor();
        },
        refused: [400],
      },
      { name: "sign-up", path: "/accounts/signup/" },
      { name: "reset", path: "/accounts/password_reset/" },
    ],
  );

  it("lets somebody make an account, join a competition, log out, log in again and leave it", async () => {
    const { id } = fixture.competitions.main;
    const window = await openWindow(fixture.browser, fixture.platform.url);
    const { page } = window;
    await visit(window, `/competitions/${id}/`);
    await page.getByRole("link", { name: "Log in to join" }).click();
    await page.getByRole("main").getByRole("link", { name: "Sign up" }).click();
    // The page before has fields of the same names.
    await page.getByRole("button", { name: "Make the account" }).waitFor();
    await page.getByLabel("Username").fill("somebody");
    await page.getByLabel("Mail address").fill("somebody@example.org");
    await page.getByLabel("Password").fill("a-password-of-somebody");
    await page.getByRole("button", { name: "Make the account" }).click();
    await page.getByRole("button", { name: "Join" }).click();
    await page.getByLabel("I accept the terms").check();
    await page.getByRole("dialog").getByRole("button", { name: "Join" }).click();
    await page.getByRole("link", { name: "Submit", exact: true }).waitFor();
    await page.getByRole("button", { name: /^Account of/ }).click();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("link", { name: "Log in to join" }).click();
    await page.getByLabel("Username or mail address").fill("somebody");
    await page.getByLabel("Password").fill("a-password-of-somebody");
    await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
    await page.getByRole("link", { name: "Submit", exact: true }).waitFor();
    await page.getByRole("button", { name: "Leave the competition" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Leave the competition" }).click();
    await page.getByRole("button", { name: "Join" }).waitFor();
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });
});
