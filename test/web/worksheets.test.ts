/** Worksheets. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Person } from "../support/platform.ts";
import { openWindow, visit, type Window } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { checkPages } from "../support/web/pages.ts";
import { makeSheet, makeSheets, readSheet, writeSheet, type WebSheets } from "../support/web/worksheets.ts";

describe("worksheets", () => {
  let fixture: WebFixture;
  let sheets: WebSheets;
  let conflicting: string;
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
    sheets = await makeSheets(fixture.organizer);
    conflicting = await makeSheet(fixture.organizer, "edited-by-two", "first\n\nsecond\n\nthird");
  });
  afterAll(() => fixture.close());

  const owner = ({ organizer }: WebFixture) => organizer;
  const at = (uuid: string) => `/worksheets/${uuid}/`;
  const open = async (path: string, person?: Person): Promise<Window> => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person });
    await visit(window, path);
    return window;
  };
  const close = async ({ complaints, context }: Window, refused: number[] = []) => {
    const others = complaints.filter((line) => !refused.some((status) => line.includes(`status of ${status}`)));
    assert.deepEqual(others, []);
    await context.close();
  };

  checkPages(
    () => fixture,
    [
      { name: "worksheet", path: () => at(sheets.results), as: owner },
      { name: "worksheet-reader", path: () => at(sheets.results) },
      { name: "worksheet-empty", path: () => at(sheets.empty), as: owner },
      { name: "worksheet-frozen", path: () => at(sheets.frozen), as: owner },
      {
        name: "worksheet-selection",
        path: () => at(sheets.results),
        as: owner,
        then: async ({ page }) => {
          await page.getByRole("checkbox", { name: "Select run-python" }).click();
          await page.getByText("1 selected").waitFor();
        },
      },
      {
        name: "worksheet-source",
        path: () => at(sheets.results),
        as: owner,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Edit source" }).click();
          await page.getByRole("textbox", { name: "Source" }).waitFor();
        },
      },
      {
        name: "worksheet-run",
        path: () => at(sheets.results),
        as: owner,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "New run" }).click();
          await page.getByRole("button", { name: /^train/ }).click();
          await page.getByText("Name, limits and queue").click();
        },
      },
      {
        name: "worksheet-permissions",
        path: () => at(sheets.results),
        as: owner,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Permissions" }).click();
          await page.getByRole("dialog").getByRole("combobox").first().waitFor();
        },
      },
      {
        name: "worksheet-keys",
        path: () => at(sheets.results),
        as: owner,
        then: async ({ page }) => {
          await page.keyboard.press("?");
          await page.getByRole("dialog").waitFor();
        },
      },
    ],
  );

  it("joins what two people write at once, and asks where both changed the same lines (W-133, W-138)", async () => {
    const { organizer } = fixture;
    const window = await open(at(conflicting), organizer);
    const { page } = window;
    const menu = (block: number) => page.getByRole("button", { name: /^What to do with the block/ }).nth(block);
    const editBlock = async (block: number, text: string) => {
      await menu(block).click();
      await page.getByRole("button", { name: "Edit", exact: true }).click();
      await page.getByRole("textbox", { name: "Edit this block" }).fill(text);
    };
    await editBlock(1, "my second");
    await writeSheet(organizer, conflicting, "first\n\nsecond\n\ntheir third");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Saved together with what somebody else had changed meanwhile.").waitFor();
    assert.deepEqual(await readSheet(organizer, conflicting), ["first", "", "my second", "", "their third"]);

    await editBlock(0, "my first");
    await writeSheet(organizer, conflicting, "their first\n\nmy second\n\ntheir third\n\ntheir end");
    await page.reload();
    // What was written is still there, and the page says that others have changed something.
    await page.getByText("Somebody else has changed the worksheet since you began.").waitFor();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("heading", { name: "Somebody else has changed the same lines" }).waitFor();
    await page.getByRole("group", { name: "Place 1" }).getByRole("button", { name: "Both" }).waitFor();
    await page.getByRole("group", { name: "Place 1" }).getByRole("button", { name: "Mine" }).click();
    await page.getByRole("button", { name: "Save what is chosen" }).click();
    await page.locator(".sheet-block", { hasText: "my first" }).waitFor();
    assert.deepEqual(await readSheet(organizer, conflicting), [
      "my first",
      "",
      "my second",
      "",
      "their third",
      "",
      "their end",
    ]);
    await close(window, [409]);
  });

  it("is read and written with the keyboard alone (W-135)", async () => {
    const { organizer } = fixture;
    const uuid = await makeSheet(
      organizer,
      "by-keys",
      `first\n\n{${sheets.bundles.train}}\n{${sheets.bundles.baseline}}`,
    );
    const window = await open(at(uuid), organizer);
    const { page } = window;
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press("j", "e");
    await page.getByRole("textbox", { name: "Edit this block" }).press("Control+a");
    await page.keyboard.type("written");
    await press("Control+Enter");
    await page.getByRole("textbox", { name: "Edit this block" }).waitFor({ state: "detached" });
    await page.locator(".sheet-block", { hasText: "written" }).waitFor();
    await press("g", "g", "j", "j", "x");
    await page.getByText("1 selected").waitFor();
    assert(await page.getByRole("checkbox", { name: "Select train" }).isChecked());
    await press("Alt+ArrowDown");
    await page.locator("tbody tr:nth-child(2)", { hasText: "train" }).waitFor();
    assert.deepEqual((await readSheet(organizer, uuid)).slice(2), [
      `{${sheets.bundles.baseline}}`,
      `{${sheets.bundles.train}}`,
    ]);
    await page.getByText("written").click();
    await press("a", "t");
    await page.getByRole("textbox", { name: "New text" }).fill("below");
    await press("Control+Enter");
    await page.getByRole("textbox", { name: "New text" }).waitFor({ state: "detached" });
    await page.getByText("below", { exact: true }).waitFor();
    await press("E");
    await page.getByRole("textbox", { name: "Source" }).waitFor();
    await press("Escape");
    await page.getByRole("textbox", { name: "Source" }).waitFor({ state: "detached" });
    assert.deepEqual((await readSheet(organizer, uuid)).slice(0, 3), ["written", "", "below"]);
    await close(window);
  });

  it("takes files, makes runs and moves bundles to other worksheets (W-137, W-140, W-141)", async () => {
    const { organizer } = fixture;
    const uuid = await makeSheet(organizer, "to-fill", "Data:");
    const window = await open(at(uuid), organizer);
    const { page } = window;
    await page.getByRole("button", { name: "Upload" }).click();
    await page
      .locator("input[type=file][multiple]")
      .setInputFiles({ name: "my data.txt", mimeType: "text/plain", buffer: Buffer.from("1\n2\n") });
    await page
      .getByRole("row", { name: /my-data/ })
      .getByText("Ready")
      .waitFor();
    await page.getByRole("button", { name: "New run" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Command").fill("wc -l data");
    await dialog.getByRole("searchbox", { name: "Find a bundle by its name" }).fill("my-d");
    await dialog.getByRole("button", { name: /^my-data/ }).click();
    await dialog.getByLabel("Key of my-data").fill("data");
    await dialog.getByRole("button", { name: "Run", exact: true }).click();
    await page
      .getByRole("row", { name: /run-wc/ })
      .getByText(/^Waits/)
      .waitFor();
    await page.getByRole("checkbox", { name: "Select run-wc" }).click();
    await page.getByRole("button", { name: "Kill" }).click();
    await page
      .getByRole("row", { name: /run-wc/ })
      .getByText("Killed")
      .waitFor();
    await page.getByRole("button", { name: "Add to another worksheet" }).click();
    await dialog.getByLabel("Or the name of a new one").fill("taken-there");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Remove from the worksheet" }).click();
    await page.getByRole("row", { name: /run-wc/ }).waitFor({ state: "detached" });
    await page.getByRole("checkbox", { name: "Select my-data" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await dialog.getByRole("button", { name: "Delete", exact: true }).click();
    // A run depends on it.
    await dialog.getByRole("alert").waitFor();
    await dialog.getByRole("checkbox", { name: /^Delete them even if/ }).check();
    await dialog.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByRole("row", { name: /my-data/ }).waitFor({ state: "detached" });
    await close(window, [400, 403]);
  });

  it("is named, shared, frozen and deleted by those who may (W-136, W-142)", async () => {
    const { organizer } = fixture;
    const uuid = await makeSheet(organizer, "to-set-up", "Text");
    const window = await open(at(uuid), organizer);
    const { page } = window;
    const dialog = page.getByRole("dialog");
    await page.getByRole("button", { name: "Permissions" }).click();
    await dialog.getByRole("combobox", { name: /^Everybody/ }).selectOption("Nothing");
    await dialog.getByText("Saved.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    const reader = await open(at(uuid));
    await reader.page.getByRole("heading", { name: "Not yours to see" }).waitFor();
    await close(reader, [403]);
    const more = async (name: string) => {
      await page.getByRole("button", { name: "More", exact: true }).click();
      await page.getByRole("button", { name, exact: true }).click();
    };
    await more("Settings");
    await dialog.getByLabel("Title").fill("As printed");
    await dialog.getByLabel("Tags").fill("paper, 2027");
    await dialog.getByRole("checkbox", { name: /^Frozen/ }).check();
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("heading", { name: "As printed" }).waitFor();
    await page.getByRole("link", { name: "2027" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "New text" }).count(), 0);
    await more("Delete the worksheet");
    await dialog.getByRole("button", { name: "Delete the worksheet" }).click();
    await page.waitForURL(/\/worksheets\/$/);
    await close(window);
  });
});
