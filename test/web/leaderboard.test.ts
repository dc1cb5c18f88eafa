/** The leaderboard of a competition. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { fillBoard } from "../support/web/board.ts";
import { openWindow, visit, type Window } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { checkPages } from "../support/web/pages.ts";

describe("the leaderboard", () => {
  let fixture: WebFixture;
  let board: string;
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
    const { main } = fixture.competitions;
    await fillBoard(fixture.platform.inside, main, 230);
    board = `/competitions/${main.id}/leaderboard/`;
  });
  afterAll(() => fixture.close());

  const open = async (path: string, person?: WebFixture["organizer"]): Promise<Window> => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person });
    await visit(window, path);
    return window;
  };
  const firstCells = ({ page }: Window, nth: number) => page.locator(`tbody tr > :nth-child(${nth})`).allInnerTexts();

  checkPages(
    () => fixture,
    [
      { name: "leaderboard", path: () => board, as: ({ participants }) => participants[0] },
      {
        name: "leaderboard-pinned",
        path: () => `${board}?page=3&hide=macro_f1`,
        as: ({ participants }) => participants[0],
      },
      {
        name: "leaderboard-columns",
        path: () => board,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Columns" }).click();
          await page.getByRole("checkbox", { name: "Macro F1" }).waitFor();
        },
      },
      { name: "leaderboard-empty", path: ({ competitions }) => `/competitions/${competitions.phases.id}/leaderboard/` },
    ],
  );

  it("pins the reader's row, and leads to it", async () => {
    const window = await open(`${board}?page=3`, fixture.participants[0]);
    const { page } = window;
    const pinned = page.locator("tr[data-pinned=true]");
    assert.match(await pinned.innerText(), /participant-a/);
    await page.getByRole("link", { name: /Go to my row/ }).click();
    await page.locator("tr[data-pinned=false][data-mine=true][data-linked=true]").waitFor();
    assert.equal(await page.locator("tr[data-pinned=true]").count(), 0);
    await window.context.close();
  });

  it("sorts all pages by a column, both ways, and back", async () => {
    const window = await open(board);
    const { page } = window;
    const header = page.getByRole("columnheader", { name: "Mistakes" }).first().getByRole("link");
    const sorted = (direction: string) => page.locator(`th[aria-sort=${direction}]`, { hasText: "Mistakes" }).waitFor();
    await header.click();
    await sorted("ascending");
    assert.equal((await firstCells(window, 6))[0], "0");
    await header.click();
    await sorted("descending");
    assert.equal((await firstCells(window, 6))[0], "59");
    assert.match(page.url(), /sort=-mistakes/);
    await header.click();
    await page.locator("th[aria-sort=ascending]", { hasText: "#" }).waitFor();
    assert.deepEqual((await firstCells(window, 1)).slice(0, 3), ["1", "2", "3"]);
    await window.context.close();
  });

  it("keeps hidden columns, digits, search and page in the address", async () => {
    const window = await open(board);
    const { page } = window;
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByRole("checkbox", { name: "Macro F1" }).uncheck();
    await page.getByRole("checkbox", { name: "Show all digits" }).check();
    await page.keyboard.press("Escape");
    await page.getByRole("searchbox", { name: "Find a participant" }).fill("MODEL-22");
    await page.keyboard.press("Enter");
    await page.getByText("1–11 of 11").waitFor();
    assert.equal(await page.locator("tbody tr").count(), 11);
    const other = await open(page.url());
    assert.equal(await other.page.getByRole("columnheader", { name: "Macro F1" }).count(), 0);
    assert.equal(await other.page.locator("tbody tr").count(), 11);
    assert.match((await firstCells(other, 3))[0]!, /0\.\d{4}/);
    await other.context.close();
    await window.context.close();
  });

  it("shows a page of 10,000 rows, in any order, and no more of them", async () => {
    await fillBoard(fixture.platform.inside, fixture.competitions.main, 10_000, "many");
    const window = await open(board);
    const { page } = window;
    await page.getByText(/^1–100 of 10,2/).waitFor();
    await page.getByRole("columnheader", { name: "Mistakes" }).first().getByRole("link").click();
    await page.locator("th[aria-sort=ascending]", { hasText: "Mistakes" }).waitFor();
    assert.equal(await page.locator("tbody tr").count(), 100);
    await visit(window, `${board}?page=100`);
    await page.getByText(/^9,901–10,000 of 10,2/).waitFor();
    assert.equal(await page.locator("tbody tr").count(), 100);
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });

  it("says that organizers hide a phase", async () => {
    const { organizer, competitions } = fixture;
    const phase = competitions.pages.phases[0]!.id;
    await organizer.client.request("PUT", `/api/phases/${phase}/blind/`, { blind: true });
    const window = await open(`/competitions/${competitions.pages.id}/leaderboard/`);
    await window.page.getByText("The organizers keep the results of this phase to themselves for now.").waitFor();
    await window.context.close();
  });
});
