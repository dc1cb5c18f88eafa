/** Home, the list of competitions, and what a competition says of itself. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { openWindow, visit } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { checkPages } from "../support/web/pages.ts";
import { waitFor } from "../support/wait.ts";

describe("finding a competition", () => {
  let fixture: WebFixture;
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
  });
  afterAll(() => fixture.close());

  const participant = ({ participants }: WebFixture) => participants[0];
  checkPages(
    () => fixture,
    [
      { name: "home", path: "/" },
      { name: "home-logged-in", path: "/", as: participant },
      { name: "list", path: "/competitions/public/?status=open&sort=ends_soon" },
      { name: "list-nothing", path: "/competitions/public/?q=nothing+has+this+name" },
      { name: "competition", path: ({ competitions }) => `/competitions/${competitions.main.id}/`, as: participant },
      { name: "competition-anonymous", path: ({ competitions }) => `/competitions/${competitions.phases.id}/` },
      { name: "competition-rich", path: ({ competitions }) => `/competitions/${competitions.pages.id}/` },
      { name: "competition-files", path: ({ competitions }) => `/competitions/${competitions.main.id}/files/` },
      { name: "competition-phases", path: ({ competitions }) => `/competitions/${competitions.phases.id}/phases/` },
      {
        name: "competition-private",
        path: ({ competitions }) => `/competitions/${competitions.secret.id}/`,
        refused: [404],
      },
      {
        name: "competition-join",
        path: ({ competitions }) => `/competitions/${competitions.main.id}/`,
        as: ({ newcomer }) => newcomer,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Join" }).click();
          await page.getByRole("dialog").waitFor();
        },
      },
      { name: "not-found", path: "/there/is/nothing/" },
      {
        name: "appearance",
        path: "/",
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Theme, Language" }).click();
          await page.getByRole("radio", { name: "Dark" }).waitFor();
        },
      },
      {
        name: "menu",
        path: "/",
        as: participant,
        then: async ({ page }) => {
          await page.getByRole("button", { name: /^Account of/ }).click();
          await page.getByRole("button", { name: "Log out" }).waitFor();
        },
      },
    ],
  );

  it("shows a private competition to whoever has its link, on every page", async () => {
    const { id, secret_key: key } = fixture.competitions.secret as { id: number; secret_key?: string };
    const window = await openWindow(fixture.browser, fixture.platform.url);
    await visit(window, `/competitions/${id}/?secret_key=${key}`);
    await window.page.getByRole("link", { name: "Phases" }).click();
    await window.page.getByRole("heading", { name: "Phases" }).waitFor();
    assert.match(window.page.url(), /phases\/\?secret_key=/);
    await window.context.close();
  });

  it("names each page of a competition in the browser's tab", async () => {
    const { id, title } = fixture.competitions.main;
    const window = await openWindow(fixture.browser, fixture.platform.url, { person: fixture.participants[0] });
    const { page } = window;
    await visit(window, `/competitions/${id}/`);
    for (const name of ["Leaderboard", "Overview", "My submissions", "Files", "Overview", "Phases"]) {
      const wanted = `${name === "Overview" ? title : `${name} · ${title}`} · Benchstack`;
      await page.getByRole("navigation", { name: "Competition" }).getByRole("link", { name }).click();
      await waitFor(`the title "${wanted}"`, async () => (await page.title()) === wanted);
    }
    await window.context.close();
  });

  it("opens what bookmarks of Codabench name (A-274)", async () => {
    const { id } = fixture.competitions.phases;
    const window = await openWindow(fixture.browser, fixture.platform.url);
    for (const [bookmark, page] of [
      [`/competitions/${id}/#/phases-tab`, `/competitions/${id}/phases/`],
      [`/competitions/${id}/#/pages-tab`, `/competitions/${id}/`],
      ["/search?q=weather", "/competitions/public/?q=weather"],
    ] as const) {
      await visit(window, bookmark);
      assert.equal(window.page.url(), fixture.platform.url + page);
    }
    await window.context.close();
  });

  it("shows an organizer's page without what it must not do (A-275)", async () => {
    const window = await openWindow(fixture.browser, fixture.platform.url);
    await visit(window, `/competitions/${fixture.competitions.pages.id}/`);
    const { page } = window;
    assert.equal(await page.title(), "Cell tracking · Benchstack");
    assert.equal(await page.locator("article img, article script").count(), 0);
    assert.equal(await page.locator("article math").count(), 2);
    const words = page.getByText("Green words");
    assert.match((await words.getAttribute("style"))!, /^color: .*;$/);
    await window.context.close();
  });

  it("goes on when there is a network again, also to a page whose files are not here yet", async () => {
    const window = await openWindow(fixture.browser, fixture.platform.url);
    const { context, page } = window;
    const path = `/competitions/${fixture.competitions.main.id}/`;
    await visit(window, path);
    await context.setOffline(true);
    const failed = page.waitForEvent("requestfailed", (request) => request.resourceType() === "script");
    await page.getByRole("link", { name: "Leaderboard" }).click();
    await failed;
    await page.waitForURL(`${fixture.platform.url}${path}leaderboard/`);
    await context.setOffline(false);
    await page.getByRole("heading", { name: "Models" }).waitFor();
    await context.close();
  });

  it("speaks the language and has the theme that somebody chose, also after a reload", async () => {
    const window = await openWindow(fixture.browser, fixture.platform.url);
    const { page } = window;
    await visit(window, "/");
    await page.getByRole("button", { name: "Theme, Language" }).click();
    await page.getByRole("radio", { name: "Dark" }).check();
    await page.getByRole("radio", { name: "Français" }).check();
    await page.getByRole("heading", { level: 1, name: /Des bancs d’essai/ }).waitFor();
    await page.reload();
    await page.getByRole("heading", { level: 1, name: /Des bancs d’essai/ }).waitFor();
    assert.equal(await page.evaluate("getComputedStyle(document.documentElement).colorScheme"), "dark");
    await window.context.close();
  });
});
