/** The pages of datasets, tasks, storage and runs. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { usersNamed } from "../../lambdas/accounts/db/users.ts";
import { programZip, submit, zip } from "../support/competitions.ts";
import type { Person } from "../support/platform.ts";
import { openWindow, visit, type Window } from "../support/web/browser.ts";
import { addDataset } from "../support/web/datasets.ts";
import { startWebFixture, type WebFixture } from "../support/web/fixture.ts";
import { checkPages } from "../support/web/pages.ts";

const about = `Daily means of three stations.

| station | days |
| --- | --- |
| north | 365 |
| south | 364 |

The anomaly is $\\Delta t = t - \\bar{t}$.`;

describe("datasets, tasks and storage", () => {
  let fixture: WebFixture;
  let weather: number;
  let task: number;
  const organizer = (fixture: WebFixture) => fixture.organizer;
  const newcomer = (fixture: WebFixture) => fixture.newcomer;
  beforeAll(async () => {
    fixture = await startWebFixture({ runs: false });
    const { platform, participants, competitions } = fixture;
    const { inside, admin } = platform;
    const of = fixture.organizer.username;
    weather = await addDataset(inside, of, {
      name: "Weather of three stations",
      type: "public_data",
      fileSize: 1_734_000_000,
      description: about,
      license: "CC BY 4.0",
      isPublic: true,
    });
    await addDataset(inside, of, { name: "Cells", type: "public_data", fileSize: 48_000_000, isPublic: true });
    await admin.client.request("PATCH", `/api/datasets/${weather}/`, { is_verified: true });
    for (let n = 1; n <= 24; n++)
      await addDataset(inside, of, {
        name: `Stations ${n}`,
        type: n % 3 === 0 ? "reference_data" : "input_data",
        fileSize: n * 31_000_000,
      });
    const tasks = await fixture.organizer.client.request<{ results: { id: number }[] }>("GET", "/api/tasks/");
    task = tasks.results[0]!.id;
    const [user] = await usersNamed(inside.db, [of]);
    await admin.client.request("PATCH", `/api/admin/users/${user!.id}/`, { storage_quota_bytes: 12_000_000_000 });
    await submit(participants[0], competitions.pages.phases[0]!.id, Buffer.from("a submission"));
  });
  afterAll(() => fixture.close());

  const open = async (path: string, person?: Person): Promise<Window> => {
    const window = await openWindow(fixture.browser, fixture.platform.url, { person });
    await visit(window, path);
    return window;
  };

  checkPages(
    () => fixture,
    [
      { name: "datasets", path: "/datasets/", as: organizer },
      { name: "datasets-none", path: "/datasets/", as: newcomer },
      {
        name: "datasets-upload",
        path: "/datasets/",
        as: newcomer,
        then: ({ page }) => page.getByRole("button", { name: "Upload" }).click(),
      },
      { name: "datasets-public", path: "/datasets/public/" },
      { name: "dataset-public", path: () => `/datasets/${weather}/` },
      { name: "dataset-own", path: () => `/datasets/${weather}/`, as: organizer },
      { name: "tasks", path: "/tasks/", as: organizer },
      { name: "tasks-none", path: "/tasks/", as: newcomer },
      {
        name: "tasks-create",
        path: "/tasks/",
        as: organizer,
        then: ({ page }) => page.getByRole("button", { name: "Create task" }).click(),
      },
      { name: "task", path: () => `/tasks/${task}/`, as: organizer },
      { name: "storage", path: "/storage/", as: organizer },
      { name: "storage-none", path: "/storage/", as: newcomer },
      { name: "server-status", path: "/server_status/", as: organizer },
      { name: "server-status-none", path: "/server_status/", as: newcomer },
    ],
  );

  it("uploads a dataset, which everybody then finds", async () => {
    const window = await open("/datasets/", fixture.newcomer);
    const { page } = window;
    await page.getByRole("button", { name: "Upload" }).click();
    const dialog = page.getByRole("dialog");
    await dialog
      .getByLabel("File", { exact: true })
      .setInputFiles({ name: "rain.csv", mimeType: "text/csv", buffer: Buffer.from("day,rain\n1,2\n") });
    await dialog.getByRole("textbox", { name: "Name" }).fill("Rain");
    await dialog.getByRole("textbox", { name: "License" }).fill("CC0");
    await dialog.getByRole("checkbox", { name: /Public/ }).check();
    await dialog.getByRole("button", { name: "Upload" }).click();
    await page.getByRole("heading", { name: "Rain" }).waitFor();
    const other = await open("/datasets/public/?q=rain");
    await other.page.getByRole("link", { name: "Rain" }).click();
    await other.page.getByRole("link", { name: "Croissant (JSON-LD)" }).waitFor();
    const [download] = await Promise.all([
      other.page.waitForEvent("download"),
      other.page.getByRole("link", { name: "Download" }).click(),
    ]);
    assert.equal(await download.failure(), null);
    for (const { context } of [window, other]) await context.close();
  });

  it("sends a large file in parts", async () => {
    const window = await open("/datasets/", fixture.participants[1]);
    const { page } = window;
    await page.getByRole("button", { name: "Upload" }).click();
    const dialog = page.getByRole("dialog");
    // Larger than what the browser takes from a test at once.
    await page.evaluate(`(() => {
      const files = new DataTransfer();
      files.items.add(new File([new Uint8Array(51_000_000)], "large.bin"));
      const input = document.querySelector("dialog input[type=file]");
      input.files = files.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    })()`);
    await dialog.getByRole("button", { name: "Upload" }).click();
    await page.getByRole("heading", { name: "large.bin" }).waitFor();
    await page.getByText("51 MB").waitFor();
    await window.context.close();
  });

  it("says which datasets are in use, and deletes the others", async () => {
    const { inside } = fixture.platform;
    await addDataset(inside, fixture.organizer.username, { name: "Zebra", type: "public_data", fileSize: 1 });
    const window = await open("/datasets/?q=zebra", fixture.organizer);
    const { page } = window;
    await page.getByRole("checkbox", { name: "Select Zebra" }).check();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("Nothing matches.").waitFor();
    await visit(window, "/datasets/?type=scoring_program");
    await page
      .getByRole("checkbox", { name: /^Select / })
      .nth(1)
      .check();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText(/still uses this dataset/).waitFor();
    await window.context.close();
  });

  it("cleans up what nothing uses, and keeps the rest", async () => {
    const [person] = fixture.participants;
    for (const name of ["Left over", "Left behind"])
      await addDataset(fixture.platform.inside, person.username, { name, type: "input_data", fileSize: 2_000_000 });
    const window = await open("/storage/", person);
    const { page } = window;
    await page.getByRole("button", { name: "Look and delete: Unused data and programs" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Left behind").waitFor();
    await dialog.getByRole("button", { name: "Delete 2 things (4 MB)" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.equal(await page.getByText("Left over").count(), 0);
    await page.getByRole("heading", { name: "Largest files" }).waitFor();
    await window.context.close();
  });

  it("makes a task of uploaded files and shares it, and of a zip", async () => {
    const { newcomer } = fixture;
    const program = await newcomer.client.request<{ key: string; sassy_url: string }>("POST", "/api/datasets/", {
      type: "scoring_program",
      name: "My scoring",
      request_sassy_file_name: "program.zip",
    });
    await fetch(program.sassy_url, { method: "PUT", body: Uint8Array.from(await programZip()) });
    await newcomer.client.request("PUT", `/api/datasets/completed/${program.key}/`);
    const window = await open("/tasks/", newcomer);
    const { page } = window;
    await page.getByRole("button", { name: "Create task" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("My task");
    await page.getByRole("combobox", { name: "Scoring program" }).selectOption({ label: "My scoring" });
    await page.getByRole("dialog").getByRole("button", { name: "Create task" }).click();
    await page.getByRole("heading", { name: "My task" }).waitFor();
    await page.getByRole("textbox", { name: "Share with" }).fill("participant-b");
    await page.getByRole("button", { name: "Share" }).click();
    await page.getByRole("button", { name: "Remove participant-b" }).waitFor();
    await page.getByRole("link", { name: "Tasks", exact: true }).click();
    await page.getByRole("button", { name: "Upload a task" }).click();
    const yaml = JSON.stringify({
      name: "Of a zip",
      description: "It names a program that was uploaded before.",
      is_public: false,
      scoring_program: { key: program.key },
    });
    await page
      .getByLabel("Zip", { exact: true })
      .setInputFiles({ name: "task.zip", mimeType: "application/zip", buffer: await zip({ "task.yaml": yaml }) });
    await page.getByRole("dialog").getByRole("button", { name: "Upload" }).click();
    await page.getByRole("heading", { name: "Of a zip" }).waitFor();
    await window.context.close();
  });
});
