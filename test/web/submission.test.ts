/** The page of a submission, and the page with which a scoring program explains its scores. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { bundleFiles, register, submit } from "../support/competitions.ts";
import { openWindow, visit, type Window } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { checkPages } from "../support/web/pages.ts";
import { endParts, endRun, type RunEnd } from "../support/web/runs.ts";

const escape = "\u001b";
const epochs = [1, 2, 3, 4, 5].map(
  (epoch) => `epoch ${epoch}/5  loss ${escape}[32m${(1.2 / epoch).toFixed(4)}${escape}[0m\n`,
);
const printed: RunEnd["logs"] = {
  "prediction ingestion stdout": [
    "200 training rows, 100 test rows, features x, y\n",
    `${escape}[1;36m==> kNN${escape}[0m  k=7  rows=200\n`,
    ...epochs,
    "predicted 10 of 100 rows\rpredicted 50 of 100 rows\rpredicted 100 of 100 rows\n",
    "done\n",
  ].join(""),
  "prediction ingestion stderr": `${escape}[33mwarning:${escape}[0m no validation split given, training on all rows\n`,
  "prediction program stdout": "the model is ready\n",
  "scoring program stdout": "98 of 100 rows are right\n",
};
const longLog = Array.from({ length: 100_000 }, (_, at) => `row ${at + 1} of the log\n`).join("");

describe("a submission", () => {
  let fixture: WebFixture;
  let details: { id: number };
  const ids = { finished: 0, failed: 0, queued: 0, cancelled: 0, long: 0, explained: 0, hidden: 0 };
  const pathOf =
    (name: keyof typeof ids, query = "") =>
    () => {
      const { main, pages } = fixture.competitions;
      const competition = name === "explained" || name === "hidden" ? details : name === "long" ? pages : main;
      return `/competitions/${competition.id}/submissions/${ids[name]}/${query}`;
    };
  const owner = ({ participants }: WebFixture) => participants[0];

  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
    const { platform, competitions, participants, organizer } = fixture;
    const [person, other] = participants;
    const { inside } = platform;
    const phaseId = competitions.main.phases[0]!.id;
    const made = (by = person, phase = phaseId) => submit(by, phase, { "answer.txt": "0.75" });
    ids.finished = await made();
    await endParts(inside, ids.finished, [
      { logs: printed, scores: { accuracy: 0.98, macro_f1: 0.9797, mistakes: 2 } },
      { logs: printed, scores: { accuracy: 0.8634, macro_f1: 0.6741, mistakes: 22 } },
    ]);
    ids.failed = await made();
    const failure = {
      container: "ingestion",
      step: "prediction",
      exitCode: 1,
      message: "The ingestion program of the prediction step exited with code 1.",
    } as const;
    const traceback = [
      "Traceback (most recent call last):",
      '  File "/app/program/main.py", line 31, in <module>',
      "    model.fit(rows, labels)",
      "ValueError: Input contains NaN, and kNN accepts no missing values.",
      "",
    ].join("\n");
    const failed: RunEnd = { logs: { ...printed, "prediction ingestion stderr": traceback }, failure };
    await endParts(inside, ids.failed, [failed, failed]);
    ids.cancelled = await made();
    await person.client.request("POST", `/api/submissions/${ids.cancelled}/cancel_submission/`);
    ids.queued = await made(other);
    ids.long = await made(person, competitions.pages.phases[0]!.id);
    await endRun(inside, ids.long, { logs: { "scoring program stdout": longLog }, scores: { accuracy: 0.75 } });
    const explained = await platform.newCompetition(
      organizer,
      bundleFiles({ title: "Explained scores", enable_detailed_results: true }),
    );
    details = explained;
    await register(explained, person);
    ids.explained = await made(person, explained.phases[0]!.id);
    await endRun(inside, ids.explained, {
      logs: printed,
      scores: { accuracy: 0.75, duration: 3.14159 },
      details:
        "<!doctype html><title>Details</title><h1>Every row</h1><p></p><script>document.querySelector('p').append('run')</script>",
    });
  });
  afterAll(() => fixture.close());

  const open = async (path: string, person?: WebFixture["organizer"]): Promise<Window> => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person });
    await visit(window, path);
    return window;
  };
  const lines = ({ page }: Window) => page.locator(".log-row");

  checkPages(
    () => fixture,
    [
      {
        name: "submission-finished",
        path: pathOf("finished", "?log=prediction_ingestion"),
        as: owner,
        then: async ({ page }) => page.getByText("warning:").waitFor(),
      },
      {
        name: "submission-failed",
        path: pathOf("failed"),
        as: owner,
        then: async ({ page }) => page.locator(".log-row", { hasText: "ValueError" }).waitFor(),
      },
      { name: "submission-queued", path: pathOf("queued"), as: ({ participants }) => participants[1] },
      { name: "submission-cancelled", path: pathOf("cancelled"), as: owner },
      { name: "submission-not-yours", path: pathOf("queued"), as: owner, refused: [404] },
      {
        name: "submission-actions",
        path: pathOf("finished"),
        as: owner,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Actions" }).click();
          await page.getByRole("button", { name: "Delete its files" }).waitFor();
        },
      },
      {
        name: "submission-fact-sheet",
        path: pathOf("finished"),
        as: owner,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Edit" }).click();
          await page.getByLabel("What is your method called?").waitFor();
        },
      },
      {
        name: "detailed-results",
        path: () => `/competitions/${details.id}/detailed_results/${ids.explained}/`,
        as: owner,
      },
    ],
  );

  it("shows what a terminal would, and which lines are errors", async () => {
    const window = await open(pathOf("finished", "?log=prediction_ingestion")(), fixture.participants[0]);
    const { page } = window;
    await page.getByText("10 lines", { exact: true }).waitFor();
    assert.equal(await lines(window).filter({ hasText: "predicted" }).innerText(), "predicted 100 of 100 rows");
    assert.equal(await page.getByText("==> kNN").getAttribute("class"), "log-cyan log-bold");
    assert.equal(await page.locator(".log-row[data-error=true]").count(), 1);
    await page.getByRole("button", { name: "Scoring", exact: true }).click();
    await page.getByText("98 of 100 rows are right").waitFor();
    assert.match(page.url(), /log=scoring/);
    await window.context.close();
  });

  it("keeps few rows of a long log in the document, and finds lines in all of it", async () => {
    const window = await open(pathOf("long")(), fixture.participants[0]);
    const { page } = window;
    await page.getByText("100,000 lines", { exact: true }).waitFor();
    const box = page.getByRole("region", { name: "Log: Scoring" });
    const isBounded = async () => assert((await lines(window).count()) < 150, `${await lines(window).count()} rows`);
    await isBounded();
    await box.focus();
    await page.keyboard.press("End");
    await page.getByText("row 100000 of the log").waitFor();
    await isBounded();
    await page.getByRole("searchbox", { name: "Find in the log" }).fill("ROW 5000");
    await page.getByText("11 lines", { exact: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await page.getByText("2 of 11").waitFor();
    assert.match(await page.locator(".log-row[data-current=true]").innerText(), /row 50000 of/);
    await isBounded();
    await window.context.close();
  });

  it("opens a failed submission with the reason, on the program that failed", async () => {
    const window = await open(pathOf("failed")(), fixture.participants[0]);
    const { page } = window;
    const why = page.getByRole("region", { name: "Why it failed" });
    assert.match(await why.innerText(), /exited with code 1[^]*The last lines of Ingestion[^]*ValueError/);
    assert.equal(
      await page.getByRole("button", { name: "Ingestion", exact: true }).getAttribute("aria-current"),
      "true",
    );
    await window.context.close();
  });

  it("shows all digits of scores on demand, and keeps that in the address", async () => {
    const window = await open(pathOf("finished")(), fixture.participants[0]);
    const { page } = window;
    await page.getByRole("cell", { name: "0.863", exact: true }).waitFor();
    await page.getByRole("checkbox", { name: "Show all digits" }).check();
    await page.getByRole("cell", { name: "0.8634", exact: true }).waitFor();
    await page.reload();
    await page.getByRole("cell", { name: "0.8634", exact: true }).waitFor();
    await window.context.close();
  });

  it("puts a submission on the leaderboard, leads to its row, and takes it off after asking", async () => {
    const window = await open(pathOf("finished")(), fixture.participants[0]);
    const { page } = window;
    await page.getByRole("button", { name: "Put on the leaderboard" }).click();
    await page.getByRole("link", { name: "See it on the leaderboard" }).click();
    await page.locator(`tr#s${ids.finished}[data-linked=true]`).waitFor();
    await page.getByRole("link", { name: "Submission", exact: false }).first().waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("button", { name: "Take off the leaderboard" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Take off the leaderboard" }).click();
    await page.getByRole("button", { name: "Put on the leaderboard" }).waitFor();
    await window.context.close();
  });

  it("saves other answers to the fact sheet", async () => {
    const window = await open(pathOf("finished")(), fixture.participants[0]);
    const { page } = window;
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("What is your method called?").fill("kNN, k=7");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("definition").filter({ hasText: "kNN, k=7" }).waitFor();
    await window.context.close();
  });

  it("shows detailed results in a frame without access to the page", async () => {
    const window = await open(pathOf("explained")(), fixture.participants[0]);
    const { page } = window;
    await page.getByRole("link", { name: "Detailed results" }).click();
    const frame = page.frameLocator("iframe");
    await frame.getByText("run", { exact: true }).waitFor();
    assert.equal(await page.locator("iframe").getAttribute("sandbox"), "allow-scripts");
    assert.equal(
      await frame.locator("body").evaluate(`(() => { try { return document.cookie } catch { return "none" } })()`),
      "none",
    );
    await window.context.close();
  });
});
