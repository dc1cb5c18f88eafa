/** What an organizer, a participant and an administrator do in a browser, on a platform that runs programs. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import type { Competition } from "../../client/api-client.ts";
import { buildWeb } from "../../scripts/web/build.ts";
import { bundleFiles, submit, zip, type Files } from "../support/competitions.ts";
import { ended, personOf, startTestPlatform, type TestPlatform } from "../support/platform.ts";
import { adminPassword } from "../support/platform-database.ts";
import { openBrowser, openWindow, withoutNetworkChanges, type Window } from "../support/web/browser.ts";
import { addPendingPeople } from "../support/web/organized.ts";
import { watchPresses, type Presses } from "../support/web/presses.ts";

const password = "only-for-these-tests";
const title = "A competition of journeys";

type Visitor = Window & { presses: Presses };

describe("journeys in a browser", () => {
  let platform: TestPlatform;
  let browser: Browser;
  let organizer: Visitor;
  let participant: Visitor;
  /** The competition that the organizer makes. */
  let competition = 0;

  beforeAll(async () => {
    const [web, opened] = await Promise.all([buildWeb(() => {}), openBrowser()]);
    browser = opened;
    platform = await startTestPlatform({
      database: "postgres",
      worker: { launcher: "sandbox", slots: 1 },
      web,
    });
    organizer = await arrive();
    participant = await arrive();
  });
  afterAll(async () => {
    await browser.close();
    await platform.close();
  });

  async function arrive(): Promise<Visitor> {
    const window = await openWindow(browser, platform.url);
    return { ...window, presses: await watchPresses(window) };
  }

  async function signUp({ page }: Visitor, username: string): Promise<void> {
    await page.getByRole("banner").getByRole("link", { name: "Sign up" }).click();
    await page.getByLabel("Username").fill(username);
    await page.getByLabel("Mail address").fill(`${username}@example.org`);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Make the account" }).click();
  }

  /** Chooses a file as people do: by a button that opens the browser's dialog. */
  async function choose(page: Page, button: string, name: string, files: Files): Promise<void> {
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: button }).click();
    await (await chooser).setFiles({ name, mimeType: "application/zip", buffer: await zip(files) });
  }

  async function submitAnswer({ page }: Visitor, answer: string): Promise<void> {
    await page.getByRole("link", { name: "Submit", exact: true }).click();
    await choose(page, "Choose a file", "answer.zip", { "answer.txt": answer });
    await page.getByRole("button", { name: /^Submit/ }).click();
    await page.getByRole("link", { name: "See it on the leaderboard" }).click();
  }

  const found = () => platform.admin.client.request<Competition>("GET", `/api/competitions/${competition}/`);
  const rowOf = ({ page }: Visitor, username: string) => page.locator("tbody tr", { hasText: username });

  it("takes an organizer from an account to a published competition", async () => {
    const { page, presses, complaints } = organizer;
    await page.goto("/");
    await signUp(organizer, "organizer-a");
    await page.getByRole("button", { name: "Account of organizer-a" }).waitFor();
    await page.goto("/competitions/upload/");
    presses.begin();
    await choose(page, "Choose a zip", "bundle.zip", bundleFiles({ title }));
    await page.getByRole("button", { name: "Create the competition" }).click();
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByRole("button", { name: "Publish" }).waitFor({ state: "detached" });
    presses.end("from a bundle to a published competition");
    competition = Number(/competitions\/(\d+)/.exec(page.url())![1]);
    assert.deepEqual(withoutNetworkChanges(complaints), []);
  });

  it("takes a participant from a competition's page to the leaderboard", async () => {
    const { page, presses, complaints } = participant;
    await page.goto(`/competitions/${competition}/`);
    presses.begin();
    await signUp(participant, "participant-a");
    await page.getByRole("button", { name: "Join" }).click();
    await page.getByLabel("I accept the terms").check();
    await page.getByRole("dialog").getByRole("button", { name: "Join" }).click();
    await submitAnswer(participant, "0.75");
    await rowOf(participant, "participant-a").getByText("0.75").waitFor();
    presses.end("from a competition's page, without an account, to the leaderboard");
    assert.deepEqual(withoutNetworkChanges(complaints), []);
  });

  it("shows the participant the rank of another file", async () => {
    const { page, presses, complaints } = participant;
    await page.goto(`/competitions/${competition}/`);
    presses.begin();
    await submitAnswer(participant, "0.85");
    await rowOf(participant, "participant-a").getByText("0.85").waitFor();
    presses.end("from a file to its rank");
    assert.deepEqual(withoutNetworkChanges(complaints), []);
  });

  it("says at home why a submission failed, and shows it", async () => {
    const { page, presses, complaints } = participant;
    const person = await personOf(platform.url, "participant-a", password);
    const { phases } = await found();
    const id = await submit(person, phases[0]!.id, { "answer.txt": "not a number" });
    assert.equal((await ended(person, id)).status, "Failed");
    await page.goto("/");
    presses.begin();
    await page.getByRole("link", { name: new RegExp(`^#${id} `) }).click();
    await page.getByText("could not convert string to float").first().waitFor();
    presses.end("from home to why a submission failed");
    assert.deepEqual(withoutNetworkChanges(complaints), []);
  });

  it("lets the organizer approve those who wait", async () => {
    const { page, presses, complaints } = organizer;
    await addPendingPeople(platform.inside, await found(), 20);
    await page.goto(`/competitions/${competition}/organize/today/`);
    presses.begin();
    await page.getByRole("link", { name: "Decide" }).click();
    await page.getByRole("checkbox", { name: "Select all on this page" }).check();
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText("20 people are approved.").waitFor();
    presses.end("from a page that says that 20 people wait to their approval");
    assert.deepEqual(withoutNetworkChanges(complaints), []);
  });

  it("lets an administrator log in, announce something and see the leaderboard", async () => {
    const administrator = await arrive();
    const { page, complaints } = administrator;
    await page.goto("/");
    await page.getByRole("banner").getByRole("link", { name: "Log in" }).click();
    await page.getByLabel("Username or mail address").fill("admin");
    await page.getByLabel("Password").fill(adminPassword);
    await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
    await page.getByRole("button", { name: /^Account of/ }).click();
    await page.getByRole("link", { name: "Administration" }).click();
    await page.getByRole("link", { name: "participant-a" }).waitFor();
    await page.getByRole("link", { name: "Announcements" }).click();
    await page.getByRole("main").getByRole("button", { name: "Announce something" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Text, in Markdown").fill("The leaderboard is final.");
    await dialog.getByRole("button", { name: "Announce something" }).click();
    await page.getByRole("region", { name: "Announcements" }).getByText("The leaderboard is final.").waitFor();
    await page.goto(`/competitions/${competition}/leaderboard/`);
    await rowOf(administrator, "participant-a").getByText("0.85").waitFor();
    assert.deepEqual(withoutNetworkChanges(complaints), []);
  });
});
