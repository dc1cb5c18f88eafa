/** The pages of queues. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { offer } from "../support/below-the-api.ts";
import { openWindow, visit, type Window } from "../support/web/browser.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { checkPages } from "../support/web/pages.ts";
import { fillQueue, seeWorkers } from "../support/web/queues.ts";
import type { Person } from "../support/platform.ts";

describe("queues", () => {
  let fixture: WebFixture;
  let lab: string;
  let empty: string;
  let paid: string;
  const organizer = (fixture: WebFixture) => fixture.organizer;
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
    const { platform, competitions } = fixture;
    const size = { cpu: 4096, memoryMiB: 16_384, diskGiB: 100, gpus: 1, network: true, users: null };
    await offer(platform.inside, {
      standard: { ...size, cpu: 1024, memoryMiB: 4096, gpus: 0 },
      gpu: { ...size, compute: { instanceType: "g5.xlarge", spot: false, diskGiB: 100, usdPerHour: null } },
    });
    await platform.inside.db
      .updateTable("users")
      .set({ queue_limit: 10 })
      .where("username", "=", fixture.organizer.username)
      .execute();
    platform.inside.environment.HOST_OFFER = {
      types: {
        "g5.xlarge": { cpu: 4096, memoryMiB: 15_000, gpus: 1 },
        "g5.2xlarge": { cpu: 8192, memoryMiB: 31_000, gpus: 1 },
      },
      maxHosts: 4,
      diskGiB: 100,
      approvedUsd: 20,
    };
    lab = await make({ name: "gpu-lab", is_public: true, max_running: 4 });
    empty = await make({ name: "empty" });
    paid = await make({ name: "on-the-platform", prediction_profile: "gpu", scoring_profile: "standard" });
    await seeWorkers(platform.inside, lab);
    await fillQueue(platform.inside, competitions.main, lab);
    await platform.inside.db
      .updateTable("competitions")
      .set({ queue_id: lab })
      .where("id", "=", competitions.main.id)
      .execute();
    const { client } = fixture.organizer;
    await client.request("POST", `/api/queues/${lab}/tokens/`, { name: "gpu-lab-01" });
    await client.request("PUT", `/api/queues/${paid}/budget/`, { monthly_usd: 50 });
    await platform.inside.db
      .insertInto("spending")
      .values({ scope: "queue", key: paid, month: new Date().toISOString().slice(0, 7), microusd: 44_200_000 })
      .execute();
  });
  afterAll(() => fixture.close());

  async function make(json: object): Promise<string> {
    const { id } = await fixture.organizer.client.request<{ id: string }>("POST", "/api/queues/", json);
    return id;
  }
  const open = async (path: string, person: Person): Promise<Window> => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person });
    await visit(window, path);
    return window;
  };

  checkPages(
    () => fixture,
    [
      { name: "queues", path: "/queues/", as: organizer },
      { name: "queues-none", path: "/queues/", as: ({ newcomer }) => newcomer },
      {
        name: "queues-create",
        path: "/queues/",
        as: organizer,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Create queue" }).click();
          await page.getByRole("radio", { name: /The platform/ }).check();
        },
      },
      { name: "queue", path: () => `/queues/${lab}/`, as: organizer },
      { name: "queue-empty", path: () => `/queues/${empty}/`, as: organizer },
      { name: "queue-settings", path: () => `/queues/${paid}/?view=settings`, as: organizer },
      { name: "queue-spending", path: () => `/queues/${paid}/?view=spending`, as: organizer },
      { name: "queue-history", path: () => `/queues/${lab}/?view=history`, as: organizer },
      { name: "queue-public", path: () => `/queues/${lab}/`, as: ({ newcomer }) => newcomer },
      {
        name: "queue-hosts",
        path: () => `/queues/${paid}/?view=spending`,
        as: organizer,
        then: async ({ page }) => {
          await page.getByRole("button", { name: "Request hosts" }).click();
          await page.getByRole("checkbox", { name: "Spot" }).check();
          await page.getByText("4 vCPU").waitFor();
        },
      },
    ],
  );

  it("shows the command of a new queue at once, and it joins a worker", async () => {
    const window = await open("/queues/", fixture.newcomer);
    const { page } = window;
    await page.getByRole("button", { name: "Create queue" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("my lab");
    await page.getByRole("dialog").getByRole("button", { name: "Create queue" }).click();
    await page.getByRole("heading", { name: "Run this on your machine" }).waitFor();
    const command = await page.getByRole("group", { name: "Command" }).locator("code").innerText();
    const token = /BENCHSTACK_WORKER_TOKEN=(\S+)/.exec(command)![1]!;
    const answer = await fixture.platform.send("POST", "/api/worker/queues/", {
      authorization: `Bearer ${token}`,
      content: { json: { worker: { id: "a", instance: "b", host: "c", launcher: "docker", slots: 1, version: "1" } } },
    });
    assert.equal(answer.status, 200, answer.text);
    await window.page.reload();
    assert.equal(await page.getByText(token).count(), 0, "the token is shown once");
    await window.context.close();
  });

  it("revokes a token after asking", async () => {
    const id = await make({ name: "with a token" });
    await fixture.organizer.client.request("POST", `/api/queues/${id}/tokens/`, { name: "old machine" });
    const window = await open(`/queues/${id}/`, fixture.organizer);
    const { page } = window;
    await page.getByRole("button", { name: "Revoke old machine" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByText(/^revoked /).waitFor();
    await window.context.close();
  });

  it("runs a quarantined job again and gives another up", async () => {
    const id = await make({ name: "with quarantined jobs" });
    await fillQueue(fixture.platform.inside, fixture.competitions.main, id);
    const window = await open(`/queues/${id}/`, fixture.organizer);
    const { page } = window;
    const rows = page.getByRole("row").filter({ has: page.getByRole("button", { name: /^Run again/ }) });
    assert.equal(await rows.count(), 2);
    await rows
      .nth(0)
      .getByRole("button", { name: /^Give up/ })
      .click();
    await page.getByRole("dialog").getByRole("button", { name: "Give up" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await rows.nth(1).waitFor({ state: "detached" });
    await rows
      .nth(0)
      .getByRole("button", { name: /^Run again/ })
      .click();
    await page.getByRole("heading", { name: "Quarantine", exact: true }).waitFor({ state: "detached" });
    await window.context.close();
  });

  it("stops and takes jobs again, shares the queue, and says why a busy one is not deleted", async () => {
    const id = await make({ name: "busy" });
    await fillQueue(fixture.platform.inside, fixture.competitions.main, id);
    const window = await open(`/queues/${id}/?view=settings`, fixture.organizer);
    const { page } = window;
    await page.getByRole("button", { name: "Stop taking jobs" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Stop taking jobs" }).click();
    await page.getByRole("button", { name: "Take jobs again" }).click();
    await page.getByRole("button", { name: "Stop taking jobs" }).waitFor();
    await page.getByRole("textbox", { name: "Share with" }).fill("participant-a");
    await page.getByRole("button", { name: "Share" }).click();
    await page.getByRole("button", { name: "Remove participant-a" }).waitFor();
    await page.getByRole("button", { name: "Delete queue" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete queue" }).click();
    await page.getByText(/jobs wait or run on this queue/).waitFor();
    await window.context.close();
  });

  it("requests hosts, which an administrator refuses with a reason or approves, and both see it (A-169, A-303)", async () => {
    const id = await make({ name: "final phase", prediction_profile: "gpu", scoring_profile: "standard" });
    const owner = await open(`/queues/${id}/?view=spending`, fixture.organizer);
    const administrator = await open("/admin/hosts/", fixture.platform.admin);
    const request = async () => {
      const dialog = owner.page.getByRole("dialog");
      await owner.page.getByRole("button", { name: "Request hosts" }).click();
      await dialog.getByRole("combobox", { name: "Instance type" }).selectOption("g5.xlarge");
      await dialog.getByRole("spinbutton", { name: "Hosts" }).fill("2");
      await dialog.getByRole("checkbox", { name: "Spot" }).check();
      await dialog.getByRole("spinbutton", { name: "At most a month, in USD" }).fill("50");
      await dialog.getByRole("textbox", { name: "What for" }).fill("The final phase needs GPUs.");
      await dialog.getByRole("button", { name: "Send request" }).click();
      await dialog.waitFor({ state: "detached" });
    };
    const decide = async (button: "Approve" | "Refuse", reason?: string) => {
      await visit(administrator, "/admin/hosts/");
      const { page } = administrator;
      const row = page.getByRole("row", { name: /final phase/ });
      for (const words of ["2 × g5.xlarge", "Spot", "$50.00", "The final phase needs GPUs."])
        await row.getByText(words).first().waitFor();
      await row.getByRole("button", { name: button }).click();
      if (reason !== undefined) await page.getByRole("dialog").getByRole("textbox").fill(reason);
      await page.getByRole("dialog").getByRole("button", { name: button }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      return row;
    };
    const item = owner.page.getByRole("listitem").filter({ hasText: "2 × g5.xlarge Spot" });

    await request();
    await item.getByText("at most $50.00 a month").waitFor();
    await item.getByText("Waits for a decision").waitFor();
    const row = await decide("Refuse", "Use the shared queue first.");
    await row.waitFor({ state: "detached" });
    await owner.page.reload();
    await item.getByText("Refused").waitFor();
    await item.getByText("Use the shared queue first.").waitFor();

    await request();
    await item.first().getByText("Waits for a decision").waitFor();
    await (await decide("Approve")).getByText("Approved").waitFor();
    await owner.page.reload();
    await item.first().getByText("Approved").waitFor();
    await owner.page.getByText("of $50.00 spent").first().waitFor();
    for (const window of [owner, administrator]) {
      assert.deepEqual(window.complaints, []);
      await window.context.close();
    }
  });

  it("offers no hosts where the platform starts none", async () => {
    const { environment } = fixture.platform.inside;
    const offer = environment.HOST_OFFER;
    environment.HOST_OFFER = undefined;
    const window = await open(`/queues/${paid}/?view=spending`, fixture.organizer);
    await window.page.getByText("This platform starts no hosts on request.").waitFor();
    assert.equal(await window.page.getByRole("button", { name: "Request hosts" }).count(), 0);
    environment.HOST_OFFER = offer;
    await window.context.close();
  });
});
