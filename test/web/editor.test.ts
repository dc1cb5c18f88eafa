/** The form for every field of a competition. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Page } from "playwright-core";
import { logo, submit } from "../support/competitions.ts";
import { openWindow, visit, type Window } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { checkPages } from "../support/web/pages.ts";

interface Detail {
  id: number;
  title: string;
  version: string;
  reward: string | null;
  pages: { id: number; title: string; content: string }[];
  phases: { id: number; name: string; start: string; tasks: { key: string; name: string }[] }[];
}

describe("the editor", () => {
  let fixture: WebFixture;
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
  });
  afterAll(() => fixture.close());

  const organizer = (fixture: WebFixture) => fixture.organizer;
  const editMain = ({ competitions }: WebFixture) => `/competitions/edit/${competitions.main.id}/`;
  const read = (id: number) => fixture.organizer.client.request<Detail>("GET", `/api/competitions/${id}/`);
  const change = (id: number, body: object) =>
    fixture.organizer.client.request<Detail>("PATCH", `/api/competitions/${id}/`, body);
  const open = async (path: string): Promise<Window> => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person: fixture.organizer });
    await visit(window, path);
    return window;
  };
  const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
  const save = (page: Page) => page.getByRole("button", { name: "Save", exact: true });
  const section = (page: Page, name: RegExp) =>
    page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name }).click();
  /** Forgets drafts, so that a page begins with what is saved. */
  const fresh = async ({ page }: Window) => {
    await page.evaluate("localStorage.clear()");
    await page
      .getByRole("button", { name: "Discard", exact: true })
      .click({ timeout: 500 })
      .catch(() => undefined);
  };
  const opened = async ({ page }: Window) => {
    const closed = page.locator(".editor-part-open[aria-expanded=false]");
    for (let count = await closed.count(); count > 0; count--) await closed.first().click();
  };

  checkPages(
    () => fixture,
    [
      { name: "editor-new", path: "/competitions/create/", as: organizer, then: fresh },
      {
        name: "editor-problems",
        path: "/competitions/create/?section=phases",
        as: organizer,
        then: async (window) => {
          await fresh(window);
          await window.page.getByRole("button", { name: "Create the competition" }).click();
          await window.page.getByRole("alert").getByText("7 problems").waitFor();
        },
      },
      { name: "editor-details", path: editMain, as: organizer },
      { name: "editor-participation", path: (f) => `${editMain(f)}?section=participation`, as: organizer },
      { name: "editor-pages", path: (f) => `${editMain(f)}?section=pages`, as: organizer, then: opened },
      { name: "editor-phases", path: (f) => `${editMain(f)}?section=phases`, as: organizer, then: opened },
      {
        name: "editor-phase-list",
        path: ({ competitions }) => `/competitions/edit/${competitions.phases.id}/?section=phases`,
        as: organizer,
      },
      { name: "editor-leaderboards", path: (f) => `${editMain(f)}?section=leaderboards`, as: organizer, then: opened },
      { name: "editor-runs", path: (f) => `${editMain(f)}?section=runs`, as: organizer },
      {
        name: "editor-questions",
        path: (f) => `${editMain(f)}?section=questions`,
        as: organizer,
        then: async (window) => {
          await fresh(window);
          await window.page.getByRole("button", { name: "Add a question" }).click();
          await window.page.getByRole("combobox", { name: "Answer" }).selectOption("select");
          await field(window.page, "Key").fill("base_model");
          await field(window.page, "Choices").fill("boosting\nnetwork");
          await window.page.getByRole("combobox", { name: "Answer" }).focus();
        },
      },
      { name: "editor-organizers", path: (f) => `${editMain(f)}?section=organizers`, as: organizer, then: fresh },
      {
        name: "editor-choose",
        path: (f) => `${editMain(f)}?section=phases`,
        as: organizer,
        then: async (window) => {
          await fresh(window);
          await opened(window);
          await window.page.getByRole("button", { name: "Add a task…" }).first().click();
          await window.page.getByRole("dialog").getByRole("listitem").first().waitFor();
        },
      },
      {
        name: "editor-conflict",
        path: ({ competitions }) => `/competitions/edit/${competitions.ended.id}/`,
        as: organizer,
        refused: [409],
        then: async (window, { competitions }) => {
          await fresh(window);
          const { page } = window;
          await field(page, "Title").fill(`Power flow ${Math.random()}`);
          const reward = `A book ${Math.random()}`;
          await change(competitions.ended.id, { title: `Flows of power ${Math.random()}`, reward });
          await save(page).click();
          await page.getByRole("heading", { name: "Somebody else has changed" }).waitFor();
        },
      },
      {
        name: "editor-not-yours",
        path: editMain,
        as: ({ newcomer }) => newcomer,
      },
    ],
  );

  it("makes a competition with a form, which is published and takes a submission", async () => {
    const window = await open("/competitions/");
    const { page } = window;
    await page.getByRole("link", { name: "Fill in a form" }).click();
    await field(page, "Title").fill("Made with a form");
    await page.locator("input[type=file]").setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: logo });
    await section(page, /^Taking part/);
    await page.getByRole("checkbox", { name: "Approve everybody at once" }).check();
    await section(page, /^Phases/);
    await field(page, "Name").fill("Only");
    await page.getByLabel("Start", { exact: true }).fill("2026-01-01T10:30");
    await page.getByRole("checkbox", { name: "It never ends" }).check();
    await page.getByRole("button", { name: "Add a task…" }).click();
    await page.getByRole("dialog").getByRole("listitem").getByRole("button").first().click();
    await section(page, /^Leaderboards/);
    const column = page.getByRole("listitem", { name: "Column 1" });
    await column.getByRole("textbox", { name: "Title" }).fill("Accuracy");
    await page.getByRole("listitem", { name: "Accuracy" }).getByRole("textbox", { name: "Key" }).fill("accuracy");
    assert.equal(await page.getByText(/to do$/).count(), 0);
    await page.getByRole("button", { name: "Create the competition" }).click();
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByRole("button", { name: "Publish" }).waitFor({ state: "detached" });
    const id = Number(/competitions\/(\d+)\//.exec(page.url())![1]);
    const made = await read(id);
    // Paris is an hour ahead in winter.
    assert.equal(made.phases[0]!.start, "2026-01-01T09:30:00Z");
    const [participant] = fixture.participants;
    await participant.client.request("POST", `/api/competitions/${id}/register/`);
    assert(await submit(participant, made.phases[0]!.id, { "answer.txt": "0.75" }));
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });

  it("keeps a draft, offers it again, and asks before the page is left (A-282)", async () => {
    const { id, title } = fixture.competitions.upcoming;
    const window = await open(`/competitions/edit/${id}/`);
    const { page } = window;
    await page.getByText("Nothing is changed.").waitFor();
    await field(page, "Reward").fill("A prize");
    await page.getByText("Not saved yet.").waitFor();
    await section(page, /^Pages/);
    await page.goBack();
    assert.equal(await field(page, "Reward").inputValue(), "A prize", "sections are the same page");
    await page.getByRole("link", { name: "My competitions" }).click();
    await page.getByRole("dialog", { name: "Leave without saving?" }).getByRole("button", { name: "Stay" }).click();
    assert.equal(await field(page, "Reward").inputValue(), "A prize");
    await page.getByRole("link", { name: "My competitions" }).click();
    await page.getByRole("button", { name: "Leave", exact: true }).click();
    await page.getByRole("heading", { name: /^My competitions/ }).waitFor();
    await page.goto(`/competitions/edit/${id}/`);
    await page.getByText("You have a draft of").waitFor();
    assert.equal(await field(page, "Reward").inputValue(), "");
    await page.getByRole("button", { name: "Restore" }).click();
    assert.equal(await field(page, "Reward").inputValue(), "A prize");
    await save(page).click();
    await page.getByText("Saved.").waitFor();
    const saved = await read(id);
    assert.deepEqual([saved.title, saved.reward], [title, "A prize"]);
    await page.reload();
    await page.getByText("Nothing is changed.").waitFor();
    assert.equal(await page.getByText("You have a draft of").count(), 0);
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });

  it("shows what somebody else has changed field by field, and loses nothing (A-282)", async () => {
    const { id } = fixture.competitions.phases;
    const window = await open(`/competitions/edit/${id}/`);
    const { page } = window;
    await field(page, "Title").fill("My title");
    await field(page, "Reward").fill("My reward");
    const { pages } = await read(id);
    await change(id, { title: "Their title", pages: [...pages, { title: "Their page", content: "Text" }] });
    await save(page).click();
    const title = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "Title" }) });
    await title.getByText("Both of you changed it").waitFor();
    await page.getByRole("heading", { name: "Pages › Their page" }).waitFor();
    await title.getByRole("button", { name: "Take theirs" }).click();
    await page.getByRole("button", { name: "Save with these choices" }).click();
    await page.getByText("Saved.").waitFor();
    const saved = await read(id);
    assert.deepEqual(
      [saved.title, saved.reward, saved.pages.at(-1)!.title],
      ["Their title", "My reward", "Their page"],
    );
    await window.context.close();
  });

  it("shows what the platform refuses at its field, and leads to what is wrong", async () => {
    const { id } = fixture.competitions.pages;
    const window = await open(`/competitions/edit/${id}/`);
    const { page } = window;
    await field(page, "Title").fill("");
    await section(page, /^Runs/);
    await field(page, "Docker image").fill("not an image");
    await page.getByText(/^No program can run/).waitFor();
    await save(page).click();
    const summary = page.getByRole("alert");
    await summary.getByText("2 problems").waitFor();
    // The focus moves to the first problem, in another section.
    await page.locator('[id="field-title"]:focus').waitFor();
    await field(page, "Title").fill("Cell tracking");
    await summary.getByRole("link", { name: "Docker image" }).click();
    await page.locator('[id="field-docker_image"]:focus').waitFor();
    await field(page, "Docker image").fill("python:3.12");
    await page.getByText("2 problems").waitFor({ state: "detached" });
    // Only the platform knows that a phase has submissions.
    await section(page, /^Details/);
    await page.route(`**/api/competitions/${id}/`, async (route) => {
      if (route.request().method() !== "PATCH") return route.fallback();
      const fields = { reward: ["This reward is refused."] };
      const body = { code: "INVALID", detail: "reward: This reward is refused.", ...fields };
      return route.fulfill({ status: 400, json: body });
    });
    await field(page, "Reward").fill("A trip");
    await save(page).click();
    await page.locator('[id="field-reward"]:focus').waitFor();
    assert.match((await page.locator('[id="field-reward-error"]').textContent())!, /This reward is refused/);
    await window.context.close();
  });

  it("moves pages with the keyboard, and saving them changes nothing else", async () => {
    const { id } = fixture.competitions.main;
    const before = await read(id);
    assert(before.pages.length > 1);
    const window = await open(`/competitions/edit/${id}/?section=pages`);
    const { page } = window;
    const [first, second] = before.pages as [Detail["pages"][0], Detail["pages"][0]];
    const down = page.getByRole("button", { name: `Move down: ${first.title}` });
    await down.focus();
    await page.keyboard.press("Enter");
    await page.getByText(`Now at place 2 of ${before.pages.length}`).waitFor();
    assert.equal(await page.locator(":focus").getAttribute("aria-label"), `Move down: ${first.title}`);
    const changes: unknown[] = [];
    page.on("request", (request) => request.method() === "PATCH" && changes.push(request.postDataJSON()));
    await save(page).click();
    await page.getByText("Saved.").waitFor();
    const after = await read(id);
    const { pages: _, version: _v, ...rest } = before;
    assert.deepEqual(Object.keys(changes[0] as object), ["pages", "version"]);
    assert.deepEqual(
      after.pages.slice(0, 2).map(({ id }) => id),
      [second.id, first.id],
    );
    const { pages: _p, version: _w, ...others } = after;
    assert.deepEqual(
      JSON.stringify(others).replace(/"logo\w*":"[^"]*"/g, ""),
      JSON.stringify(rest).replace(/"logo\w*":"[^"]*"/g, ""),
    );
    await window.context.close();
  });
});
