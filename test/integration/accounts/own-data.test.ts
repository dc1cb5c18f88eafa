/** Exporting one's data, and handing over what one owns. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import * as yauzl from "yauzl";
import { buffer } from "node:stream/consumers";
import { deleteExpiredExports, makeExport } from "../../../lambdas/accounts/service/exports.ts";
import { belongings } from "../../../lambdas/functions/belongings.ts";
import { bundleFiles, logo, phase, register } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { expect, openLab, phaseOf, type Lab } from "../support/lab.ts";
import { mailsTo } from "./mailed-token.ts";
import { idOf, join, makeOrganization } from "./organization-lab.ts";

interface Exported {
  id: number;
  status: string;
  details: string | null;
  expires_at: string | null;
  files: { name: string; size: number; url: string }[];
}

const exportsOf = (person: Person) => expect<Exported[]>(200, person, "GET", "/api/account/exports/");

/** The files in a zip that a link leads to. */
async function unzipped(url: string): Promise<Map<string, string>> {
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
  const zip = await yauzl.fromBufferPromise(bytes);
  const files = new Map<string, string>();
  for await (const entry of zip.eachEntry())
    files.set(entry.fileName, (await buffer(await zip.openReadStreamPromise(entry))).toString());
  return files;
}

describe("an export of one's data (A-211, A-212)", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab.close());

  it("has what the person may see, and nothing that is hidden (A-257)", async () => {
    const person = await lab.newPerson();
    const open = await lab.competition({}, person);
    const hidden = await lab.competition({ phases: [phase({ hide_output: true })] }, person);
    const blind = await lab.competition({}, person);
    const ids: number[] = [];
    for (const competition of [open, hidden, blind])
      ids.push(await lab.submitted(person, phaseOf(competition), { scores: { accuracy: 0.75, duration: 1 } }));
    await expect(200, lab.organizer, "PUT", `/api/phases/${phaseOf(blind)}/blind/`, { json: { blind: true } });

    const threads = `/api/competitions/${open.id}/forum/threads/`;
    const thread = await expect<{ id: number }>(201, lab.organizer, "POST", threads, {
      json: { title: "Scores", text: "Why?" },
    });
    await expect(201, person, "POST", `${threads}${thread.id}/posts/`, { json: { text: "What I wrote" } });
    await expect(200, person, "PATCH", `/api/users/${await idOf(lab, person)}/`, {
      json: { photo: { file_name: "me.png", data: logo.toString("base64") } },
    });

    await expect(202, person, "POST", "/api/account/exports/");
    const made = await waitFor("the export", async () => {
      const [one] = await exportsOf(person);
      return one?.status === "Finished" && one;
    });
    assert.deepEqual(
      made.files.map(({ name }) => name),
      ["account.zip", "files-001.zip"],
    );
    const account = await unzipped(made.files[0]!.url);
    const list = (name: string) => JSON.parse(account.get(`${name}.json`)!) as Record<string, unknown>[];
    assert.equal(list("account")[0]!["email"], `${person.username}@example.org`);
    assert.ok(![...account.values()].some((text) => /password_hash|token_hash|scrypt/.test(text)));
    assert.deepEqual(
      list("participations").map(({ competition }) => competition),
      [open.id, hidden.id, blind.id],
    );
    assert.deepEqual(
      list("forum-posts").map(({ thread_title, text, began_thread }) => [thread_title, text, began_thread]),
      [["Scores", "What I wrote", false]],
    );
    const key = await sql<{ mail_key: string }>`select mail_key from users where username = ${person.username}`.execute(
      lab.inside.db,
    );
    assert.ok(![...account.values()].some((text) => text.includes(key.rows[0]!.mail_key)));
    assert.ok(list("audit-events").every((event) => event["by_administrator_as_you"] === false));
    const submissions = list("submissions") as { id: number; scores: { score: string }[] }[];
    assert.deepEqual(
      submissions.map(({ id, scores }) => [id, scores.map(({ score }) => Number(score))]),
      [
        [ids[0], [0.75, 1]],
        [ids[1], [0.75, 1]],
        [ids[2], []],
      ],
      "the scores of a blind phase are hidden",
    );
    const files = await unzipped(made.files[1]!.url);
    assert.deepEqual(
      [...files.keys()].sort(),
      [
        ...[
          "prediction_output.zip",
          "prediction_stdout.txt",
          "scoring_output.zip",
          "scoring_stdout.txt",
          "submission.zip",
        ].map((name) => `submissions/${ids[0]}/${name}`),
        `submissions/${ids[1]}/submission.zip`,
        `submissions/${ids[2]}/submission.zip`,
        "photo.webp",
      ].sort(),
    );
    assert.equal(files.get(`submissions/${ids[0]}/submission.zip`), "a submission");
    await waitFor("a mail", async () =>
      (await mailsTo(lab, `${person.username}@example.org`)).some((mail) => mail.includes("Your data is ready")),
    );

    assert.equal((list("audit-events") as { kind: string }[]).at(-1)!.kind, "user.export_requested");
    assertRefused(await person.send("POST", "/api/account/exports/"), 429, "EXPORTED_LATELY");
    await sql`update account_exports set expires_at = now()`.execute(lab.inside.db);
    await deleteExpiredExports(lab.inside);
    assert.deepEqual(await exportsOf(person), []);
    await waitFor("its files to be deleted", async () => {
      const { objects } = await lab.inside.objects.list({ bucket: "uploads", key: `account_export/${made.id}/` });
      return objects.length === 0;
    });
  });

  it("continues in the next message when its time is over, and is made one at a time", async () => {
    const person = await lab.newPerson();
    const { db } = lab.inside;
    const { rows } = await sql<{ id: number }>`
      insert into account_exports (user_id) values (${await idOf(lab, person)}) returning id`.execute(db);
    assertRefused(await person.send("POST", "/api/account/exports/"), 409, "EXPORT_IN_PROGRESS");
    const competition = await lab.competition({}, person);
    await lab.submitted(person, phaseOf(competition), { failure: "PROGRAM_EXIT" });
    await makeExport(lab.inside, belongings, rows[0]!.id, 0);
    await makeExport(lab.inside, belongings, rows[0]!.id, 0);
    const made = await waitFor("the export", async () => {
      const [one] = await exportsOf(person);
      return one?.status === "Finished" && one;
    });
    assert.equal(made.files.length, 2);
  });

  it("is tried again after a failure of the platform", async () => {
    const person = await lab.newPerson();
    const { db } = lab.inside;
    const { rows } = await sql<{ id: number }>`
      insert into account_exports (user_id) values (${await idOf(lab, person)}) returning id`.execute(db);
    const away = async function* () {
      yield await Promise.reject<unknown>(new Error("the store is away, for a test"));
    };
    const broken = { ...belongings[0]!, documents: () => ({ account: away }) };
    await assert.rejects(makeExport(lab.inside, [broken], rows[0]!.id, Infinity), /is away/);
    const [failed] = (
      await sql<{ failures: number; progress: { begun: boolean } }>`
        update account_exports set lease_until = now() - interval '1 s' where id = ${rows[0]!.id}
        returning failures, progress`.execute(db)
    ).rows;
    assert.deepEqual([failed!.failures, failed!.progress.begun], [1, false]);
    await makeExport(lab.inside, belongings, rows[0]!.id, Infinity);
    assert.equal((await exportsOf(person))[0]!.status, "Finished");
  });

  describe("handing over", () => {
    const offer = (who: Person, json: object) =>
      who.send<{ offer: { id: string } | null }>("POST", "/api/account/hand-overs/", { json });
    const accept = (who: Person, id: string) => who.send("POST", `/api/account/hand-overs/${id}/accept/`);
    const eventsOf = async (kind: string) =>
      (
        await sql<{ before: object; after: object; actor_id: number }>`
          select before, after, actor_id from audit_events where kind = ${kind} order by id desc limit 1`.execute(
          lab.inside.db,
        )
      ).rows[0];

    it("a competition goes to who accepts, with what was made for it alone (A-215)", async () => {
      const [owner, other, stranger] = [await lab.newPerson(), await lab.newPerson(), await lab.newPerson()];
      const competition = await lab.newCompetition(owner, bundleFiles());
      await register(competition, stranger);
      const handed = { kind: "competition", id: competition.id, to: other.username };
      assertRefused(await offer(stranger, handed), 403, "NOT_ALLOWED");
      assertRefused(await offer(owner, { ...handed, to: owner.username }), 400, "OWN_ALREADY");
      assertRefused(await offer(owner, { ...handed, to: "nobody-here" }), 400, "NO_SUCH_USER");
      assertRefused(await offer(owner, { ...handed, at_once: true }), 403, "NOT_ALLOWED");
      const { id } = (await offer(owner, handed)).body.offer!;
      assertRefused(await accept(stranger, id), 404, "NO_SUCH_HAND_OVER");
      const [seen] = await expect<{ id: string; name: string }[]>(200, other, "GET", "/api/account/hand-overs/");
      assert.deepEqual([seen!.id, seen!.name], [id, competition.title]);
      const answers = await Promise.all([accept(other, id), accept(other, id)]);
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 404], "once");

      const now = await expect<{ created_by: string; collaborators: { name: string }[] }>(
        200,
        other,
        "GET",
        `/api/competitions/${competition.id}/`,
      );
      assert.equal(now.created_by, other.username);
      const [ownerId, otherId] = [await idOf(lab, owner), await idOf(lab, other)];
      const { rows } = await sql<{ tasks: number; datasets: number }>`
        select (select count(*)::int from tasks where created_by = ${otherId}) as tasks,
          (select count(*)::int from datasets where created_by = ${otherId}) as datasets`.execute(lab.inside.db);
      assert.deepEqual(rows, [{ tasks: 1, datasets: 2 }], "the task, its program and the bundle");
      assert.equal(
        (await owner.send("PATCH", `/api/competitions/${competition.id}/`, { json: { title: "Mine" } })).status,
        200,
      );
      assertRefused(await owner.send("DELETE", `/api/competitions/${competition.id}/`), 403, "NOT_ALLOWED");
      assert.deepEqual(await eventsOf("competition.offered"), {
        before: null,
        after: { to: otherId },
        actor_id: ownerId,
      });
      assert.deepEqual(await eventsOf("competition.handed_over"), {
        before: { owner: ownerId },
        after: { owner: otherId },
        actor_id: otherId,
      });
      const ran = await lab.submitted(stranger, phaseOf(competition), { scores: { accuracy: 1, duration: 1 } });
      await expect(200, other, "GET", `/api/submissions/${ran}/get_details/`);
    });

    it("what is used elsewhere stays with who made it", async () => {
      const [owner, other] = [await lab.newPerson(), await lab.newPerson()];
      const first = await lab.newCompetition(owner, bundleFiles());
      const [task] = (
        await sql<{ key: string }>`
        select t.key from tasks t join phase_tasks pt on pt.task_id = t.id where pt.phase_id = ${phaseOf(first)}`.execute(
          lab.inside.db,
        )
      ).rows;
      const second = await lab.newCompetition(owner, bundleFiles({ tasks: [{ index: 0, key: task!.key }] }));
      assert.ok(second.id);
      const { db } = lab.inside;
      // What another competition was made of, and what a solution of the owner needs.
      const [bundle, solution] = await Promise.all(
        ["competition_bundle", "solution"].map(async (type) => {
          const { rows } = await sql<{ id: number }>`
            insert into datasets (key, created_by, type, name, file_name, file_size, object_key, upload_completed_when)
            values (gen_random_uuid(), ${await idOf(lab, owner)}, ${type}, ${randomUUID()}, 'x', 1, ${randomUUID()}, now())
            returning id`.execute(db);
          return rows[0]!.id;
        }),
      );
      await sql`update competitions set bundle_dataset_id = ${bundle} where id = any(${[first.id, second.id]})`.execute(
        db,
      );
      await sql`update phases set starting_kit_id = ${solution} where competition_id = ${first.id}`.execute(db);
      await sql`insert into solutions (key, name, created_by, dataset_id)
        values (gen_random_uuid(), 'mine', ${await idOf(lab, owner)}, ${solution})`.execute(db);
      const given = await offer(lab.admin, { kind: "competition", id: first.id, to: other.username, at_once: true });
      assert.deepEqual([given.status, given.body.offer], [201, null]);
      const { rows } = await sql<{
        owner: number;
      }>`select created_by as owner from tasks where key = ${task!.key}`.execute(lab.inside.db);
      assert.equal(rows[0]!.owner, await idOf(lab, owner));
      const owners = await sql<{ owner: number }>`
        select created_by as owner from datasets where id = any(${[bundle, solution]})`.execute(db);
      for (const row of owners.rows) assert.equal(row.owner, await idOf(lab, owner));
      assert.equal(
        (await other.send("PATCH", `/api/competitions/${first.id}/`, { json: { title: "Next" } })).status,
        200,
      );
    });

    it("is offered a few times without a pause, because each offer is a mail to somebody (A-256)", async () => {
      const [owner, other] = [await lab.newPerson(), await lab.newPerson()];
      const queue = await expect<{ id: string }>(201, owner, "POST", "/api/queues/", { json: { name: "Mine" } });
      const offer = { json: { kind: "queue", id: queue.id, to: other.username } };
      const answers: number[] = [];
      for (let n = 0; n < 22; n++) answers.push((await owner.send("POST", "/api/account/hand-overs/", offer)).status);
      assert.equal(answers[0], 201);
      assert.equal(answers.at(-1), 429);
    });

    it("an organization and a queue go to who accepts; offers are declined, and replaced (A-216)", async () => {
      const [owner, other, third] = [await lab.newPerson(), await lab.newPerson(), await lab.newPerson()];
      const organization = await makeOrganization(owner, `Org${randomUUID().slice(0, 6)}`);
      await join(organization, owner, other);
      const queue = await expect<{ id: string }>(201, owner, "POST", "/api/queues/", { json: { name: "Mine" } });
      for (const handed of [
        { kind: "organization", id: organization.id },
        { kind: "queue", id: queue.id },
      ]) {
        const replaced = (await offer(owner, { ...handed, to: third.username })).body.offer!;
        const declined = (await offer(owner, { ...handed, to: other.username })).body.offer!;
        assertRefused(await accept(third, replaced.id), 404, "NO_SUCH_HAND_OVER");
        assert.equal((await other.send("DELETE", `/api/account/hand-overs/${declined.id}/`)).status, 204);
        assertRefused(await accept(other, declined.id), 404, "NO_SUCH_HAND_OVER");
        const { id } = (await offer(owner, { ...handed, to: other.username })).body.offer!;
        assert.equal((await accept(other, id)).status, 200);
        assertRefused(await offer(owner, { ...handed, to: third.username }), 403, "NOT_ALLOWED");
      }
      const members = await expect<{ members: { group: string; user: { slug: string } }[] }>(
        200,
        other,
        "GET",
        `/api/organizations/${organization.id}/`,
      );
      assert.deepEqual(
        members.members.map(({ group, user }) => [group, user.slug]),
        [
          ["MANAGER", owner.username],
          ["OWNER", other.username],
        ],
      );
      const shared = await expect<{ results: { id: string }[] }>(200, owner, "GET", "/api/queues/");
      assert.deepEqual(
        shared.results.map(({ id }) => id),
        [queue.id],
        "the former owner shares it",
      );
      const otherId = await idOf(lab, other);
      for (const kind of ["organization.offered", "queue.offered", "organization.handed_over", "queue.handed_over"])
        assert.ok(Object.values((await eventsOf(kind))!.after).includes(otherId), kind);
    });
  });
});
