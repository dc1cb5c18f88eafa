/** The commands for administrators: each does what the API does, and prints it. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition } from "../../../client/api-client.ts";
import type { Person } from "../../support/platform.ts";
import { openLab, phaseOf, type Lab } from "../support/lab.ts";
import { submit } from "../../support/competitions.ts";
import { benchstackHere } from "./run-benchstack.ts";

describe("benchstack admin", () => {
  let lab: Lab;
  let alice: Person;
  let competition: Competition;
  beforeAll(async () => {
    lab = await openLab();
    alice = await lab.newPerson();
    competition = await lab.competition({ title: "Cats" }, alice);
  });
  afterAll(() => lab.close());

  const as = (person: Person, ...args: string[]) =>
    benchstackHere(args, { BENCHSTACK_URL: lab.url, BENCHSTACK_TOKEN: person.token });
  const admin = async (...args: string[]) => {
    const { code, out, errors } = await as(lab.admin, "admin", ...args);
    assert.equal(code, 0, errors + out);
    return out;
  };

  it("lists its commands, and says which one is meant", async () => {
    const alone = await as(lab.admin, "admin");
    assert.equal(alone.code, 2);
    assert.match(alone.errors, /Usage: benchstack admin COMMAND[^]* maintenance /);
    assert.match((await as(lab.admin, "admin", "mail")).errors, /Did you mean mails\?/);
    const lacking = await as(lab.admin, "admin", "announce");
    assert.equal(lacking.errors, "TEXT is missing.\nUsage: benchstack admin announce TEXT [options]\n");
    assert.match(
      (await as(lab.admin, "admin", "moderate", "--help")).out,
      /^Usage: benchstack admin moderate COMPETITION/,
    );
  });

  it("announces and publishes news, and takes both back", async () => {
    const [, id] = /^Announcement (\d+)\n$/.exec(await admin("announce", "More GPUs", "--until", "2035-01-31 13:30"))!;
    assert.match(await admin("announcements"), /info +\S+ \S+ +2035-01-31 13:30 +More GPUs/);
    assert.equal(await admin("delete-announcement", id!, "--yes"), "Deleted.\n");
    assert.equal(await admin("announcements"), "There are no announcements.\n");
    const file = join(lab.home, "news.md");
    await writeFile(file, "We are *open*.");
    const [, news] = /^News (\d+)\n$/.exec(await admin("publish-news", "Open", file, "--at", "2035-01-31"))!;
    assert.match(await admin("news"), /2035-01-31 00:00 +Open/);
    await admin("delete-news", news!, "--yes");
    assert.equal((await as(lab.admin, "admin", "announce", "x", "--until", "soon")).code, 2);
    assert.equal((await as(alice, "admin", "announce", "x")).code, 3);
  });

  it("turns maintenance mode on and off; commands of others end at once and say why (A-230)", async () => {
    assert.equal(await admin("maintenance"), "Maintenance mode is off.\n");
    assert.match(
      await admin("maintenance", "on", "--message", "Back soon."),
      /^Maintenance mode has been on since .*\nNo end/,
    );
    const { code, errors } = await as(alice, "leave", String(competition.id), "--yes");
    assert.deepEqual([code, errors], [4, "Back soon. (MAINTENANCE)\n"]);
    assert.equal(await admin("maintenance", "off"), "Maintenance mode is off.\n");
    assert.equal((await as(lab.admin, "admin", "maintenance", "maybe")).code, 2);
  });

  it("shows competitions, queues, submissions, mail, numbers and whole tables", async () => {
    const submission = await submit(alice, phaseOf(competition), Buffer.from("1"));
    assert.match(await admin("competitions", "--search", "cats"), /Cats +\S+ +yes +no +listed +2 +1 /);
    assert.equal(
      await admin("moderate", "Cats", "--feature", "--listing", "unlisted", "--why", "a copy"),
      "The competition is unlisted and featured.\n",
    );
    assert.match(await admin("competitions", "--listing", "unlisted", "--featured", "--published"), /Cats/);
    await admin("moderate", "Cats", "--listing", "listed");
    assert.match(await admin("queues"), /default +the platform +yes +1 +\d+ +0 +0 +0 +0 +0 +0/);
    assert.match(
      await admin("submissions", "--status", "Submitted", "--queue", "default"),
      new RegExp(`${submission} +Cats .* ${alice.username} +Submitted +default +-`),
    );
    assert.equal(await admin("mails", "--status", "failed"), "No mail was found.\n");
    assert.match(
      await admin("analytics", "2026-01-01", "2100-01-01", "--unit", "year"),
      /From +People[^]*2099-01-01 +0 +0 +0/,
    );
    assert.match(await admin("analytics", "2030-01-01", "2030-01-02", "--unit", "day", "--csv"), /^Start Date,/);
    const table = await admin("export", "competitions");
    assert.match(table, /^id,title,created_by[^\n]*\n\d+,Cats,[^\n]*\n$/);
    assert.equal((JSON.parse(await admin("export", "users", "--json")) as object[]).length, 3);
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("is recorded, and the whole audit trail is searched", async () => {
    const { out } = await as(
      lab.admin,
      "audit",
      "all",
      "--search",
      "a copy",
      "--user",
      "admin",
      "--since",
      "2020-01-01",
    );
    assert.match(out, /competition\.changed/);
    assert.equal(out.trim().split("\n").length, 4);
  });

  it("organizers see what waits for them", async () => {
    const { out } = await as(lab.organizer, "today", "Cats");
    assert.match(out, /submissions of the last 24 hours +1\n/);
    const preview = await as(lab.organizer, "migrate", String(phaseOf(competition)), "--preview");
    assert.match(preview.errors, /No phase follows this one/);
  });
});
