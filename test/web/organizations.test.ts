/** Organizations and their members. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { openWindow, visit } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { checkPages } from "../support/web/pages.ts";

describe("organizations", () => {
  let fixture: WebFixture;
  let organization: string;
  let invitation: string;
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
    const { organizer, participants } = fixture;
    const { body } = await organizer.send<{ id: number }>("POST", "/api/organizations/", {
      json: {
        name: "Weather group",
        email: "weather@example.org",
        location: "Orsay",
        description: "We forecast the weather, and *like* to be right.",
        website_url: "https://weather.example.org",
      },
    });
    const path = `/api/organizations/${body.id}/`;
    organization = `/profiles/organization/${body.id}/`;
    const users = participants.map(({ username }) => username);
    await organizer.send("POST", `${path}invite_users/`, { json: { users } });
    const tokenOf = async ({ send }: (typeof participants)[0]) =>
      (await send<{ token: string }[]>("GET", "/api/organizations/")).body[0]!.token;
    await participants[0].send("POST", "/api/organizations/invite_response/", {
      json: { token: await tokenOf(participants[0]) },
    });
    invitation = `/profiles/organization/accept_invite/?token=${await tokenOf(participants[1])}`;
  });
  afterAll(() => fixture.close());

  const organizer = (fixture: WebFixture) => fixture.organizer;
  const invited = ({ participants }: WebFixture) => participants[1];

  checkPages(
    () => fixture,
    [
      { name: "organization", path: () => organization, as: organizer },
      { name: "organization-other", path: () => organization, as: ({ newcomer }) => newcomer },
      {
        name: "organization-history",
        path: () => organization,
        as: organizer,
        then: async ({ page }) => {
          await page.getByRole("link", { name: "History" }).click();
          await page.getByRole("heading", { level: 1, name: "History" }).waitFor();
        },
      },
      { name: "organization-edit", path: () => `${organization}edit/`, as: organizer },
      { name: "organization-create", path: "/profiles/organization/create/", as: organizer },
      { name: "organizations", path: "/account/organizations/", as: invited },
      { name: "organizations-none", path: "/account/organizations/", as: ({ newcomer }) => newcomer },
      { name: "organization-invitation", path: () => invitation, as: invited },
    ],
  );

  it("invites somebody, who accepts and gets another group", async () => {
    const { browser, platform, participants } = fixture;
    const guest = await openWindow(browser, platform.url, { person: participants[1] });
    await visit(guest, invitation);
    await guest.page.getByRole("button", { name: "Accept" }).click();
    await guest.page.getByRole("heading", { level: 1, name: "Weather group" }).waitFor();
    const window = await openWindow(browser, platform.url, { person: fixture.organizer });
    await visit(window, organization);
    const { page } = window;
    const group = page.getByRole("combobox", { name: "Group of participant-b" });
    await group.selectOption({ label: "Manager" });
    await guest.page.reload();
    await guest.page.getByRole("heading", { name: "Invite people" }).waitFor();
    await page.getByLabel("People").fill("newcomer");
    await page.getByRole("button", { name: "Invite" }).click();
    await page.getByRole("listitem").filter({ hasText: "newcomer" }).getByText("Invited", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Remove participant-a" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.getByRole("listitem").filter({ hasText: "participant-a" }).waitFor({ state: "detached" });
    assert.deepEqual(window.complaints, []);
    await guest.context.close();
    await window.context.close();
  });

  it("makes one", async () => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person: fixture.newcomer });
    await visit(window, "/profiles/organization/create/");
    const { page } = window;
    await page.getByLabel("Name").fill("Reading circle");
    await page.getByRole("button", { name: "Create an organization" }).click();
    await page.getByRole("heading", { level: 1, name: "Reading circle" }).waitFor();
    await page.getByRole("link", { name: "newcomer", exact: true }).waitFor();
    await window.context.close();
  });
});
