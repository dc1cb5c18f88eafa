/** Submitting through the page, and one's own submissions. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { register } from "../support/competitions.ts";
import { zip } from "../support/zip.ts";
import { openWindow, visit, type Window } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { addSubmissions } from "../support/web/own-submissions.ts";
import { checkPages } from "../support/web/pages.ts";

interface ChosenFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

describe("submitting", () => {
  let fixture: WebFixture;
  let small: ChosenFile;
  let nested: ChosenFile;
  let large: ChosenFile;
  const noZip: ChosenFile = { name: "answer.zip", mimeType: "application/zip", buffer: Buffer.from("0.75") };

  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
    const { platform, competitions, participants } = fixture;
    const file = (name: string, buffer: Buffer) => ({ name, mimeType: "application/zip", buffer });
    small = file("forecast-v12.zip", await zip({ "answer.txt": "0.75" }));
    nested = file("nested.zip", await zip({ "my-model/answer.txt": "0.75", "__MACOSX/._answer.txt": "" }));
    // Two parts.
    large = file("large.zip", await zip({ "answer.bin": Buffer.alloc(18_000_000) }, { compress: false }));
    const { phases, upcoming, ended } = competitions;
    for (const competition of [phases, upcoming, ended]) await register(competition, participants[0]);
    const { db } = platform.inside;
    await sql`update leaderboards set submission_rule = 'Add_And_Delete' where competition_id = ${phases.id}`.execute(
      db,
    );
    await addSubmissions(platform.inside, phases, {
      phase: phases.phases[1]!.id,
      username: participants[0].username,
    });
    const warmUp = phases.phases[0]!.id;
    await addSubmissions(platform.inside, phases, {
      phase: warmUp,
      username: participants[0].username,
      states: [{ status: "Finished", score: 0.42 }],
    });
    // Their single submission of the day is used.
    await register(phases, participants[1]);
    await addSubmissions(platform.inside, phases, {
      phase: phases.phases[1]!.id,
      username: participants[1].username,
      states: Array.from({ length: 5 }, () => ({ status: "Finished", score: 0.5 })),
    });
    await sql`update submissions set created_when = now(), submitted_when = now() where owner_id =
      (select id from users where username = ${participants[1].username})`.execute(db);
  });
  afterAll(() => fixture.close());

  const open = async (path: string, person = fixture.participants[0]): Promise<Window> => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person });
    await visit(window, path);
    return window;
  };
  const choose = ({ page }: Window, file: ChosenFile) => page.getByLabel("The file to submit").setInputFiles(file);
  const submitTo = (name: keyof WebFixture["competitions"]) => (of: WebFixture) =>
    `/competitions/${of.competitions[name].id}/submit/`;
  const mineIn =
    (name: keyof WebFixture["competitions"], search = "") =>
    (of: WebFixture) =>
      `/competitions/${of.competitions[name].id}/submissions/${search}`;
  const first = ({ participants }: WebFixture) => participants[0];
  const second = ({ participants }: WebFixture) => participants[1];

  checkPages(
    () => fixture,
    [
      { name: "submit", path: submitTo("main"), as: first },
      { name: "submit-with-history", path: submitTo("phases"), as: first },
      {
        name: "submit-chosen",
        path: submitTo("phases"),
        as: first,
        then: async (window) => {
          await choose(window, small);
          await window.page.getByText("Uploaded", { exact: true }).waitFor();
        },
      },
      {
        name: "submit-no-zip",
        path: submitTo("main"),
        as: first,
        then: async (window) => {
          await choose(window, noZip);
          await window.page.getByRole("alert").waitFor();
          await window.page.getByRole("button", { name: "Submit", exact: true }).click();
        },
      },
      {
        name: "submit-nested",
        path: submitTo("main"),
        as: first,
        then: async (window) => {
          await choose(window, nested);
          await window.page.getByText("inside the folder “my-model”").waitFor();
        },
      },
      { name: "submit-limit", path: submitTo("phases"), as: second },
      { name: "submit-upcoming", path: submitTo("upcoming"), as: first },
      { name: "submit-ended", path: submitTo("ended"), as: first },
      { name: "submit-not-joined", path: submitTo("main"), as: ({ newcomer }) => newcomer },
      { name: "submit-logged-out", path: submitTo("main") },
      { name: "mine", path: mineIn("phases"), as: first },
      {
        name: "mine-menu",
        path: mineIn("phases", "?status=finished"),
        as: first,
        then: async ({ page }) => {
          await page
            .getByRole("button", { name: /What to do with/ })
            .first()
            .click();
          await page.getByRole("button", { name: "Put on the leaderboard" }).waitFor();
        },
      },
      { name: "mine-empty", path: mineIn("main"), as: second },
      { name: "mine-logged-out", path: mineIn("main") },
      { name: "home-own", path: "/", as: first },
    ],
  );

  it("uploads and submits with three presses, and names the submission’s page (A-280)", async () => {
    const { main } = fixture.competitions;
    const [a] = fixture.participants;
    const name = "Nearest neighbours";
    const organization = await a.client.request<{ id: number }>("POST", "/api/organizations/", {
      ...{ name, email: "lab@example.org", location: "Here", description: "A lab." },
    });
    const window = await open(`/competitions/${main.id}/`);
    const { page } = window;
    await page.getByRole("link", { name: "Submit", exact: true }).click();
    await page.getByLabel("Submit as").selectOption(name);
    await page.getByLabel("What is your method called?").fill("kNN");
    await page.getByLabel("What kind of model is it?").selectOption("Distances");
    await page.getByRole("checkbox", { name: "Sensors" }).uncheck();
    await choose(window, small);
    await page
      .getByRole("button", { name: /^Submit/ })
      .last()
      .click();
    await page.waitForURL(/\/submissions\/\d+\/$/);
    const id = Number(/(\d+)\/$/.exec(page.url())![1]);
    const made = await a.client.request<Record<string, unknown>>("GET", `/api/submissions/${id}/`);
    assert.equal(made["filename"], small.name);
    assert.equal(made["has_children"], false);
    assert.equal((made["organization"] as { id: number }).id, organization.id);
    assert.equal(made["competition_title"], main.title);
    assert.deepEqual(made["fact_sheet_answers"], { method: "kNN", family: "Distances", ensemble: false });
    await window.context.close();
  });

  it("sends nothing of a file that is no zip, and of a nested one only on request", async () => {
    const window = await open(submitTo("main")(fixture));
    const { page } = window;
    const sent: string[] = [];
    page.on("request", (request) => {
      if (request.method() !== "GET") sent.push(`${request.method()} ${request.url()}`);
    });
    await choose(window, noZip);
    await page.getByText("This is not a zip").waitFor();
    await choose(window, nested);
    await page.getByText("inside the folder “my-model”").waitFor();
    assert.deepEqual(sent, []);
    await page.getByRole("button", { name: "Upload it anyway" }).click();
    await page.getByText("Uploaded", { exact: true }).waitFor();
    await window.context.close();
  });

  it("goes on after the line broke, and after a reload where it stopped", async () => {
    const window = await open(submitTo("phases")(fixture));
    const { page } = window;
    const sent: number[] = [];
    let isBroken = true;
    await page.route(
      (url) => url.searchParams.has("partNumber"),
      (route, request) => {
        const part = Number(new URL(request.url()).searchParams.get("partNumber"));
        if (part === 2 && isBroken) return route.abort("connectionreset");
        sent.push(part);
        return route.continue();
      },
    );
    await choose(window, large);
    await page.getByText("The connection broke.").waitFor();
    await page.getByRole("link", { name: "Files" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Stay" }).click();
    page.on("dialog", (dialog) => void dialog.accept());
    await page.reload();
    isBroken = false;
    await choose(window, large);
    await page.getByText("Uploaded", { exact: true }).waitFor();
    assert.deepEqual(sent, [1, 2]);
    await window.context.close();
  });

  it("filters by status and phase in the address, and says why a submission failed", async () => {
    const { phases } = fixture.competitions;
    const window = await open(mineIn("phases")(fixture));
    const { page } = window;
    await page.getByRole("link", { name: "Failed 1" }).click();
    await page.getByText("there is no column named temperature").waitFor();
    assert.match(page.url(), /status=failed/);
    await page.locator("tbody tr").nth(1).waitFor({ state: "detached" });
    await page.getByRole("link", { name: /^All \d/ }).click();
    await page.getByRole("link", { name: "Warm-up" }).click();
    await page.waitForURL(new RegExp(`phase=${phases.phases[0]!.id}`));
    await page.getByText("0.42").waitFor();
    await window.context.close();
  });

  it("puts a submission on the leaderboard in place of another, and deletes one after asking", async () => {
    const window = await open(
      `${mineIn("phases")(fixture)}?status=finished&phase=${fixture.competitions.phases.phases[1]!.id}`,
    );
    const { page } = window;
    const row = page.locator("tbody tr", { hasText: "0.61" });
    await row.getByRole("button", { name: /What to do with/ }).click();
    await page.getByRole("button", { name: "Put on the leaderboard" }).click();
    await row.getByText("On the leaderboard").first().waitFor();
    const other = page.locator("tbody tr", { hasText: "0.85" });
    await other.getByRole("button", { name: /What to do with/ }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await other.waitFor({ state: "detached" });
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });
});
