/** Deleting one's account: what stands against it, how it is confirmed and taken back, and what is erased. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { askDeletion, emptyAccount, lockAccount } from "../../../lambdas/accounts/db/account-deletions.ts";
import { mailKindNames } from "../../../lambdas/accounts/rules/mail-kinds.ts";
import { insertApiToken } from "../../../lambdas/accounts/db/tokens.ts";
import { eraseAccount } from "../../../lambdas/accounts/service/leaving.ts";
import { forgetBlockedNames } from "../../../lambdas/accounts/db/blocked-names.ts";
import { insertDataset } from "../../../lambdas/competitions/db/datasets.ts";
import { belongings } from "../../../lambdas/functions/belongings.ts";
import { newToken } from "../../../lambdas/kernel/secrets.ts";
import { bundleFiles, register, submit } from "../../support/competitions.ts";
import { Browser } from "../../support/browser.ts";
import { repository } from "../../support/files.ts";
import { assertRefused, type Answer } from "../../support/http.ts";
import { personOf, type Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { expect, openLab, phaseOf, type Lab } from "../support/lab.ts";
import { mailedTokenTo, mailsTo } from "./mailed-token.ts";
import { idOf, join as joinOrganization, makeOrganization } from "./organization-lab.ts";

describe("leaving", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab.close());

  const addressOf = ({ username }: Person) => `${username}@example.org`;
  const ask = (person: Person, rest: object = {}) =>
    person.send("POST", "/api/account/deletion/", { json: { password: person.password, ...rest } });
  const confirm = (token: string) => lab.send("POST", "/accounts/delete/", { content: { json: { token } } });
  /** Asks and confirms. */
  async function leave(person: Person): Promise<Answer<Record<string, unknown>>> {
    assert.equal((await ask(person)).status, 202);
    return confirm(await mailedTokenTo(lab, addressOf(person), "/accounts/delete/"));
  }
  const due = (userId: number) =>
    sql`update account_deletions set erase_when = now() where user_id = ${userId}`.execute(lab.inside.db);
  const erase = (userId: number) => eraseAccount(lab.inside, belongings, userId);
  /** Lets somebody leave whose time has come. */
  async function gone(person: Person): Promise<number> {
    const id = await idOf(lab, person);
    assert.equal((await leave(person)).status, 200);
    await due(id);
    await erase(id);
    return id;
  }
  const insertPrivateDataset = async (createdBy: number) => {
    const key = randomUUID();
    const objectKey = `input_data/${key}/data.zip`;
    await lab.inside.objects.put({ bucket: "uploads", key: objectKey }, Buffer.from("data"));
    const row = await insertDataset(lab.inside.db, {
      ...{ key, createdBy, type: "input_data", name: `data ${key}`, description: null, license: null, isPublic: false },
      ...{
        fileName: "data.zip",
        fileSize: 4,
        objectKey,
        uploaded: true,
        wasCreatedByCompetition: false,
        competitionId: null,
      },
    });
    return { id: row!.id, objectKey };
  };

  it("is asked for with a fresh proof, confirmed with a link, ends all logins, and tells those concerned (A-196)", async () => {
    const person = await lab.newPerson();
    const id = await idOf(lab, person);
    // The first one's cannot be delivered to.
    const administrator = `${randomUUID()}@example.org`;
    await lab.inside.db.updateTable("users").set({ email: administrator }).where("username", "=", "admin").execute();
    assertRefused(await person.send("POST", "/api/account/deletion/", { json: {} }), 400, "BAD_PASSWORD");
    assertRefused(await ask(person, { password: "not it" }), 400, "BAD_PASSWORD");
    assert.equal((await ask(person)).status, 202);
    assert.equal((await person.send("DELETE", "/api/account/deletion/")).status, 204);
    const withdrawn = await mailedTokenTo(lab, addressOf(person), "/accounts/delete/");
    assertRefused(await confirm(withdrawn), 400, "BAD_DELETION_LINK");
    assert.equal((await ask(person)).status, 202);
    const token = await mailedTokenTo(lab, addressOf(person), "/accounts/delete/", 2);
    const { status, body } = await confirm(token);
    assert.deepEqual([status, body["username"]], [200, person.username]);
    const days = (Date.parse(body["erase_when"] as string) - Date.now()) / 86_400_000;
    assert.ok(days > 13.9 && days <= 14, String(days));
    assertRefused(await confirm(token), 400, "BAD_DELETION_LINK");
    assertRefused(await person.send("GET", "/api/my_profile/"), 403, "BAD_TOKEN");
    await waitFor("the person to be told", async () =>
      (await mailsTo(lab, addressOf(person))).some((mail) => mail.includes("Your account will be deleted")),
    );
    await waitFor("the administrators to be told", async () =>
      (await mailsTo(lab, administrator, "Bcc")).some((mail) => mail.includes(`(account ${id})`)),
    );
    await erase(id);
    const again = await personOf(lab.url, person.username, person.password);
    assert.equal(
      (await again.send("GET", "/api/my_profile/")).status,
      200,
      "not before its time, and logging in keeps it",
    );
    const state = await expect<{ erase_when: string | null }>(200, again, "GET", "/api/account/deletion/");
    assert.equal(state.erase_when, null);
    await waitFor("the person to be told", async () =>
      (await mailsTo(lab, addressOf(person))).some((mail) => mail.includes("Your account stays")),
    );
    const events = await sql<{ kind: string; actor_id: number }>`
      select kind, actor_id from audit_events where subject_kind = 'user' and subject_id = ${String(id)} order by id`.execute(
      lab.inside.db,
    );
    assert.deepEqual(
      events.rows.map(({ kind, actor_id }) => [kind, actor_id]),
      [
        ["user.deletion_asked", id],
        ["user.deletion_taken_back", id],
        ["user.deletion_asked", id],
        ["user.deletion_confirmed", id],
        ["user.deletion_taken_back", id],
      ],
    );
  });

  it("is refused while others depend on what nobody else looks after (A-197)", async () => {
    const [owner, other] = [await lab.newPerson(), await lab.newPerson()];
    const competition = await lab.newCompetition(owner, bundleFiles());
    await register(competition, other);
    const organization = await makeOrganization(owner, `Org${randomUUID().slice(0, 6)}`);
    await joinOrganization(organization, owner, other);
    const queue = await expect<{ id: string }>(201, owner, "POST", "/api/queues/", { json: { name: "Mine" } });
    const refused = await ask(owner);
    assertRefused(refused, 409, "MUST_HAND_OVER", /competition "A small competition": Others take part/);
    const { obstacles } = await expect<{ obstacles: { kind: string; id: string | number }[] }>(
      200,
      owner,
      "GET",
      "/api/account/deletion/",
    );
    assert.deepEqual(
      obstacles.map(({ kind, id }) => [kind, id]),
      [
        ["competition", competition.id],
        ["queue", queue.id],
        ["organization", organization.id],
      ],
    );
    assertRefused(await ask(lab.admin), 409, "MUST_HAND_OVER", /only administrator/);
  });

  it("is not confirmed by a form of another site", async () => {
    const person = await lab.newPerson();
    assert.equal((await ask(person)).status, 202);
    const token = await mailedTokenTo(lab, addressOf(person), "/accounts/delete/");
    const browser = new Browser(lab.url);
    assert.equal((await browser.request("POST", "/accounts/delete/", { form: { token } })).status, 403);
    assert.equal((await confirm(token)).status, 200);
    assertRefused(await confirm(token), 400, "BAD_DELETION_LINK", /was used already/);
  });

  it("leaves an administrator, also if the last two confirm at the same time (A-197)", async () => {
    const { db } = lab.inside;
    const two = [await lab.newPerson(), await lab.newPerson()];
    const ids = await Promise.all(two.map((one) => idOf(lab, one)));
    const { rows: before } = await sql<{ id: number }>`
      update users set is_superuser = false where is_superuser returning id`.execute(db);
    await sql`update users set is_superuser = true where id = any(${ids})`.execute(db);
    try {
      const tokens = ids.map(() => newToken("bsm"));
      for (const [at, id] of ids.entries())
        await db.transaction().execute((tx) => askDeletion(tx, id, { hash: tokens[at]!.hash, lifetimeHours: 1 }));
      const answers = await Promise.all(tokens.map(({ token }) => confirm(token)));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
    } finally {
      await sql`update users set is_superuser = id = any(${before.map(({ id }) => id)})`.execute(db);
    }
  });

  it("waits while something stands against it that was not there before, and says so", async () => {
    const [person, other] = [await lab.newPerson(), await lab.newPerson()];
    const competition = await lab.newCompetition(person, bundleFiles());
    const id = await idOf(lab, person);
    assert.equal((await leave(person)).status, 200);
    await register(competition, other);
    await due(id);
    await erase(id);
    await waitFor("the person to be told", async () =>
      (await mailsTo(lab, addressOf(person))).some((mail) => mail.includes("could not be deleted yet")),
    );
    await erase(id);
    const { rows } = await sql<{ waits: boolean }>`
      select erase_when > now() + interval '6 days' as waits from account_deletions where user_id = ${id}`.execute(
      lab.inside.db,
    );
    assert.deepEqual(rows, [{ waits: true }]);
    assert.equal((await personOf(lab.url, person.username, person.password)).username, person.username);
  });

  it("keeps what others depend on under the name of a deleted user, and erases the rest (A-198)", async () => {
    const [person, other] = [await lab.newPerson(), await lab.newPerson()];
    const competition = await lab.competition({}, person);
    const phaseId = phaseOf(competition);
    const ranked = await lab.submitted(person, phaseId, { scores: { accuracy: 0.5, duration: 1 } });
    const waiting = await submit(person, phaseId, Buffer.from("x"));
    const own = await lab.newCompetition(person, bundleFiles());
    const shared = await lab.newCompetition(person, bundleFiles());
    await expect(200, person, "PATCH", `/api/competitions/${shared.id}/`, {
      json: { collaborators: [await idOf(lab, other)] },
    });
    await expect(200, person, "PATCH", `/api/users/${await idOf(lab, person)}/`, {
      json: { display_name: "A Name", biography: "A life" },
    });
    const data = await insertPrivateDataset(await idOf(lab, person));
    const id = await gone(person);

    const { rows } = await sql<{
      row: string;
    }>`select row_to_json(users)::text as row from users where id = ${id}`.execute(lab.inside.db);
    assert.ok(!rows[0]!.row.includes(person.username) && !/A Name|A life/.test(rows[0]!.row), rows[0]!.row);
    const board = await lab.organizer.send("GET", `/api/phases/${phaseId}/get_leaderboard/`);
    assert.match(board.text, new RegExp(`deleted user ${id}`));
    assert.ok(!board.text.includes(person.username));
    const [kept, cancelled] = [
      await expect<{ status: string; owner: string }>(200, lab.organizer, "GET", `/api/submissions/${ranked}/`),
      await expect<{ status: string }>(200, lab.organizer, "GET", `/api/submissions/${waiting}/`),
    ];
    assert.deepEqual([kept.status, kept.owner, cancelled.status], ["Finished", `deleted user ${id}`, "Cancelled"]);
    const details = await expect<{ data_file: string }>(
      200,
      lab.organizer,
      "GET",
      `/api/submissions/${ranked}/get_details/`,
    );
    assert.equal((await fetch(details.data_file)).status, 200, "its file stays");
    assert.equal((await other.send("GET", `/api/competitions/${own.id}/`)).status, 404, "nobody else took part in it");
    const passed = await expect<{ created_by: string }>(200, other, "GET", `/api/competitions/${shared.id}/`);
    assert.equal(passed.created_by, other.username);
    await waitFor("the private file to be erased", async () => {
      const { objects } = lab.inside;
      return (await objects.head({ bucket: "uploads", key: data.objectKey })) === undefined;
    });
    const left = await sql`select from datasets where id = ${data.id}`.execute(lab.inside.db);
    assert.equal(left.rows.length, 0);
    const mails = await sql`select from mails where ${addressOf(person)} = any(recipients || blind_copies)`.execute(
      lab.inside.db,
    );
    assert.equal(mails.rows.length, 0);
    const rerun = await lab.organizer.send("POST", `/api/submissions/${ranked}/re_run_submission/`);
    assert.equal(rerun.status, 200, `organizers may run it again: ${rerun.text}`);
    await lab.runAll({ scores: { accuracy: 0.6, duration: 1 } });
  });

  it("blocks the username and the address for 30 days (A-199)", async () => {
    const person = await lab.newPerson();
    await gone(person);
    const signUp = (username: string, email: string) =>
      lab.send("POST", "/api/signup/", { content: { json: { username, email, password: "another long one" } } });
    const fresh = `n${randomUUID().slice(0, 8)}`;
    assertRefused(await signUp(person.username, `${fresh}@example.org`), 400, "TAKEN", /username/);
    assertRefused(await signUp(fresh, addressOf(person).toUpperCase()), 400, "TAKEN", /email/);
    await sql`update blocked_names set until = now()`.execute(lab.inside.db);
    assert.equal((await signUp(person.username, addressOf(person))).status, 201);
    await forgetBlockedNames(lab.inside.db);
    assert.equal((await sql`select from blocked_names`.execute(lab.inside.db)).rows.length, 0);
  });

  it("can be interrupted and repeated, also at the same time", async () => {
    const person = await lab.newPerson();
    const id = await idOf(lab, person);
    const data = await insertPrivateDataset(id);
    assert.equal((await leave(person)).status, 200);
    await due(id);
    const broken = { ...belongings[0]!, erase: () => Promise.reject(new Error("a crash, for a test")) };
    await assert.rejects(eraseAccount(lab.inside, [broken], id), /a crash/);
    const login = { username: person.username, password: person.password };
    assertRefused(await lab.send("POST", "/api/api-token-auth/", { content: { json: login } }), 400, "BAD_LOGIN");
    await Promise.all([erase(id), erase(id)]);
    await erase(id);
    const left = await sql`select from datasets where id = ${data.id}`.execute(lab.inside.db);
    assert.equal(left.rows.length, 0);
    const events =
      await sql`select from audit_events where kind = 'user.deleted' and subject_id = ${String(id)}`.execute(
        lab.inside.db,
      );
    assert.equal(events.rows.length, 1);
  });

  it("lets nothing be added by a request that was let in before", async () => {
    const person = await lab.newPerson();
    const id = await idOf(lab, person);
    const { db } = lab.inside;
    let added: Promise<unknown[]> | undefined;
    await db.transaction().execute(async (tx) => {
      await lockAccount(tx, id);
      await emptyAccount(tx, id);
      added = Promise.all([
        assert.rejects(insertPrivateDataset(id), { code: "BSDEL" }),
        assert.rejects(insertApiToken(db, { userId: id, hash: newToken("bst").hash, kind: "token", lifetimeDays: 1 }), {
          code: "BSDEL",
        }),
      ]);
      await waitFor("both to wait", async () => {
        const waiting = await sql`select from pg_stat_activity where wait_event_type = 'Lock'`.execute(lab.inside.db);
        return waiting.rows.length >= 2;
      });
    });
    await added;
  });

  it("treats every reference to a user as decision 36 says", async () => {
    const { db } = lab.inside;
    const decision = await readFile(join(repository, "docs/decisions/0036-leaving.md"), "utf8");
    const stated = [...decision.matchAll(/^\| `(\w+)\.(\w+)` \| (deleted|kept) \|$/gm)];
    const { rows: keys } = await sql<{ name: string }>`
      select c.conrelid::regclass::text || '.' || a.attname as name
      from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
      where c.contype = 'f' and c.confrelid = 'users'::regclass order by 1`.execute(db);
    assert.deepEqual(
      stated.map(([, table, column]) => `${table}.${column}`).sort(),
      keys.map(({ name }) => name),
      "each has a row in the decision",
    );

    const [person, other] = [await lab.newPerson(), await lab.newPerson()];
    const competition = await lab.competition();
    await register(competition, person);
    const submitted = await lab.submitted(person, phaseOf(competition), { scores: { accuracy: 0.5, duration: 1 } });
    const [id, otherId] = [await idOf(lab, person), await idOf(lab, other)];
    assert.equal((await leave(person)).status, 200);
    const hash = () => newToken("bst").hash;
    const one = async (text: ReturnType<typeof sql>) => void (await text.execute(db));
    await one(sql`insert into api_tokens (token_hash, user_id, expires_at) values (${hash()}, ${id}, now())`);
    await one(
      sql`insert into mailed_tokens (token_hash, user_id, email, expires_at) values (${hash()}, ${id}, 'x', now())`,
    );
    await one(sql`insert into identities (provider, subject, user_id) values ('some', ${randomUUID()}, ${id})`);
    await one(sql`insert into second_factors (user_id, secret) values (${id}, ${hash()})`);
    await one(sql`insert into recovery_codes (user_id, code_hash) values (${id}, ${hash()})`);
    await one(
      sql`insert into invitations (token_hash, email, invited_by, expires_at) values (${hash()}, 'x', ${id}, now())`,
    );
    await one(sql`
      insert into passkeys (user_id, name, credential_id, public_key, counter) values (${id}, 'mine', ${hash()}, ${hash()}, 0)`);
    await one(
      sql`insert into passkey_challenges (challenge_hash, user_id, expires_at) values (${hash()}, ${id}, now())`,
    );
    await one(sql`
      insert into api_tokens (token_hash, user_id, kind, impersonator_id, expires_at)
      values (${hash()}, ${otherId}, 'impersonation', ${id}, now())`);
    await one(sql`
      with thread as (
        insert into forum_threads (competition_id, author_id, title) values (${competition.id}, ${id}, 'Mine') returning id
      ), post as (
        insert into forum_posts (thread_id, author_id, text) select id, ${id}, 'Hello' from thread returning id
      ), report as (
        insert into forum_reports (post_id, user_id) select id, ${id} from post)
      insert into forum_follows (thread_id, user_id) select id, ${id} from thread`);
    await one(sql`insert into submission_mails (submission_id, user_id) values (${submitted}, ${id})`);
    await one(sql`insert into waits (user_id, until) values (${id}, now())`);
    await one(sql`insert into worksheet_users (user_id) values (${id})`);
    await one(sql`insert into run_seconds (user_id, bundle_uuid, seconds) values (${id}, 'x', 1)`);
    await one(sql`insert into worksheet_creations values (${id}, ${hash()}, '{}')`);
    await one(sql`insert into worksheets (uuid, name, owner_id) values (${`0x${"a".repeat(32)}`}, ${`w${id}`}, ${id})`);
    await one(sql`
      with g as (insert into worksheet_groups (uuid, name, owner_id) values (${`0x${"b".repeat(32)}`}, ${`g${id}`}, ${id}) returning id)
      insert into worksheet_group_members select id, ${id} from g`);
    await one(sql`insert into account_exports (user_id) values (${id})`);
    await one(sql`insert into competition_creations (created_by) values (${id})`);
    await one(sql`insert into competition_collaborators values (${competition.id}, ${id})`);
    await one(sql`insert into task_shares select id, ${id} from tasks limit 1`);
    await one(sql`insert into queue_organizers select id, ${id} from queues limit 1`);
    await one(sql`insert into organizations (name, email) values (${`o${id}`}, ${`o${id}`})`);
    await one(
      sql`insert into memberships (organization_id, user_id, "group") select id, ${id}, 'OWNER' from organizations where name = ${`o${id}`}`,
    );
    await one(
      sql`insert into hand_overs (competition_id, from_id, to_id, expires_at) values (${competition.id}, ${id}, ${otherId}, now())`,
    );
    await one(
      sql`insert into hand_overs (queue_id, from_id, to_id, expires_at) select id, ${otherId}, ${id}, now() from queues limit 1`,
    );
    const deleted = stated.filter(([, , , treatment]) => treatment === "deleted");
    const counted = async () =>
      Promise.all(
        deleted.map(async ([, table, column]) => {
          const { rows } = await sql`select from ${sql.table(table!)} where ${sql.ref(column!)} = ${id}`.execute(db);
          return [`${table}.${column}`, rows.length > 0] as const;
        }),
      );
    assert.deepEqual(
      (await counted()).filter(([, some]) => !some),
      [],
      "this test has a row for each",
    );
    await sql`update users set photo_key = 'photo/large', photo_icon_key = 'photo/small', last_seen = now(),
      email_on_submission_finished = true, allow_forum_notifications = true where id = ${id}`.execute(db);
    const keyBefore = await sql<{ mail_key: string }>`select mail_key from users where id = ${id}`.execute(db);
    // Not before: the platform of the test erases accounts by itself, too.
    await due(id);
    await erase(id);
    const { rows: empty } = await sql<{ row: string }>`
      select row_to_json(users)::text as row from users where id = ${id}`.execute(db);
    assert.ok(!empty[0]!.row.includes(keyBefore.rows[0]!.mail_key), "links in old mail say nothing");
    const account = JSON.parse(empty[0]!.row) as Record<string, unknown>;
    for (const column of ["photo_key", "photo_icon_key", "last_seen"]) assert.equal(account[column], null, column);
    for (const kind of mailKindNames) assert.equal(account[kind], false, kind);
    const { rows: erasures } = await sql<{ message: string }>`
      select body::text as message from outbox where body::text like '%photo/small%'`.execute(db);
    assert.equal(erasures.length, 1, "both sizes of the photo are erased");
    assert.deepEqual(
      (await counted()).filter(([, some]) => some),
      [],
    );
  });
});
