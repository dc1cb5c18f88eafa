/** From a bundle to a published competition. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Page } from "playwright-core";
import { bundleFiles, inDays, phase, unpacked, zip, type Files } from "../support/competitions.ts";
import { checkPage, openWindow, visit } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { checkPages } from "../support/web/pages.ts";

/** A description with mistakes, of which one is only a doubt. */
const broken = `version: 2
title: Cell tracking
description: Follow every cell.
image: logo.png
terms: terms.md
pages:
  - title: Overview
    file: overview.md
tasks:
  - index: 0
    name: Frames
    scoring_program: scoring_program/
phases:
  - name: Development
    index: 0
    start: 2026-10-01
    end: 2026-12-01 12:00
    tasks: [0]
  - name: Final
    index: 1
    start: 2026-11-28 # three days too early
    tasks: [0, 2]
leaderboards:
  - title: Results
    key: main
    coloums: 3
    columns:
      - title: Tracking
        key: TRA
        index: 0
`;

const choose = async (page: Page, files: Files, name = "cell-tracking.zip") =>
  page.locator("input[type=file]").setInputFiles({ name, mimeType: "application/zip", buffer: await zip(files) });

describe("making a competition of a bundle", () => {
  let fixture: WebFixture;
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
    const refused = await zip(bundleFiles({ image: "no-such-logo.png" }));
    assert.equal((await unpacked(fixture.organizer, refused)).status, "Failed");
  });
  afterAll(() => fixture.close());

  const organizer = (fixture: WebFixture) => fixture.organizer;
  checkPages(
    () => fixture,
    [
      { name: "organized", path: "/competitions/", as: organizer },
      { name: "organized-nothing", path: "/competitions/", as: ({ newcomer }) => newcomer },
      { name: "create-drop", path: "/competitions/upload/", as: organizer },
      {
        name: "create-broken",
        path: "/competitions/upload/",
        as: organizer,
        then: async ({ page }) => {
          await choose(page, bundleFiles({}, { "competition.yaml": broken }));
          await page.getByText("2 problems, 1 warning").waitFor();
        },
      },
      {
        name: "create-ready",
        path: "/competitions/upload/",
        as: organizer,
        then: async ({ page }) => {
          await choose(page, bundleFiles({ phases: [phase({ end: inDays(9) })] }));
          await page.getByRole("button", { name: "Create the competition" }).waitFor();
        },
      },
      {
        name: "create-not-a-bundle",
        path: "/competitions/upload/",
        as: organizer,
        then: async ({ page }) => {
          await choose(page, { "bundle/competition.yaml": broken });
          await page.getByText("BND-01").waitFor();
        },
      },
      {
        name: "competition-draft",
        path: ({ competitions }) => `/competitions/${competitions.secret.id}/`,
        as: organizer,
      },
    ],
  );

  it("shows a bundle's problems at their lines, before anything is sent", async () => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person: fixture.organizer });
    const { page } = window;
    await visit(window, "/competitions/upload/");
    const changes: string[] = [];
    page.on("request", (request) => request.method() !== "GET" && changes.push(request.url()));
    await choose(page, bundleFiles({}, { "competition.yaml": broken }));
    const line = (code: string) => page.getByRole("listitem").filter({ hasText: code }).locator("code");
    await page.getByText("2 problems, 1 warning").waitFor();
    assert.match((await line("BND-45").textContent())!, /start: 2026-11-28/);
    assert.match((await line("BND-37").or(line("BND-99")).first().textContent())!, /tasks: \[0, 2\]/);
    assert.match((await line("BND-91").textContent())!, /coloums: 3/);
    assert.equal(await page.getByRole("button", { name: "Create the competition" }).count(), 0);
    assert.deepEqual(changes, []);
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });

  it("says of a zip that is no bundle what is missing, and how to try one", async () => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person: fixture.organizer });
    const { page } = window;
    await visit(window, "/competitions/upload/");
    await choose(page, { "readme.txt": "Nothing else." }, "notes.zip");
    await page.getByText("The zip has no competition.yaml at its root.").waitFor();
    await page.getByText(/^Zip, 1 file, /).waitFor();
    await page.getByText("npx benchstack run notes.zip submission.zip").waitFor();
    await window.context.close();
  });

  it("finds a program that cannot run", async () => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person: fixture.organizer });
    await visit(window, "/competitions/upload/");
    const { "scoring_program/metadata.yaml": _, ...files } = bundleFiles();
    await choose(window.page, files);
    await window.page.getByText("This program has no metadata.yaml").waitFor();
    await window.context.close();
  });

  it("takes a bundle to a published competition with three presses", async () => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person: fixture.organizer });
    const { page } = window;
    await visit(window, "/competitions/upload/");
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose a zip" }).click();
    await (
      await chooser
    ).setFiles({
      name: "small.zip",
      mimeType: "application/zip",
      buffer: await zip(bundleFiles({ title: "From a bundle" })),
    });
    const shown = Promise.withResolvers<void>();
    await page.route("**/api/datasets/completed/**", async (route) => {
      await shown.promise;
      await route.continue();
    });
    await page.getByRole("button", { name: "Create the competition" }).click();
    await page.getByRole("progressbar", { name: "Uploading" }).waitFor();
    await checkPage(window, "create-uploading-light-1360");
    shown.resolve();
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByRole("button", { name: "Publish" }).waitFor({ state: "detached" });
    await page.getByRole("heading", { level: 1, name: "From a bundle" }).waitFor();
    await page.getByRole("link", { name: "Organize", exact: true }).first().click();
    const row = page.getByRole("listitem").filter({ hasText: "From a bundle" });
    await row.getByText("Published").waitFor();
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });

  it("shows what the platform found in a bundle that it refused (A-295)", async () => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person: fixture.organizer });
    const { page } = window;
    await visit(window, "/competitions/");
    await page.getByRole("link", { name: /See the report/ }).click();
    await page.getByText("BND-22").waitFor();
    await page.reload();
    await page.getByText("BND-22").waitFor();
    await window.context.close();
  });

  it("asks somebody who is not logged in to do so, and comes back", async () => {
    const window = await openWindow(fixture.browser, fixture.platform.url);
    await visit(window, "/competitions/upload/");
    assert.match(window.page.url(), /\/accounts\/login\/\?next=/);
    await window.context.close();
  });
});
