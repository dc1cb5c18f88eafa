/** The pages of administrators, and what they tell everybody. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { fillAdministration } from "../support/web/administration.ts";
import { openWindow, visit, type Window } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { checkPages, type PageCheck } from "../support/web/pages.ts";

const pages = [
  "usage",
  "storage",
  "spend",
  "queues",
  "hosts",
  "maintenance",
  "users",
  "mails",
  "competitions",
  "announcements",
  "news",
  "audit",
];

describe("the administration", () => {
  let fixture: WebFixture;
  let participantId: number;
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
    const { platform, competitions, organizer } = fixture;
    await fillAdministration(platform.inside, competitions.main, organizer.username);
    const { admin } = platform;
    await admin.client.request("PUT", "/api/budget/", { monthly_usd: 500 });
    await admin.client.request("POST", "/api/news/", {
      title: "A new leaderboard",
      text: "Scores now have a **plot** over time.",
    });
    await admin.client.request("PUT", `/api/competitions/${competitions.ended.id}/moderation/`, {
      listing: "unlisted",
      listing_reason: "It is a copy.",
    });
    const found = await admin.client.request<{ results: { id: number }[] }>(
      "GET",
      "/api/admin/users/?search=participant-a",
    );
    participantId = found.results[0]!.id;
  });
  afterAll(() => fixture.close());

  const admin = ({ platform }: WebFixture) => platform.admin;
  const open = async (path: string, person?: WebFixture["organizer"]): Promise<Window> => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person });
    await visit(window, path);
    return window;
  };
  const press = async ({ page }: Window, name: string | RegExp) => {
    await page.getByRole("main").getByRole("button", { name }).click();
    return page.getByRole("dialog");
  };

  checkPages(
    () => fixture,
    [
      ...pages.map((name): PageCheck => ({ name: `admin-${name}`, path: `/admin/${name}/`, as: admin })),
      { name: "admin-usage-months", path: "/admin/usage/?unit=month", as: admin },
      { name: "admin-storage-competitions", path: "/admin/storage/?by=competitions", as: admin },
      { name: "admin-users-none", path: "/admin/users/?q=nobody-has-this-name", as: admin },
      {
        name: "admin-users-chosen",
        path: "/admin/users/",
        as: admin,
        then: async ({ page }) => {
          await page.getByRole("checkbox", { name: "Select all on this page" }).check();
          await page.getByRole("button", { name: "Ban", exact: true }).waitFor();
        },
      },
      { name: "admin-user", path: () => `/admin/users/${participantId}/`, as: admin },
      {
        name: "admin-user-ban",
        path: () => `/admin/users/${participantId}/`,
        as: admin,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Ban" }).click();
          await page.getByRole("dialog").waitFor();
        },
      },
      {
        name: "admin-news-write",
        path: "/admin/news/",
        as: admin,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Write news" }).click();
          await page.getByLabel("Text, in Markdown").fill("# Downtime\n\nOn **Monday**.");
          await page.getByRole("heading", { name: "Downtime" }).waitFor();
        },
      },
      { name: "admin-forbidden", path: "/admin/users/", as: ({ newcomer }) => newcomer },
      { name: "admin-anonymous", path: "/admin/audit/" },
      { name: "news", path: "/news/" },
    ],
  );

  it("is forbidden for everybody else, on every page", async () => {
    const window = await open("/", fixture.newcomer);
    for (const name of [...pages.map((page) => `${page}/`), `users/${participantId}/`]) {
      await visit(window, `/admin/${name}`);
      await window.page.getByText("Only administrators see this page.").waitFor();
    }
    await window.page.getByRole("button", { name: /^Account of/ }).click();
    assert.equal(await window.page.getByRole("link", { name: "Administration" }).count(), 0);
    await window.context.close();
  });

  it("is one press away from everywhere, and where Codabench has its analytics (A-308)", async () => {
    const window = await open("/analytics/", admin(fixture));
    assert.equal(window.page.url(), `${fixture.platform.url}/admin/usage/`);
    await visit(window, "/");
    await window.page.getByRole("button", { name: /^Account of/ }).click();
    await window.page.getByRole("link", { name: "Administration" }).click();
    await window.page.getByRole("heading", { level: 1, name: "Users" }).waitFor();
    await window.context.close();
  });

  it("finds people, bans one with a reason and ends the ban", async () => {
    const window = await open("/admin/users/", admin(fixture));
    const { page } = window;
    await page.getByRole("searchbox", { name: "Search names and addresses" }).fill("participant-b");
    await page.keyboard.press("Enter");
    await page.waitForURL(/q=participant-b/);
    await page.getByRole("link", { name: "participant-b" }).click();
    const dialog = await press(window, /^Ban$/);
    await dialog.getByLabel("Reason").fill("Copied results of others");
    await dialog.getByRole("button", { name: "Ban" }).click();
    await page.getByText("Banned: Copied results of others").waitFor();
    await (await press(window, "End the ban")).getByRole("button", { name: "End the ban" }).click();
    await page.getByRole("button", { name: "Ban", exact: true }).waitFor();
    assert.equal(await page.getByText("Banned: Copied").count(), 0);
    await window.context.close();
  });

  it("does one thing with several people, and says with whom it could not", async () => {
    const window = await open("/admin/users/", admin(fixture));
    const { page } = window;
    for (const name of ["admin", "model-1"])
      await page.getByRole("checkbox", { name: `Select ${name}`, exact: true }).check();
    const dialog = await press(window, /^Ban$/);
    await dialog.getByLabel("Reason").fill("A test of many");
    await dialog.getByRole("button", { name: "Ban" }).click();
    await dialog.getByText("Done with 1 account.").waitFor();
    await dialog.getByText(/^Not with admin: /).waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await page
      .getByRole("row", { name: /^model-1 / })
      .getByText("Banned")
      .waitFor();
    await window.context.close();
  });

  it("acts as somebody under a banner on every page, until it is ended (A-305)", async () => {
    const window = await open(`/admin/users/${participantId}/`, admin(fixture));
    const { page } = window;
    const dialog = await press(window, "Act as this person");
    await dialog.getByLabel("Why").fill("They cannot see their scores");
    await dialog.getByRole("button", { name: "Begin" }).click();
    const stop = page.getByRole("button", { name: "Stop acting as participant-a" });
    await stop.waitFor();
    for (const path of ["/competitions/public/", "/admin/users/", "/news/"]) {
      await visit(window, path);
      await page.getByText("You act as participant-a.").waitFor();
    }
    await stop.click();
    await page.getByRole("heading", { level: 1, name: "participant-a" }).waitFor();
    assert.equal(await stop.count(), 0);
    await window.context.close();
  });

  it("announces something to everybody, who can dismiss it (A-306)", async () => {
    const window = await open("/admin/announcements/", admin(fixture));
    const dialog = await press(window, "Announce something");
    await dialog.getByLabel("Text, in Markdown").fill("Queues are **slow** today.");
    await dialog.getByLabel("Level").selectOption("warning");
    await dialog.getByRole("button", { name: "Announce something" }).click();
    const bar = ({ page }: Window) => page.getByRole("region", { name: "Announcements" });
    await bar(window).getByText("Queues are slow today.").waitFor();
    const reader = await open("/");
    await bar(reader).getByText("Queues are slow today.").waitFor();
    await bar(reader).getByRole("button", { name: "Dismiss" }).click();
    await bar(reader).waitFor({ state: "detached" });
    await visit(reader, "/news/");
    assert.equal(await bar(reader).count(), 0);
    assert.deepEqual(reader.complaints, []);
    await (await press(window, "Delete")).getByRole("button", { name: "Delete" }).click();
    await bar(window).waitFor({ state: "detached" });
    await reader.context.close();
    await window.context.close();
  });

  it("tells everybody about maintenance, and why nothing can be changed (A-307)", async () => {
    const window = await open("/admin/maintenance/", admin(fixture));
    const dialog = await press(window, "Turn maintenance mode on");
    await dialog.getByLabel("Message to everybody").fill("New disks are put in.");
    await dialog.getByRole("button", { name: "Turn maintenance mode on" }).click();
    await window.page.getByRole("heading", { name: "Maintenance mode is on" }).waitFor();
    const reader = await open("/accounts/login/");
    const { page } = reader;
    await page.getByRole("region", { name: "Maintenance" }).getByText("New disks are put in.").waitFor();
    await page.getByLabel("Username or mail address").fill("newcomer");
    await page.getByLabel("Password").fill(fixture.newcomer.password);
    await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").getByText("New disks are put in.").waitFor();
    await (
      await press(window, "Turn maintenance mode off")
    )
      .getByRole("button", { name: "Turn maintenance mode off" })
      .click();
    await window.page.getByRole("heading", { name: "Maintenance mode is off" }).waitFor();
    await reader.context.close();
    await window.context.close();
  });

  it("withholds a competition with a reason, and sends failed mail again", async () => {
    const window = await open("/admin/competitions/?q=speech", admin(fixture));
    const { page } = window;
    const dialog = await press(window, /^Decide/);
    await dialog.getByLabel("In public lists").selectOption("withheld");
    await dialog.getByLabel(/^Reason/).fill("Its data are not its organizers’ own.");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page
      .getByRole("row", { name: /Code-mixed speech/ })
      .getByText("Withheld", { exact: true })
      .waitFor();
    await visit(window, "/admin/mails/?status=failed");
    await (await press(window, /^Send again/)).getByRole("button", { name: "Send again" }).click();
    await page.getByText("No mail matches.").waitFor();
    await window.context.close();
  });

  it("approves nothing without a click, and refuses hosts with a reason", async () => {
    const window = await open("/admin/hosts/", admin(fixture));
    const dialog = await press(window, /^Refuse/);
    await dialog.getByLabel("Why").fill("Use the shared queue.");
    await dialog.getByRole("button", { name: "Refuse" }).click();
    await window.page.getByText("No request waits").waitFor();
    await window.context.close();
  });

  it("creates an account, invites somebody, and takes the invitation back", async () => {
    const window = await open("/admin/users/?q=made-here", admin(fixture));
    const { page } = window;
    const account = await press(window, "Create an account");
    await account.getByLabel("Username").fill("made-here");
    await account.getByLabel("Mail address").fill("made-here@example.org");
    await account.getByLabel("Password").fill("only-for-these-tests");
    await account.getByRole("button", { name: "Create an account" }).click();
    await page.getByRole("link", { name: "made-here" }).waitFor();
    const invite = await press(window, "Invite");
    await invite.getByLabel("Mail address").fill("invited@example.org");
    await invite.getByRole("button", { name: "Invite" }).click();
    const link = await invite.getByRole("group", { name: "Link of the invitation" }).locator("code").innerText();
    await invite.getByRole("button", { name: "Close" }).click();
    const newcomer = await open(new URL(link).pathname + new URL(link).search);
    await newcomer.page.getByRole("button", { name: "Make the account" }).waitFor();
    const back = await press(window, "Take back: invited@example.org");
    await back.getByRole("button", { name: "Take back" }).click();
    await page.getByRole("heading", { name: "Open invitations" }).waitFor({ state: "detached" });
    for (const { complaints, context } of [window, newcomer]) {
      assert.deepEqual(complaints, []);
      await context.close();
    }
  });

  it("exports whole tables", async () => {
    const window = await open("/admin/usage/", admin(fixture));
    const file = window.page.waitForEvent("download");
    await window.page.getByRole("button", { name: "Users as CSV" }).click();
    assert.equal((await file).suggestedFilename(), "users.csv");
    assert.deepEqual(window.complaints, []);
    await window.context.close();
  });
});
