/** What runs while somebody looks at it: a submission, and a run of a worksheet. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { bundleFiles, python, register, scoreOfAnswer, submit, waitToGo } from "../support/competitions.ts";
import { newBundle } from "../integration/worksheets/rest-lab.ts";
import { Sheets } from "../integration/worksheets/sheets.ts";
import { letGo } from "../support/platform.ts";
import { openWindow, visit } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";

describe("what runs", () => {
  let fixture: WebFixture;
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: true });
  });
  afterAll(() => fixture.close());

  it("is a submission whose page shows lines as they are printed, and then the score, without being loaded again", async () => {
    const { platform, organizer, participants, browser } = fixture;
    const [person] = participants;
    // Python prints at once only if it is told to.
    const scoring = `import sys\nsys.stdout.reconfigure(line_buffering=True)\n${waitToGo}\n${scoreOfAnswer}`;
    const competition = await platform.newCompetition(
      organizer,
      bundleFiles({ title: "A slow scoring" }, python(scoring, "scoring_program/")),
    );
    await register(competition, person);
    const id = await submit(person, competition.phases[0]!.id, { "answer.txt": "0.75" });
    const window = await openWindow(browser, platform.url, { person });
    const { page } = window;
    await visit(window, `/competitions/${competition.id}/submissions/${id}/`);
    await page.locator(".log-row", { hasText: "waiting" }).waitFor();
    await page.getByRole("button", { name: "Pause" }).waitFor();
    assert.equal(await page.getByRole("cell", { name: "0.75" }).count(), 0);
    await letGo(platform.home);
    await page.locator(".log-row", { hasText: "the answer is 0.75" }).waitFor();
    await page.getByRole("cell", { name: "0.75", exact: true }).waitFor();
    await page.getByRole("listitem").filter({ hasText: "Finished: done" }).waitFor();
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });

  it("is a run of a worksheet that can be told something while its page shows what it prints (W-157)", async () => {
    const { platform, newcomer: person, browser } = fixture;
    const sheets = new Sheets(platform, person);
    const worksheet = await sheets.worksheet("of-live-runs");
    const made = await sheets.send<{ data: { id: string }[] }>(
      "POST",
      `/rest/bundles?worksheet=${worksheet}`,
      newBundle("run", "patient", {
        command: "echo begun; until [ -e answer ]; do sleep 0.1; done; cat answer; echo ended >&2",
      }),
    );
    const window = await openWindow(browser, platform.url, { person });
    const { page } = window;
    await visit(window, `/bundles/${made.data[0]!.id}/`);
    await page.locator(".log-row", { hasText: "begun" }).waitFor();
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("button", { name: "Send text to the run" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "File" }).fill("answer");
    await dialog.getByRole("textbox", { name: "Text" }).fill("forty-two");
    await dialog.getByRole("button", { name: "Send" }).click();
    await page.locator(".log-row", { hasText: "forty-two" }).waitFor();
    await page.getByRole("status").getByText("Ready", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Error output" }).click();
    await page.locator(".log-row", { hasText: "ended" }).waitFor();
    await page.getByRole("link", { name: "answer" }).click();
    await page.getByRole("region", { name: "Contents of answer" }).getByText("forty-two").waitFor();
    await window.context.close();
  });
});
