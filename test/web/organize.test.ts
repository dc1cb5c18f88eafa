/** The pages for the organizers of a competition. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { openWindow, visit, type Window } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { addPendingPeople, addSubmissions } from "../support/web/organized.ts";
import { checkPages } from "../support/web/pages.ts";

describe("the pages for organizers", () => {
  let fixture: WebFixture;
  let organize: string;
  let quiet: string;
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
    const { platform, competitions, organizer } = fixture;
    organize = `/competitions/${competitions.pages.id}/organize/`;
    quiet = `/competitions/${competitions.ended.id}/organize/`;
    await addPendingPeople(platform.inside, competitions.pages, 20);
    await addSubmissions(platform.inside, competitions.pages, 64);
    const phase = competitions.pages.phases[0]!.id;
    await platform.inside.db
      .updateTable("phases")
      .set({ max_submissions_per_day: 5 })
      .where("id", "=", phase)
      .execute();
    const list = `/api/participants/?competition=${competitions.pages.id}&status=approved`;
    const [person] = await organizer.client.request<{ id: number }[]>("GET", list);
    await organizer.client.request("POST", `/api/phases/${phase}/grants/`, {
      participant: person!.id,
      submissions_per_day: 3,
    });
    await organizer.client.request("PUT", `/api/competitions/${competitions.pages.id}/budget/`, { monthly_usd: 20 });
  });
  afterAll(() => fixture.close());

  const organizer = ({ organizer }: WebFixture) => organizer;
  const open = async (path: string): Promise<Window> => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person: fixture.organizer });
    await visit(window, path);
    return window;
  };
  const select = async ({ page }: Window) => {
    await page
      .getByRole("checkbox", { name: /^Select #/ })
      .first()
      .check();
    await page
      .getByRole("checkbox", { name: /^Select #/ })
      .nth(1)
      .check();
  };

  checkPages(
    () => fixture,
    [
      { name: "organize-today", path: () => `${organize}today/`, as: organizer },
      { name: "organize-quiet", path: () => quiet, as: organizer },
      { name: "organize-forbidden", path: () => organize, as: ({ newcomer }) => newcomer, refused: [403] },
      {
        name: "organize-publish",
        path: ({ competitions }) => `/competitions/${competitions.secret.id}/organize/today/`,
        as: organizer,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Publish…" }).click();
          await page.getByRole("dialog").getByText("If one participant makes").waitFor();
        },
      },
      { name: "organize-submissions", path: () => `${organize}submissions/`, as: organizer, then: select },
      { name: "organize-no-submissions", path: () => `${quiet}submissions/`, as: organizer },
      {
        name: "organize-scores",
        path: () => `${organize}submissions/?status=Finished`,
        as: organizer,
        then: async ({ page }) => {
          await page
            .getByRole("button", { name: /edit the scores of/ })
            .first()
            .click();
          await page.getByRole("dialog").getByRole("button", { name: "Save the scores" }).waitFor();
        },
      },
      { name: "organize-participants", path: () => `${organize}participants/?status=pending`, as: organizer },
      {
        name: "organize-mail",
        path: () => `${organize}participants/`,
        as: organizer,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Mail…", exact: true }).first().click();
          await page.getByRole("textbox", { name: "Message" }).fill("The data has changed.\n\nPlease submit again.");
          await page.getByRole("button", { name: "Preview" }).click();
        },
      },
      { name: "organize-phases", path: () => `${organize}phases/`, as: organizer },
      {
        name: "organize-migrate",
        path: ({ competitions }) => `/competitions/${competitions.phases.id}/organize/phases/`,
        as: organizer,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Migrate…" }).first().click();
          await page.getByText("There is nothing to copy").waitFor();
        },
      },
      { name: "organize-spend", path: () => `${organize}spend/`, as: organizer },
      { name: "organize-no-spend", path: () => `${quiet}spend/`, as: organizer },
      { name: "organize-exports", path: () => `${organize}exports/`, as: organizer },
      { name: "organize-audit", path: () => `${organize}audit/`, as: organizer },
    ],
  );

  it("approves 20 people with three presses, and says so", async () => {
    const window = await open(`${organize}today/`);
    const { page } = window;
    await page.getByRole("link", { name: "Decide" }).click();
    await page.getByRole("checkbox", { name: "Select all on this page" }).click();
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText("20 people are approved.").waitFor();
    await page.getByText("Nobody matches.").waitFor();
    await page.getByRole("link", { name: "Today" }).click();
    await page.getByText("submissions failed").waitFor();
    assert.equal(await page.getByRole("link", { name: "Decide" }).count(), 0);
    await window.context.close();
  });

  it("keeps filters, order and page of submissions in the address", async () => {
    const window = await open(`${organize}submissions/`);
    const { page } = window;
    await page.getByText("1–50 of 64").waitFor();
    await page.getByRole("combobox", { name: "Status" }).selectOption("Failed");
    await page.getByRole("link", { name: "participant-a" }).first().click();
    await page.getByText("Only of participant-a", { exact: true }).waitFor();
    await page.getByRole("columnheader", { name: "Submission" }).getByRole("link").click();
    await page.locator("th[aria-sort=ascending]").waitFor();
    assert.match(page.url(), /status=Failed&owner=participant-a&sort=id/);
    await page.reload();
    await page.getByText("The program of scoring exited with code 1.").first().waitFor();
    const names = await page.locator("tbody td:nth-child(3)").allInnerTexts();
    assert.deepEqual([...new Set(names)], ["participant-a"]);
    await page.getByRole("link", { name: "Clear filters" }).click();
    await page.getByText("1–50 of 64").waitFor();
    await window.context.close();
  });

  it("shows the platform's sentence when what was chosen cannot run again", async () => {
    const { upcoming } = fixture.competitions;
    const { db } = fixture.platform.inside;
    await addSubmissions(fixture.platform.inside, upcoming, 1);
    await db
      .updateTable("submissions")
      .set({ is_soft_deleted: true, data_id: null })
      .where("phase_id", "=", upcoming.phases[0]!.id)
      .execute();
    const window = await open(`/competitions/${upcoming.id}/organize/submissions/?deleted=yes`);
    const { page } = window;
    await page
      .getByRole("checkbox", { name: /^Select #/ })
      .first()
      .check();
    await page.getByRole("button", { name: "Run again" }).click();
    const dialog = page.getByRole("dialog", { name: "Run 1 submission again?" });
    await dialog.getByRole("button", { name: "Run again" }).click();
    await dialog
      .getByRole("alert")
      .getByText(/deleted/)
      .waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    assert.equal(await page.getByRole("dialog").count(), 0);
    await window.context.close();
  });

  it("edits a score with a reason, and the leaderboard and the audit trail follow", async () => {
    const window = await open(`${organize}submissions/?status=Finished`);
    const { page } = window;
    const button = page.getByRole("button", { name: /edit the scores of/ }).first();
    const id = /#(\d+)/.exec((await button.getAttribute("aria-label"))!)![1]!;
    await button.click();
    await page.getByRole("dialog").getByRole("textbox").first().fill("0.987654");
    await page
      .getByRole("dialog")
      .getByRole("textbox", { name: /^Reason/ })
      .fill("It was rounded — wrongly");
    await page.getByRole("button", { name: "Save the scores" }).click();
    await page
      .getByRole("button", { name: `Edit the scores of #${id}` })
      .getByText("0.987654")
      .waitFor();
    await page.getByRole("link", { name: "Leaderboard" }).click();
    await page
      .locator("tbody tr", { hasText: /0\.98|0\.99/ })
      .first()
      .waitFor();
    await visit(window, `${organize}audit/?kind=score.edited`);
    await page.getByRole("cell", { name: "It was rounded — wrongly" }).waitFor();
    await window.context.close();
  });

  it("hides and shows the scores of a phase after a question", async () => {
    const window = await open(`${organize}phases/`);
    const { page } = window;
    await page.getByRole("button", { name: "Hide scores…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Hide scores" }).click();
    await page.getByText("Scores hidden").waitFor();
    await page.getByRole("button", { name: "Show scores…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Show scores" }).click();
    await page.getByText("Scores hidden").waitFor({ state: "hidden" });
    await window.context.close();
  });

  it("creates a dump, shows how it goes on, and deletes it (A-292)", async () => {
    const window = await open(`${organize}exports/`);
    const { page } = window;
    await page.getByRole("button", { name: "Create a dump…" }).click();
    await page
      .getByRole("dialog")
      .getByRole("radio", { name: /^Their keys/ })
      .check();
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("link", { name: /^Download: .* dump #/ }).waitFor();
    await page.getByRole("button", { name: /^Delete .* dump #/ }).click();
    await page.getByRole("button", { name: "Delete the dump" }).click();
    await page.getByText("There is no dump yet.").waitFor();
    await window.context.close();
  });

  it("sets and removes a budget", async () => {
    const window = await open(`${quiet}spend/`);
    const { page } = window;
    for (const [amount, shown] of [
      ["12.5", "Within the budget"],
      ["", "There is no budget, so nothing stops jobs."],
    ] as const) {
      await page.getByRole("button", { name: "Set the budget…" }).click();
      await page.getByRole("spinbutton", { name: "USD a month" }).fill(amount);
      await page.getByRole("button", { name: "Save the budget" }).click();
      await page.getByText(shown).waitFor();
    }
    await window.context.close();
  });

  it("publishes, and deletes only after the title was typed", async () => {
    const { secret } = fixture.competitions;
    const window = await open(`/competitions/${secret.id}/organize/today/`);
    const { page } = window;
    assert.match(await page.getByRole("textbox", { name: "Secret link" }).inputValue(), /\?secret_key=[0-9a-f-]{36}$/);
    await page.getByRole("button", { name: "Publish…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
    await page.getByRole("button", { name: "Unpublish…" }).waitFor();
    await page.getByRole("button", { name: "Delete…" }).click();
    const remove = page.getByRole("button", { name: "Delete the competition" });
    assert.ok(await remove.isDisabled());
    await page.getByRole("textbox", { name: /^Type the title/ }).fill(secret.title as string);
    await remove.click();
    await page.waitForURL("**/competitions/public/?mine=organizing");
    await page.getByRole("heading", { level: 1, name: "Competitions" }).waitFor();
    assert.equal(await page.getByText(secret.title as string).count(), 0);
    await window.context.close();
  });
});
