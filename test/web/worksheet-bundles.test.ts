/** The pages of worksheet bundles, the dashboard with its search, and groups. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { Sheets } from "../integration/worksheets/sheets.ts";
import type { Person } from "../support/platform.ts";
import { waitFor } from "../support/wait.ts";
import { openWindow, visit, type Window } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { checkPages, type PageCheck } from "../support/web/pages.ts";
import { insertRun, makeResearch, type Research } from "../support/web/sheets.ts";

describe("bundles of worksheets", () => {
  let fixture: WebFixture;
  let research: Research;
  let group: string;
  const owner = (fixture: WebFixture) => fixture.organizer;
  const newcomer = (fixture: WebFixture) => fixture.newcomer;
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
    research = await makeResearch(fixture);
    const { organizer, participants } = fixture;
    const sheets = new Sheets(fixture.platform, organizer);
    const made = await sheets.send<{ data: { id: string }[] }>("POST", "/rest/groups", {
      data: [{ type: "groups", attributes: { name: "weather-lab" } }],
    });
    group = made.data[0]!.id;
    for (const [at, { username }] of participants.entries()) {
      const { data } = await sheets.send<{ data: { id: string } }>("GET", `/rest/users/${username}`);
      await sheets.send("POST", `/rest/groups/${group}/relationships/${at === 0 ? "admins" : "members"}`, {
        data: [{ type: "users", id: data.id }],
      });
    }
    const other = new Sheets(fixture.platform, participants[0]);
    const shared = await other.worksheet("for-the-lab");
    await other.send("POST", "/rest/worksheet-permissions", {
      data: [
        {
          type: "worksheet-permissions",
          attributes: { permission: 2 },
          relationships: { worksheet: { data: { id: shared } }, group: { data: { id: "weather-lab" } } },
        },
      ],
    });
  });
  afterAll(() => fixture.close());

  const open = async (path: string, person?: Person): Promise<Window> => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person });
    await visit(window, path);
    return window;
  };
  const bundle = (which: Exclude<keyof Research, "person">, more = "") => `/bundles/${research[which]}/${more}`;
  const pressed =
    (...names: (string | RegExp)[]): PageCheck["then"] =>
    async ({ page }) => {
      for (const name of names) await page.getByRole("button", { name }).first().click();
      await page.getByRole("dialog").waitFor();
    };

  checkPages(
    () => fixture,
    [
      { name: "bundle-data", path: () => bundle("data"), as: owner },
      { name: "bundle-table", path: () => bundle("data", "?path=train/2025.csv"), as: newcomer },
      { name: "bundle-image", path: () => bundle("data", "?path=map.png") },
      { name: "bundle-text", path: () => bundle("code") },
      { name: "bundle-ready", path: () => bundle("finished"), as: owner },
      { name: "bundle-failed", path: () => bundle("failed"), as: owner },
      { name: "bundle-waiting", path: () => bundle("waiting"), as: owner },
      { name: "bundle-hidden", path: () => bundle("private"), as: newcomer },
      { name: "bundle-rerun", path: () => bundle("failed"), as: owner, then: pressed("Run again") },
      { name: "bundle-delete", path: () => bundle("data"), as: owner, then: pressed("Actions", "Delete") },
      { name: "worksheets-own", path: "/worksheets/", as: owner },
      { name: "worksheets-none", path: "/worksheets/", as: newcomer },
      { name: "worksheets-public", path: "/worksheets/" },
      { name: "worksheets-new", path: "/worksheets/", as: newcomer, then: pressed("New worksheet") },
      { name: "worksheets-found", path: "/worksheets/?q=tag%3Dpaper" },
      {
        name: "bundles-found",
        path: "/worksheets/?q=train&kind=bundles",
        then: ({ page }) => page.getByText("What can be searched for").click(),
      },
      { name: "bundles-counted", path: "/worksheets/?q=.mine+.count&kind=bundles", as: owner },
      { name: "worksheets-of-user", path: "/worksheets/users/organizer/" },
      { name: "groups", path: "/worksheets/groups/", as: owner },
      { name: "groups-none", path: "/worksheets/groups/", as: newcomer },
      { name: "group", path: () => `/worksheets/groups/${group}/`, as: owner },
      { name: "group-member", path: () => `/worksheets/groups/${group}/`, as: ({ participants }) => participants[1] },
    ],
  );

  it("opens folders and files, and every place has an address (W-151)", async () => {
    const window = await open(bundle("data"));
    const { page } = window;
    await page.getByRole("link", { name: "train/" }).click();
    await page.getByRole("link", { name: "2025.csv" }).click();
    await page.getByRole("columnheader", { name: "mean" }).waitFor();
    await page.getByRole("button", { name: "Text", exact: true }).click();
    await page.getByText("day,mean").waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "2026.csv" }).waitFor();
    await page.reload();
    await page.getByRole("link", { name: "2026.csv" }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download this folder" }).click(),
    ]);
    assert.equal(download.suggestedFilename(), "train.tar.gz");
    await visit(window, bundle("data", "?path=model.bin"));
    await page.getByText("This file is not a text").waitFor();
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });

  it("says why a run failed, and leads to what it was made from (W-150, W-152)", async () => {
    const window = await open(bundle("failed"));
    const { page } = window;
    await page.getByRole("region", { name: "Why it failed" }).getByText("RuntimeError: loss became NaN").waitFor();
    await page.getByRole("button", { name: "Error output" }).click();
    await page.locator(".log-row", { hasText: "line 41" }).waitFor();
    await page.getByRole("group", { name: "Made from 2, used by 0" }).getByRole("link", { name: "stations" }).click();
    await page.getByRole("heading", { name: "stations", exact: true }).waitFor();
    await window.context.close();
  });

  it("changes metadata in place and hides the owner (W-153)", async () => {
    const window = await open(bundle("finished"), fixture.organizer);
    const { page } = window;
    await page.getByRole("button", { name: "Edit Tags" }).click();
    await page.getByRole("textbox", { name: "Tags" }).fill("paper\nsmall model");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("paper, small model").first().waitFor();
    const hides = page.getByRole("checkbox", { name: "Hide the owner from readers" });
    // It changes when the platform has changed it.
    await hides.click();
    await page.getByText("Anonymous").waitFor();
    const reader = await open(bundle("finished"));
    await reader.page.getByText("an owner whose name is hidden").waitFor();
    await hides.click();
    await page.getByText("Anonymous").waitFor({ state: "detached" });
    for (const { context } of [window, reader]) await context.close();
  });

  it("kills a run that waits, runs it again elsewhere, and deletes it with what was made from it (W-154)", async () => {
    const { platform, organizer } = fixture;
    const sheets = new Sheets(platform, organizer);
    const parent = await insertRun(platform, sheets, { name: "parent", command: "true", state: "created" });
    await insertRun(platform, sheets, {
      name: "child",
      command: "false",
      state: "created",
      dependencies: [{ child_path: "parent", parent_uuid: parent }],
    });
    const window = await open(`/bundles/${parent}/`, organizer);
    const { page } = window;
    const dialog = page.getByRole("dialog");
    await page.getByRole("button", { name: "Kill" }).click();
    await dialog.getByRole("button", { name: "Kill" }).click();
    await page.getByText("Kill requested").first().waitFor();
    await page.getByRole("button", { name: "Run again" }).click();
    await dialog.getByRole("textbox", { name: "Command" }).fill("echo again");
    await dialog.getByRole("combobox", { name: "Worksheet" }).selectOption({ label: "notes" });
    await dialog.getByRole("button", { name: "Start the run" }).click();
    await page.getByRole("group", { name: "Command" }).getByText("echo again").waitFor();
    await page.getByRole("link", { name: "notes" }).first().waitFor();
    await visit(window, `/bundles/${parent}/`);
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await dialog.getByRole("radio", { name: /everything that was made from it: 2 bundles/ }).check();
    await dialog.getByRole("button", { name: "Delete 2 bundles" }).click();
    await page.waitForURL(/\/worksheets\/$/);
    await visit(window, "/worksheets/?q=name%3Dchild&kind=bundles");
    await page.getByText("Nothing was found.").waitFor();
    await window.context.close();
  });

  it("finds by the language of cl, in the address and by the keyboard (W-155)", async () => {
    const window = await open("/worksheets/");
    const { page } = window;
    await page.getByRole("searchbox", { name: "Search worksheets" }).fill("title=.*stations.*");
    await page.keyboard.press("Enter");
    await page.waitForURL(/q=title/);
    await page.getByRole("link", { name: "Two models of three stations" }).waitFor();
    await page.getByRole("link", { name: "Bundles", exact: true }).click();
    await page.getByText("Nothing was found.").waitFor();
    await page.getByRole("searchbox", { name: "Search bundles" }).fill("state=failed owner=organizer");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "train-large" }).waitFor();
    await page.getByRole("link", { name: "organizer", exact: true }).click();
    await page.getByRole("heading", { name: "Worksheets of organizer" }).waitFor();
    await visit(window, "/worksheets/?q=nothing%3Dhere");
    await page.getByText("Unknown key: nothing").waitFor();
    await window.context.close();
  });

  it("makes a group, and adds, changes and removes people (W-156)", async () => {
    const window = await open("/worksheets/groups/", fixture.newcomer);
    const { page } = window;
    await page.getByRole("button", { name: "New group" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("reading-circle");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: "reading-circle" }).waitFor();
    const username = page.getByRole("textbox", { name: "Username" });
    await username.fill("nobody-at-all");
    await page.getByRole("button", { name: "Add to the group" }).click();
    await page.getByRole("alert").waitFor();
    await username.fill("participant-a");
    await page.getByRole("button", { name: "Add to the group" }).click();
    const role = page.getByRole("combobox", { name: "Role of participant-a" });
    await role.selectOption("admins");
    await waitFor("the role", async () => (await role.inputValue()) === "admins");
    const member = await open("/worksheets/groups/", fixture.participants[0]);
    await member.page
      .getByRole("row", { name: /reading-circle/ })
      .getByText("Administrator")
      .waitFor();
    await page.getByRole("button", { name: "Remove participant-a" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await role.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Delete the group" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete the group" }).click();
    await page.getByText("You are in no group.").waitFor();
    for (const { context } of [window, member]) await context.close();
  });
});
