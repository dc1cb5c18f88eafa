/** Mail about posts and submissions, and how people turn it off. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { mailEndedSubmissions } from "../../../lambdas/competitions/service/submission-mails.ts";
import { mailFollowers } from "../../../lambdas/forum/service/mail-followers.ts";
import type { Competition } from "../../../client/api-client.ts";
import { submit } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { idOf } from "../accounts/organization-lab.ts";
import { expect, openLab, phaseOf, twoTasks, type Lab } from "../support/lab.ts";

describe("mail that people can turn off", () => {
  let lab: Lab;
  let [alice, bob, eve]: Person[] = [];
  let competition: Competition;
  beforeAll(async () => {
    lab = await openLab();
    [alice, bob, eve] = (await Promise.all([lab.newPerson(), lab.newPerson(), lab.newPerson()])) as Person[];
    competition = await lab.competition({ title: "Weather" }, alice!, bob!);
  });
  afterAll(() => lab.close());

  /** All mail to somebody that they can turn off, oldest first. */
  const mailTo = async ({ username }: Person) =>
    lab.inside.db
      .selectFrom("mails")
      .select(["subject", "body", "unsubscribe_url", "recipients"])
      .where(sql<boolean>`${`${username}@example.org`} = any(recipients)`)
      .where("unsubscribe_url", "is not", null)
      .orderBy("id")
      .execute();
  /** What is written in a round, besides what a sweep has written. */
  const written = async (who: Person, before = 0) => {
    await mailFollowers(lab.inside);
    return (await mailTo(who)).slice(before);
  };
  const path = (of = competition) => `/api/competitions/${of.id}/forum/threads/`;
  const begin = async (who: Person, title: string, text: string, of = competition) =>
    (await expect<{ id: number }>(201, who, "POST", path(of), { json: { title, text } })).id;
  const say = (who: Person, thread: number, text: string, of = competition) =>
    expect<{ id: number }>(201, who, "POST", `${path(of)}${thread}/posts/`, { json: { text } });
  /** Lets the pause of an hour pass for everybody. */
  const anHourLater = () =>
    sql`update forum_follows set due_when = now() where due_when > now()`.execute(lab.inside.db);
  const wish = (who: Person, json: object) => expect(200, who, "PATCH", "/api/account/notifications/", { json });

  it("tells who follows a thread of a post, then at most once an hour until they have read (A-264)", async () => {
    const thread = await begin(alice!, "Rain", "Will it?");
    await say(bob!, thread, "Yes <b>it</b> will");
    const [first, ...others] = await written(alice!);
    assert.deepEqual(others, []);
    assert.equal(first!.subject, 'A new post in "Rain" of Weather');
    assert.match(first!.body, new RegExp(`^${bob!.username} wrote in "Rain":\n\n> Yes <b>it</b> will\n`));
    assert.match(first!.body, new RegExp(`/competitions/${competition.id}/forum/${thread}/\n`));
    for (const text of ["1", "2", "3"]) await say(bob!, thread, text);
    assert.deepEqual(await written(alice!, 1), []);
    await anHourLater();
    assert.deepEqual(
      (await written(alice!, 1)).map(({ subject }) => subject),
      ['3 new posts in "Rain" of Weather'],
    );
    await expect(200, alice!, "POST", `${path()}${thread}/read/`);
    await say(bob!, thread, "4");
    assert.deepEqual(
      (await written(alice!, 2)).map(({ subject }) => subject),
      ['A new post in "Rain" of Weather'],
    );
    // Who has read before the mail was written needs none, and neither does who wants none about this thread.
    await say(bob!, thread, "5");
    await expect(200, alice!, "POST", `${path()}${thread}/read/`);
    await expect(200, alice!, "PUT", `${path()}${thread}/follow/`, { json: { wants_mail: false } });
    await say(bob!, thread, "6");
    await anHourLater();
    assert.equal((await written(alice!, 3)).length, 0);
    assert.deepEqual(await mailTo(bob!), [], "nobody gets mail about their own posts");
    // Organizers follow each thread.
    assert.ok((await mailTo(lab.organizer)).some(({ subject }) => subject.endsWith('in "Rain" of Weather')));
  });

  it("joins threads of a competition in one mail (A-264)", async () => {
    const both = await lab.competition({ title: "Joined" }, alice!, bob!);
    const threads = [await begin(alice!, "One", "x", both), await begin(alice!, "Two", "x", both)];
    // Mail was written a moment ago.
    await sql`update forum_follows set mailed_when = now(), mailed_post_id = 2000000000
      where thread_id = any(${threads})`.execute(lab.inside.db);
    for (const thread of threads) await say(bob!, thread, "y", both);
    const before = (await mailTo(alice!)).length;
    assert.deepEqual(await written(alice!, before), []);
    await sql`update forum_follows set mailed_post_id = 0`.execute(lab.inside.db);
    await anHourLater();
    assert.deepEqual(
      (await written(alice!, before)).map(({ subject }) => subject),
      ["2 new posts in 2 threads of Joined"],
    );
  });

  it("tells who takes part and is named, and nobody else (A-263)", async () => {
    const thread = await begin(alice!, "Names", `@${bob!.username.toUpperCase()} and @${eve!.username}: look`);
    const subjects = (await written(bob!)).map(({ subject }) => subject);
    assert.ok(subjects.includes('A new post in "Names" of Weather'), subjects.join());
    assert.deepEqual(await mailTo(eve!), []);
    // Who may not read the forum any more gets no mail about it.
    await expect(204, bob!, "DELETE", `/api/competitions/${competition.id}/register/`);
    await expect(200, lab.organizer, "POST", `/api/competitions/${competition.id}/toggle_publish/`);
    const before = (await mailTo(bob!)).length;
    await say(alice!, thread, "Secret");
    await anHourLater();
    assert.deepEqual(await written(bob!, before), []);
    await expect(200, lab.organizer, "POST", `/api/competitions/${competition.id}/toggle_publish/`);
    await expect(201, bob!, "POST", `/api/competitions/${competition.id}/register/`);
  });

  it("names no participant where the leaderboard is anonymous, except to organizers (A-262)", async () => {
    const hidden = await lab.competition({ title: "Hidden", anonymous_leaderboard: true }, alice!, bob!);
    const thread = await begin(alice!, "Who", "x", hidden);
    await say(bob!, thread, "y", hidden);
    const about = async (who: Person) => (await written(who)).find(({ subject }) => subject.endsWith("of Hidden"))!;
    const mail = await about(alice!);
    assert.match(mail.body, /^Participant [0-9a-f]{8} wrote in "Who"/);
    assert.ok(!`${mail.subject}${mail.body}`.includes(bob!.username));
    const report = `${path(hidden)}${thread}/posts/${(await say(bob!, thread, "z", hidden)).id}/report/`;
    await expect(204, alice!, "POST", report, { json: { reason: "Rude" } });
    const told = (await mailTo(lab.organizer)).at(-1)!;
    assert.equal(told.subject, "A post in the forum of Hidden was reported");
    assert.match(told.body, new RegExp(`^${alice!.username} reported a post in "Who": Rude`));
  });

  it("has a link that stops its kind without a login, and only after a POST (A-268)", async () => {
    const quiet = await lab.competition({ title: "Quiet" }, alice!, eve!);
    const thread = await begin(eve!, "Sun", "x", quiet);
    await say(alice!, thread, "y", quiet);
    const [mail] = await written(eve!);
    const link = new URL(mail!.unsubscribe_url!);
    assert.equal(link.pathname, "/accounts/unsubscribe/");
    const at = link.pathname + link.search;
    const wishes = async () =>
      lab.inside.db
        .selectFrom("users")
        .select(["allow_forum_notifications", "organizer_direct_message_updates", "allow_organization_invite_emails"])
        .where("username", "=", eve!.username)
        .executeTakeFirstOrThrow();
    const opened = await lab.send("GET", at);
    assert.equal(opened.status, 200);
    const { username } = eve!;
    assert.deepEqual(opened.body, { username, kind: "allow_forum_notifications", about: "New posts in forums" });
    assert.equal((await wishes()).allow_forum_notifications, true);
    const wrong = at.replace("allow_forum_notifications", "organizer_direct_message_updates");
    for (const path of [wrong, at.slice(0, -1), `${link.pathname}?token=x`]) {
      for (const method of ["GET", "POST"])
        assertRefused(await lab.send(method, path), 400, "BAD_UNSUBSCRIBE_LINK", /This link is not complete/);
    }
    for (const form of [
      { form: { "List-Unsubscribe": "One-Click" } },
      { multipart: { "List-Unsubscribe": "One-Click" } },
    ]) {
      await sql`update users set allow_forum_notifications = true`.execute(lab.inside.db);
      assert.equal((await lab.send("POST", at, { content: form })).status, 200);
      assert.deepEqual(await wishes(), {
        allow_forum_notifications: false,
        organizer_direct_message_updates: true,
        allow_organization_invite_emails: true,
      });
    }
    const before = (await mailTo(eve!)).length;
    await expect(200, eve!, "POST", `${path(quiet)}${thread}/read/`);
    await say(alice!, thread, "z", quiet);
    assert.deepEqual(await written(eve!, before), []);
  });

  it("is listed with all other mail, which says why it cannot be turned off (A-267)", async () => {
    interface Kind {
      kind: string;
      enabled: boolean;
      can_change: boolean;
      why: string | null;
    }
    const kinds = await expect<Kind[]>(200, bob!, "GET", "/api/account/notifications/");
    assert.deepEqual(
      kinds.map(({ kind, enabled, can_change }) => [kind, enabled, can_change]),
      [
        ["organizer_direct_message_updates", true, true],
        ["allow_forum_notifications", true, true],
        ["allow_organization_invite_emails", true, true],
        ["email_on_submission_finished", false, true],
        ["account", true, false],
        ["participation", true, false],
        ["money", true, false],
      ],
    );
    for (const { can_change, why } of kinds) assert.equal(why === null, can_change);
    const changed = (await wish(bob!, { allow_forum_notifications: "false" })) as unknown as Kind[];
    assert.deepEqual(
      changed.filter(({ enabled }) => !enabled).map(({ kind }) => kind),
      ["allow_forum_notifications", "email_on_submission_finished"],
    );
    await expect(200, bob!, "PATCH", `/api/users/${await idOf(lab, bob!)}/`, {
      json: { allow_forum_notifications: true },
    });
    assertRefused(
      await bob!.send("PATCH", "/api/account/notifications/", { json: { allow_forum_notifications: "perhaps" } }),
      400,
      "INVALID",
    );
  });

  it("tells of submissions that have ended, several in one mail, to those who want it (A-269)", async () => {
    const tasks = await lab.competition({ title: "Ends", ...twoTasks }, alice!, bob!);
    await wish(alice!, { email_on_submission_finished: true });
    const phase = phaseOf(tasks);
    const send = (who: Person) => submit(who, phase, Buffer.from("a submission"));
    const [good, bad] = [await send(alice!), await send(alice!)];
    await send(bob!);
    // None is written before both have ended: the last one was a moment ago.
    const { db } = lab.inside;
    await sql`insert into submission_mails (submission_id, user_id, mailed_when)
      values (${await send(bob!)}, ${await idOf(lab, alice!)}, now())`.execute(db);
    const { rows } = await sql<{ id: number }>`select id from submissions where parent_id = ${bad}`.execute(db);
    await lab.runAll(({ submission }) =>
      rows.some(({ id }) => id === submission) ? { failure: "PROGRAM_EXIT" } : { scores: { accuracy: 0.123456 } },
    );
    const before = await Promise.all([mailTo(alice!), mailTo(bob!)]);
    await sql`update submission_mails set mailed_when = now() - interval '1 hour' where mailed_when is not null`.execute(
      db,
    );
    await mailEndedSubmissions(lab.inside);
    await mailEndedSubmissions(lab.inside);
    const mails = (await mailTo(alice!)).slice(before[0].length);
    assert.deepEqual(
      mails.map(({ subject }) => subject),
      ["2 of your submissions have ended"],
    );
    assert.match(
      mails[0]!.body,
      new RegExp(`^Submission ${good} has finished: Ends, .*\n.*/competitions/${tasks.id}/\n`),
    );
    assert.match(mails[0]!.body, new RegExp(`\nSubmission ${bad} has failed: Ends, `));
    assert.doesNotMatch(mails[0]!.body, /0\.12/, "scores may be hidden");
    assert.match(mails[0]!.unsubscribe_url!, /token=\d+\.email_on_submission_finished\./);
    assert.equal((await mailTo(bob!)).length, before[1].length);
  });
});
