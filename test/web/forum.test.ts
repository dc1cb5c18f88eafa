/** The forum of a competition. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Person } from "../support/platform.ts";
import { checkPage, openWindow, visit, type Window } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { checkPages } from "../support/web/pages.ts";

describe("the forum", () => {
  let fixture: WebFixture;
  let forum: string;
  let thread: string;
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
    const { organizer, participants, competitions } = fixture;
    const [first, second] = participants;
    forum = `/competitions/${competitions.main.id}/forum/`;
    const begin = async (person: Person, title: string, text: string) =>
      (await person.send<{ id: number }>("POST", `/api${forum}threads/`, { json: { title, text } })).body.id;
    const welcome = await begin(organizer, "Read this first", "Ask here. *Be kind.*");
    const question = await begin(first, "Which metric decides?", "Is it $F_1$ or accuracy?\n\n~~~\nscore(y)\n~~~");
    await begin(second, "Teams", "May two people submit together?");
    thread = `${forum}${question}/`;
    const write = (person: Person, text: string) =>
      person.send<{ id: number }>("POST", `/api${thread.replace("forum/", "forum/threads/")}posts/`, {
        json: { text },
      });
    await write(organizer, "The mean accuracy over both tasks decides.");
    const { body } = await write(second, "Buy followers at followers.example.org");
    const path = `/api${forum}threads/`;
    await organizer.send("PATCH", `${path}${welcome}/`, { json: { is_pinned: true, is_locked: true } });
    await first.send("POST", `${path}${question}/posts/${body.id}/report/`, { json: { reason: "Spam" } });
  });
  afterAll(() => fixture.close());

  const organizer = (fixture: WebFixture) => fixture.organizer;
  const participant = ({ participants }: WebFixture) => participants[0];
  const open = async (path: string, person?: Person): Promise<Window> => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person });
    await visit(window, path);
    return window;
  };

  checkPages(
    () => fixture,
    [
      { name: "forum", path: () => forum, as: participant },
      { name: "forum-anonymous", path: () => forum },
      { name: "forum-nothing", path: () => `${forum}?q=nothing+has+these+words`, as: participant },
      {
        name: "forum-empty",
        path: ({ competitions }) => `/competitions/${competitions.pages.id}/forum/`,
        as: participant,
      },
      { name: "forum-thread", path: () => thread, as: ({ participants }) => participants[1] },
      { name: "forum-thread-organizer", path: () => thread, as: organizer },
      { name: "forum-reports", path: () => `${forum}reports/`, as: organizer },
      { name: "forum-new", path: () => `${forum}new/`, as: participant },
      {
        name: "forum-remove",
        path: () => thread,
        as: organizer,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Remove (participant-b)" }).click();
          await page.getByRole("dialog").waitFor();
        },
      },
    ],
  );

  it("begins one thread by a double click, and shows a long word in its title whole", async () => {
    const window = await open(`${forum}new/`, fixture.participants[1]);
    const { page } = window;
    const title = `Is this a word? ${"Wasser".repeat(30)}`;
    await page.getByLabel("Title").fill(title);
    await page.getByRole("textbox", { name: "Text" }).fill("It has no end.");
    const sent: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST") sent.push(new URL(request.url()).pathname);
    });
    await page.getByRole("button", { name: "Begin the thread" }).dblclick();
    await page.getByRole("heading", { name: title }).waitFor();
    assert.deepEqual(sent, [`/api${forum}threads/`]);
    await checkPage(window, "forum-long-title");
    await visit(window, forum);
    const link = (await page.getByRole("link", { name: title }).boundingBox())!;
    const row = (await page.getByRole("listitem").filter({ hasText: title }).boundingBox())!;
    assert(link.x + link.width <= row.x + row.width, "the title is wider than its row");
    await window.context.close();
  });

  it("leads to the login when the session has ended, and keeps what was typed", async () => {
    const person = fixture.participants[1];
    const window = await open(`${forum}new/`, person);
    const { context, page } = window;
    await page.getByLabel("Title").fill("Too late");
    await page.getByRole("textbox", { name: "Text" }).fill("I typed for a week.");
    await context.clearCookies({ name: "sessionid" });
    await page.getByRole("button", { name: "Begin the thread" }).click();
    await page.getByRole("alert").getByText("Your session has ended.").waitFor();
    await page.getByRole("alert").getByRole("link", { name: "Log in" }).click();
    await page.getByLabel("Username or mail address").fill(person.username);
    await page.getByLabel("Password").fill(person.password);
    await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
    await page.getByRole("button", { name: "Begin the thread" }).click();
    await page.getByRole("heading", { name: "Too late" }).waitFor();
    await context.close();
  });

  it("begins a thread, keeps what was typed over a reload, and answers it (A-312)", async () => {
    const window = await open(forum, fixture.participants[0]);
    const { page } = window;
    await page.getByRole("link", { name: "New thread" }).click();
    await page.getByLabel("Title").fill("A mistake in the data");
    await page.getByRole("textbox", { name: "Text" }).fill("Row $7$ has **no** label.");
    await page.reload();
    assert.equal(await page.getByLabel("Title").inputValue(), "A mistake in the data");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.locator(".markdown-editor-preview math").waitFor();
    await page.getByRole("button", { name: "Begin the thread" }).click();
    await page.getByRole("heading", { name: "A mistake in the data" }).waitFor();
    const address = page.url();
    const other = await open(forum, fixture.organizer);
    await other.page
      .getByRole("listitem")
      .filter({ hasText: "A mistake in the data" })
      .getByText("New", { exact: true })
      .waitFor();
    await other.page.getByRole("link", { name: "A mistake in the data" }).click();
    await other.page.getByRole("textbox", { name: "Your reply" }).fill("Thank you, it is mended.");
    await other.page.getByRole("button", { name: "Reply" }).click();
    await other.page.getByText("Thank you, it is mended.").and(other.page.locator("p")).waitFor();
    assert.equal(await other.page.getByRole("textbox", { name: "Your reply" }).inputValue(), "");
    await other.page.getByRole("link", { name: "← All threads" }).click();
    await other.page.getByRole("listitem").filter({ hasText: "A mistake in the data" }).getByText("2 posts").waitFor();
    assert.equal(await other.page.locator("li[data-unread=true]", { hasText: "A mistake in the data" }).count(), 0);
    await page.goto(address);
    await page.getByRole("article", { name: "by organizer" }).getByText("New", { exact: true }).waitFor();
    assert.deepEqual(window.complaints, []);
    assert.deepEqual(other.complaints, []);
    await other.context.close();
    await window.context.close();
  });

  it("lets authors change their posts, and organizers remove one with a reason", async () => {
    const author = await open(thread, fixture.participants[0]);
    await author.page.getByRole("button", { name: "Edit (participant-a)" }).click();
    await author.page.getByRole("textbox", { name: "Text" }).fill("Is it accuracy?");
    await author.page.getByRole("button", { name: "Save" }).click();
    await author.page.getByText(/^edited/).waitFor();
    const window = await open(`${forum}reports/`, fixture.organizer);
    const { page } = window;
    await page.getByText("participant-a reported it: Spam").waitFor();
    await page.getByRole("button", { name: "Remove (participant-b)" }).click();
    await page.getByLabel("Reason").fill("Advertising – it isn’t about the task");
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.getByText("Nothing is reported.").waitFor();
    await author.page.reload();
    await author.page.getByText("Reason: Advertising – it isn’t about the task").waitFor();
    await author.context.close();
    await window.context.close();
  });

  it("searches, locks and follows", async () => {
    const window = await open(`${forum}?q=together`, fixture.organizer);
    const { page } = window;
    await page.getByRole("link", { name: "Teams" }).click();
    await page.getByRole("button", { name: "Lock" }).click();
    await page.getByText("This thread is locked").waitFor();
    await page
      .getByRole("button", { name: "Get mail about new posts" })
      .or(page.getByRole("button", { name: "No more mail about it" }))
      .waitFor();
    const other = await open(page.url(), fixture.participants[0]);
    assert.equal(await other.page.getByRole("textbox", { name: "Your reply" }).count(), 0);
    await other.context.close();
    await window.context.close();
  });

  it("knows Codabench's addresses (A-310)", async () => {
    const { id } = fixture.competitions.main;
    const window = await open(`/forums/${id}/`);
    assert.equal(window.page.url(), fixture.platform.url + forum);
    const [, number] = /forum\/(\d+)/.exec(thread)!;
    await visit(window, `/forums/${id}/${number}/`);
    assert.equal(window.page.url(), fixture.platform.url + thread);
    await window.context.close();
  });
});
