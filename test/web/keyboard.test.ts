/** What participants and organizers do, with a keyboard and nothing else. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Page } from "playwright-core";
import { bundleFiles, phase, zip } from "../support/competitions.ts";
import { fillBoard } from "../support/web/board.ts";
import { openWindow, visit } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { keyboardOf } from "../support/web/keyboard.ts";
import { addPendingPeople, addSubmissions } from "../support/web/organized.ts";
import { endParts } from "../support/web/runs.ts";

describe("with a keyboard alone", () => {
  let fixture: WebFixture;
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
    const { platform, competitions } = fixture;
    await fillBoard(platform.inside, competitions.main, 30);
    await addPendingPeople(platform.inside, competitions.pages, 3);
    await addSubmissions(platform.inside, competitions.pages, 6);
  });
  afterAll(() => fixture.close());

  const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true });
  const link = (page: Page, name: string | RegExp) => page.getByRole("link", { name, exact: true });
  const dialog = (page: Page) => page.getByRole("dialog");

  it("takes a participant from the log-in to the leaderboard and out again (A-304)", async () => {
    const { platform, browser, newcomer } = fixture;
    const window = await openWindow(browser, platform.url);
    const { page } = window;
    const keys = keyboardOf(page);
    await visit(window, "/");
    await keys.walk();
    await keys.press(page.getByRole("banner").getByRole("link", { name: "Log in" }));
    await keys.write(page.getByLabel("Username or mail address"), newcomer.username);
    await keys.write(page.getByLabel("Password"), newcomer.password);
    await page.keyboard.press("Enter");
    await page.getByLabel("Password").waitFor({ state: "detached" });

    await keys.press(page.getByRole("banner").getByRole("link", { name: "Competitions" }));
    await keys.write(page.getByRole("main").getByRole("searchbox"), "tables");
    await page.keyboard.press("Enter");
    await page.waitForURL(/q=tables/);
    await keys.press(link(page, "Small tables"));

    await keys.press(button(page, "Join"));
    await dialog(page).waitFor();
    await page.keyboard.press("Escape");
    await keys.isAt(button(page, "Join"));
    await page.keyboard.press("Enter");
    await keys.to(dialog(page).getByRole("region", { name: "Terms" }));
    await keys.press(page.getByLabel("I accept the terms"), "Space");
    await keys.press(dialog(page).getByRole("button", { name: "Join" }));
    await dialog(page).waitFor({ state: "detached" });
    await keys.press(link(page, "Submit"));

    await page.getByText("Drop a zip here").waitFor();
    await keys.walk();
    await keys.choose(button(page, "Choose a file"), "nested.zip", await zip({ "my-model/answer.txt": "0.75" }));
    await keys.choose(button(page, "Choose another"), "answer.zip", await zip({ "answer.txt": "0.75" }));
    await keys.write(page.getByLabel("What is your method called?"), "kNN");
    await keys.to(page.getByLabel("What kind of model is it?"));
    await page.keyboard.type("Distances");
    await keys.press(page.getByRole("main").getByRole("button", { name: /^Submit/ }));
    await page.waitForURL(/\/submissions\/\d+\/$/);

    const status = page.getByRole("status").and(page.locator(".pill"));
    await status.getByText("Queued").waitFor();
    await keys.walk();
    const id = Number(/(\d+)\/$/.exec(page.url())![1]);
    const ended = (accuracy: number) => ({
      logs: { "scoring program stdout": "a line\n".repeat(200) },
      scores: { accuracy, macro_f1: accuracy, mistakes: 2 },
    });
    await endParts(platform.inside, id, [ended(0.98), ended(0.86)]);
    await status.getByText("Finished").waitFor();
    await keys.walk();
    const actions = button(page, "Actions");
    await keys.press(actions);
    await page.keyboard.press("Escape");
    await keys.isAt(actions);
    await page.keyboard.press("Enter");
    await keys.press(button(page, "Delete its files"));
    await dialog(page).waitFor();
    await page.keyboard.press("Escape");
    await keys.isAt(actions);

    await keys.press(link(page, "My submissions"));
    const menu = button(page, `What to do with #${id}`);
    await keys.press(menu);
    await keys.press(button(page, "Delete"));
    await keys.press(dialog(page).getByRole("button", { name: "Keep it" }));
    await keys.isAt(menu);
    await page.keyboard.press("Enter");
    await keys.press(button(page, "Put on the leaderboard"));
    await page.locator("tbody").getByText("On the leaderboard").first().waitFor();
    await page.keyboard.press("Escape");
    await keys.press(link(page, "Leaderboard"));

    await page.locator("tbody tr", { hasText: "newcomer" }).first().waitFor();
    await keys.walk();
    await keys.press(page.getByRole("columnheader", { name: "Mistakes" }).first().getByRole("link"));
    await page.locator("th[aria-sort=ascending]", { hasText: "Mistakes" }).waitFor();
    await keys.press(button(page, "Columns"));
    await keys.press(page.getByRole("checkbox", { name: "Macro F1" }), "Space");
    await page.waitForURL(/hide=macro_f1/);
    await page.keyboard.press("Escape");
    await keys.isAt(button(page, "Columns"));
    await keys.write(page.getByRole("searchbox", { name: "Find a participant" }), "newcomer");
    await page.keyboard.press("Enter");
    await page.getByText("1–1 of 1").waitFor();

    await keys.press(button(page, "Account of newcomer"));
    await keys.press(button(page, "Log out"));
    await page.getByRole("banner").getByRole("link", { name: "Log in" }).waitFor();
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });

  it("takes an organizer from a bundle to decisions (A-304)", async () => {
    const { platform, browser, organizer, competitions } = fixture;
    const window = await openWindow(browser, platform.url, { person: organizer });
    const { page } = window;
    const keys = keyboardOf(page);
    await visit(window, "/competitions/");
    await keys.press(link(page, "Upload a bundle"));
    const broken = bundleFiles({ phases: [phase({ tasks: [0, 2] })] });
    await keys.choose(button(page, "Choose a zip"), "broken.zip", await zip(broken));
    await page.getByText("1 problem").waitFor();
    await keys.walk();
    await keys.choose(button(page, "Check another zip"), "mended.zip", await zip(bundleFiles({ title: "By keys" })));
    await keys.press(button(page, "Create the competition"));
    await keys.press(button(page, "Publish"));
    await button(page, "Publish").waitFor({ state: "detached" });

    await keys.press(page.getByRole("main").getByRole("link", { name: "Organize", exact: true }));
    await keys.press(link(page, "Edit"));
    const title = page.getByRole("textbox", { name: "Title", exact: true });
    await keys.walk();
    await keys.write(title, "By keys alone");
    const away = page.getByRole("banner").getByRole("link", { name: "Competitions" });
    await keys.press(away);
    await keys.press(dialog(page).getByRole("button", { name: "Stay" }));
    await keys.isAt(away);
    await keys.press(button(page, "Save"));
    await page.getByText("Saved.").waitFor();

    await visit(window, `/competitions/${competitions.pages.id}/organize/`);
    await keys.walk();
    await keys.press(link(page, "Decide"));
    await keys.press(page.getByRole("checkbox", { name: "Select asks-01" }), "Space");
    const deny = button(page, /^Deny/);
    await keys.press(deny);
    await dialog(page).waitFor();
    await page.keyboard.press("Escape");
    await keys.isAt(deny);
    await keys.press(button(page, "Approve"));
    await page.getByText("1 person is approved.").waitFor();

    await keys.press(page.getByRole("navigation", { name: "Organize" }).getByRole("link", { name: /^Submissions/ }));
    await page
      .getByRole("checkbox", { name: /^Select #/ })
      .first()
      .waitFor();
    await keys.walk();
    const scores = button(page, /edit the scores of/).first();
    await keys.press(scores);
    await dialog(page).waitFor();
    await page.keyboard.press("Escape");
    await keys.isAt(scores);
    await keys.press(page.getByRole("checkbox", { name: /^Select #/ }).first(), "Space");
    const again = button(page, "Run again");
    await keys.press(again);
    await keys.press(dialog(page).getByRole("button", { name: "Cancel" }));
    await keys.isAt(again);
    await keys.press(link(page, /^#\d+$/).first());
    await keys.press(button(page, "Actions"));
    await keys.press(button(page, "Delete"));
    await dialog(page).waitFor();
    await page.keyboard.press("Escape");
    await keys.isAt(button(page, "Actions"));
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });
});
