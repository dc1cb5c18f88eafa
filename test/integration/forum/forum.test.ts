import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import type { Competition } from "../../../client/api-client.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { idOf } from "../accounts/organization-lab.ts";
import { asked, newestAt } from "../accounts/audit-lab.ts";
import { benchstackHere } from "../cli/run-benchstack.ts";
import { expect, openLab, type Lab } from "../support/lab.ts";

interface Author {
  username: string | null;
  display_name: string;
  is_organizer: boolean;
}
interface Thread {
  id: number;
  title: string;
  author: Author;
  is_pinned: boolean;
  is_locked: boolean;
  post_count: number;
  last_post: number;
  last_author: Author;
  is_unread: boolean | null;
  wants_mail: boolean;
}
interface Post {
  id: number;
  author: Author;
  text: string;
  edited_when: string | null;
  removed: { by: string; reason: string | null } | null;
  reports: number;
  permissions: { edit: boolean; remove: boolean };
}
interface Page<Item> {
  count: number;
  next: string | null;
  results: Item[];
  permissions: { write: boolean; moderate: boolean };
}
type Reader = { send: Person["send"] };

describe("the forum of a competition", () => {
  let lab: Lab;
  let [alice, bob, eve]: Person[] = [];
  let competition: Competition;
  let nobody: Reader;
  beforeAll(async () => {
    lab = await openLab({ freeTries: { forumPost: 40 } });
    [alice, bob, eve] = (await Promise.all([lab.newPerson(), lab.newPerson(), lab.newPerson()])) as Person[];
    nobody = { send: (method, path, content) => lab.send(method, path, content ? { content } : {}) };
    competition = await lab.competition({}, alice!, bob!);
  });
  afterAll(() => lab.close());

  const forum = (of = competition) => `/api/competitions/${of.id}/forum/`;
  const begin = (who: Person, title: string, text = "A question", of = competition) =>
    expect<Thread>(201, who, "POST", `${forum(of)}threads/`, { json: { title, text } });
  const say = (who: Person, thread: Thread, text: string, of = competition) =>
    expect<Post>(201, who, "POST", `${forum(of)}threads/${thread.id}/posts/`, { json: { text } });
  const threads = (who: Reader, query = "", of = competition) =>
    expect<Page<Thread>>(200, who, "GET", `${forum(of)}threads/?${query}`);
  const posts = (who: Reader, thread: Thread, query = "", of = competition) =>
    expect<Page<Post>>(200, who, "GET", `${forum(of)}threads/${thread.id}/posts/?${query}`);
  const at = (thread: Thread, post?: Post) => `${forum()}threads/${thread.id}/${post ? `posts/${post.id}/` : ""}`;
  const textsOf = ({ results }: Page<Post>) => results.map(({ text }) => text);
  const titlesOf = ({ results }: Page<Thread>) => results.map(({ title }) => title);

  it("has threads and posts in Markdown as it was written, with pages (A-259)", async () => {
    const markdown = "**Why** <script>alert(1)</script>\n\n```\n0.5\n```";
    const thread = await begin(alice!, " Baseline ", markdown);
    assert.deepEqual([thread.title, thread.author.username, thread.post_count], ["Baseline", alice!.username, 1]);
    await say(bob!, thread, "Because");
    await say(lab.organizer, thread, "Indeed");
    const first = await posts(nobody, thread, "page_size=2");
    assert.deepEqual([first.count, textsOf(first)], [3, [markdown, "Because"]]);
    assert.match(first.next!, /page=2/);
    assert.deepEqual(textsOf(await posts(nobody, thread, "page_size=2&page=2")), ["Indeed"]);
    assert.deepEqual(textsOf(await posts(nobody, thread, "ordering=-created_when&page_size=1")), ["Indeed"]);
    const later = await begin(bob!, "Later");
    assert.deepEqual(titlesOf(await threads(nobody)), ["Later", "Baseline"]);
    await expect(200, lab.organizer, "PATCH", at(thread), { json: { is_pinned: true } });
    const [pinned] = (await threads(nobody)).results;
    assert.deepEqual(
      [pinned!.id, pinned!.post_count, pinned!.last_author.is_organizer, pinned!.is_unread],
      [thread.id, 3, true, null],
    );
    await expect(204, bob!, "DELETE", at(later));
    for (const json of [
      { title: "", text: "x" },
      { title: "x", text: " \n" },
      { title: "x".repeat(201), text: "x" },
      { title: "two\nlines", text: "x" },
      { title: "x", text: "x".repeat(20_001) },
    ])
      assertRefused(await alice!.send("POST", `${forum()}threads/`, { json }), 400, "INVALID");
  });

  it("is read by whoever sees the competition, and written in by participants and organizers (A-260)", async () => {
    const thread = await begin(alice!, "Who");
    assert.deepEqual((await threads(nobody)).permissions, { write: false, moderate: false });
    assert.deepEqual((await threads(alice!)).permissions, { write: true, moderate: false });
    assert.deepEqual((await threads(lab.admin)).permissions, { write: true, moderate: true });
    const json = { title: "x", text: "x" };
    assertRefused(await eve!.send("POST", `${forum()}threads/`, { json }), 403, "NOT_ALLOWED", /participants/);
    assertRefused(await eve!.send("POST", `${at(thread)}posts/`, { json: { text: "x" } }), 403, "NOT_ALLOWED");
    assertRefused(await nobody.send("POST", `${at(thread)}posts/`, { json: { text: "x" } }), 403, "NOT_LOGGED_IN");
    // Somebody who has left reads on, as everybody does.
    const left = await lab.competition({}, eve!);
    const theirs = await begin(eve!, "Mine", "x", left);
    await expect(204, eve!, "DELETE", `/api/competitions/${left.id}/register/`);
    const again = { json: { text: "x" } };
    assertRefused(await eve!.send("POST", `${forum(left)}threads/${theirs.id}/posts/`, again), 403, "NOT_ALLOWED");
    // A thread of another competition is not in this forum.
    assertRefused(await alice!.send("GET", `${forum()}threads/${theirs.id}/posts/`), 404, "NO_SUCH_THREAD");
    assertRefused(await alice!.send("POST", `${forum()}threads/${theirs.id}/posts/`, again), 404, "NO_SUCH_THREAD");
    const { secret_key } = await expect<{ secret_key: string }>(
      200,
      lab.organizer,
      "GET",
      `/api/competitions/${left.id}/`,
    );
    await expect(200, lab.organizer, "POST", `/api/competitions/${left.id}/toggle_publish/`);
    assertRefused(await eve!.send("GET", `${forum(left)}threads/`), 404, "NO_SUCH_COMPETITION");
    assert.equal((await threads(nobody, `secret_key=${secret_key}`, left)).count, 1);
  });

  it("can be turned off, and keeps what is in it (A-260)", async () => {
    const off = await lab.competition({}, alice!);
    await begin(alice!, "Kept", "x", off);
    const set = (forum_enabled: boolean) =>
      expect(200, lab.organizer, "PATCH", `/api/competitions/${off.id}/`, { json: { forum_enabled } });
    const idShown = async () =>
      (await expect<{ forum: number | null }>(200, alice!, "GET", `/api/competitions/${off.id}/`)).forum;
    assert.equal(await idShown(), off.id);
    await set(false);
    assert.equal(await idShown(), null);
    for (const who of [alice!, lab.organizer])
      assertRefused(await who.send("GET", `${forum(off)}threads/`), 404, "NO_FORUM", /forum_enabled/);
    await set(true);
    assert.deepEqual(titlesOf(await threads(alice!, "", off)), ["Kept"]);
  });

  it("marks edited posts, and lets only their authors edit them (A-261)", async () => {
    const thread = await begin(alice!, "Edits");
    const post = await say(alice!, thread, "Teh");
    const json = { text: "The" };
    const edited = await expect<Post>(200, alice!, "PATCH", at(thread, post), { json });
    assert.deepEqual([edited.text, edited.edited_when !== null, post.edited_when], ["The", true, null]);
    assertRefused(await bob!.send("PATCH", at(thread, post), { json }), 403, "NOT_ALLOWED");
    assertRefused(await lab.organizer.send("PATCH", at(thread, post), { json }), 403, "NOT_ALLOWED");
    await expect(204, alice!, "DELETE", at(thread, post));
    assertRefused(await alice!.send("PATCH", at(thread, post), { json }), 409, "POST_REMOVED");
    const [, left] = (await posts(bob!, thread)).results;
    assert.deepEqual([left!.text, left!.removed!.by, left!.removed!.reason], ["", "author", null]);
  });

  it("is moderated: threads are locked, and posts reported and removed with a reason that all can read (A-261)", async () => {
    const thread = await begin(alice!, "Trouble");
    const bad = await say(bob!, thread, "Buy my course");
    const report = `${at(thread, bad)}report/`;
    for (const who of [alice!, alice!, eve!]) await expect(204, who, "POST", report, { json: { reason: "Spam" } });
    type Reported = Page<Post & { reported_by: { username: string; reason: string }[] }>;
    const reported = () => expect<Reported>(200, lab.organizer, "GET", `${forum()}reports/`);
    const { results } = await reported();
    assert.deepEqual(
      [results.length, results[0]!.reports, results[0]!.reported_by.map(({ username }) => username)],
      [1, 2, [alice!.username, eve!.username]],
    );
    assert.equal((await posts(alice!, thread)).results[1]!.reports, 0);
    assertRefused(await alice!.send("GET", `${forum()}reports/`), 403, "NOT_ALLOWED");
    assertRefused(await alice!.send("DELETE", at(thread, bad)), 403, "NOT_ALLOWED");
    const removal = { method: "DELETE", path: at(thread, bad), before: null, after: null };
    assert.equal((await asked(lab, removal, lab.organizer, "Advertising")).status, 204);
    const [, left] = (await posts(nobody, thread)).results;
    assert.deepEqual([left!.text, left!.removed!.by, left!.removed!.reason], ["", "organizer", "Advertising"]);
    assert.equal((await reported()).count, 0);
    const event = await newestAt(`/api/competitions/${competition.id}/`, lab.organizer, "post.removed");
    assert.deepEqual([event!.subject, event!.reason], [{ kind: "post", id: String(bad.id) }, "Advertising"]);

    const fine = await say(bob!, thread, "A good one");
    await expect(204, alice!, "POST", `${at(thread, fine)}report/`, { json: {} });
    await expect(204, lab.organizer, "DELETE", `${forum()}reports/${fine.id}/`);
    assertRefused(await lab.organizer.send("DELETE", `${forum()}reports/${fine.id}/`), 404, "NO_SUCH_REPORT");

    await expect(200, lab.organizer, "PATCH", at(thread), { json: { is_locked: true } });
    const json = { text: "More" };
    assertRefused(await bob!.send("POST", `${at(thread)}posts/`, { json }), 403, "THREAD_LOCKED");
    assertRefused(await bob!.send("PATCH", at(thread, fine), { json }), 403, "THREAD_LOCKED");
    await say(lab.organizer, thread, "Closed");
    assertRefused(await alice!.send("PATCH", at(thread), { json: { is_locked: false } }), 403, "NOT_ALLOWED");
    assertRefused(await alice!.send("DELETE", at(thread)), 403, "OTHERS_WROTE");
    assertRefused(await bob!.send("DELETE", at(thread)), 403, "NOT_ALLOWED");
    await expect(204, lab.organizer, "DELETE", at(thread));
    assert.equal((await lab.organizer.send("GET", at(thread))).status, 404);
    const newest = (kind: string) => newestAt(`/api/competitions/${competition.id}/`, lab.organizer, kind);
    const [changed, deleted] = [await newest("thread.changed"), await newest("thread.deleted")];
    assert.deepEqual([changed!.before, changed!.after], [{ is_locked: false }, { is_locked: true }]);
    assert.deepEqual([deleted!.subject.id, deleted!.before!["title"]], [String(thread.id), "Trouble"]);
  });

  it("says who has not read what (A-259)", async () => {
    const thread = await begin(alice!, "News");
    const mine = async (who: Person) => (await expect<Thread>(200, who, "GET", at(thread))).is_unread;
    assert.deepEqual([await mine(alice!), await mine(bob!)], [false, true]);
    await expect(200, bob!, "POST", `${at(thread)}read/`);
    assert.equal(await mine(bob!), false);
    const post = await say(alice!, thread, "More");
    assert.equal(await mine(bob!), true);
    await expect(200, bob!, "POST", `${at(thread)}read/`, { json: { post: post.id - 1 } });
    assert.equal(await mine(bob!), true);
    await expect(200, bob!, "POST", `${at(thread)}read/`, { json: { post: 2_000_000_000 } });
    assert.equal(await mine(bob!), false);
    await say(alice!, thread, "Even more");
    assert.equal(await mine(bob!), true, "nobody has read what is not written yet");
  });

  it("is searched by words of titles and posts (A-259)", async () => {
    const thread = await begin(alice!, "Chihuahua faces", "They look like muffins");
    await say(bob!, thread, "Blueberry muffins, 100% sure");
    for (const query of ["chihuahua", "MUFFINS blueberry", '"blueberry muffins"', "muffins -cake"])
      assert.deepEqual(
        titlesOf(await threads(nobody, `search=${encodeURIComponent(query)}`)),
        ["Chihuahua faces"],
        query,
      );
    for (const query of ["cake", "muffins -blueberry -look", "'; drop table users --"])
      assert.deepEqual(titlesOf(await threads(nobody, `search=${encodeURIComponent(query)}`)), [], query);
    assert.deepEqual(textsOf(await posts(nobody, thread, "search=sure")), ["Blueberry muffins, 100% sure"]);
    const other = await lab.competition();
    assert.equal((await threads(nobody, "search=chihuahua", other)).count, 0);
  });

  it("names no participant where the leaderboard is anonymous, neither in mail (A-262)", async () => {
    const hidden = await lab.competition({ anonymous_leaderboard: true }, alice!, bob!);
    const thread = await begin(alice!, "Who am I", "Guess", hidden);
    await say(bob!, thread, "No idea", hidden);
    await say(lab.organizer, thread, "I know", hidden);
    for (const who of [nobody, eve!]) {
      const answers = [
        await who.send("GET", `${forum(hidden)}threads/`),
        await who.send("GET", `${forum(hidden)}threads/${thread.id}/posts/`),
      ];
      for (const { text } of answers) assert.ok(!text.includes(alice!.username) && !text.includes(bob!.username), text);
    }
    const names = async (who: Reader) =>
      (await posts(who, thread, "", hidden)).results.map(({ author }) => author.username);
    assert.deepEqual(await names(bob!), [null, bob!.username, lab.organizer.username]);
    assert.deepEqual(await names(lab.organizer), [alice!.username, bob!.username, lab.organizer.username]);
  });

  it("keeps the posts of somebody who is deleted, without the name (A-266)", async () => {
    const gone = await lab.newPerson();
    const other = await lab.competition({}, gone);
    const thread = await begin(gone, "Farewell", "I was here", other);
    const id = await idOf(lab, gone);
    for (const table of ["participants", "api_tokens"])
      await sql`delete from ${sql.table(table)} where user_id = ${id}`.execute(lab.inside.db);
    // The audit trail keeps its events of people, so a deletion leaves their row; this shows what the foreign keys do.
    await lab.inside.db.transaction().execute(async (tx) => {
      await sql`alter table audit_events disable trigger all`.execute(tx);
      await sql`update audit_events set actor_id = null where actor_id = ${id}`.execute(tx);
      await sql`delete from users where id = ${id}`.execute(tx);
      await sql`alter table audit_events enable trigger all`.execute(tx);
    });
    const [post] = (await posts(nobody, thread, "", other)).results;
    assert.deepEqual(
      [post!.text, post!.author],
      ["I was here", { username: null, display_name: "Deleted user", is_organizer: false }],
    );
  });

  it("makes a participant pause who writes too much, but no organizer (A-265)", async () => {
    const busy = await lab.competition({}, bob!);
    const thread = await begin(bob!, "Flood", "1", busy);
    for (let n = 2; n <= 41; n++) await say(bob!, thread, String(n), busy);
    const more = { json: { text: "42" } };
    const answer = await bob!.send("POST", `${forum(busy)}threads/${thread.id}/posts/`, more);
    assertRefused(answer, 429, "TOO_MANY_TRIES");
    assert.ok(Number(answer.headers.get("retry-after")) >= 1);
    await say(lab.organizer, thread, "An organizer", busy);
    // Elsewhere, they write on.
    await begin(bob!, "Elsewhere");
  });

  it("is read and written on the command line, and looked after there (A-259, A-261)", async () => {
    const own = await lab.competition({ title: "From a terminal" }, alice!, bob!);
    const run = async (who: Person, ...args: string[]) => {
      const { code, out, errors } = await benchstackHere(args, {
        BENCHSTACK_URL: lab.url,
        BENCHSTACK_TOKEN: who.token,
      });
      return { code, said: out + errors };
    };
    const says = async (pattern: RegExp, who: Person, action: string, ...words: string[]) => {
      const { code, said } = await run(who, "forum", action, "From a terminal", ...words);
      assert.equal(code, 0, said);
      assert.match(said, pattern);
    };
    await says(/No threads were found/, alice!, "threads");
    await says(/^The thread \d+ is there/, alice!, "post", "Missing values", "What does **-99** mean?\u001b[2J");
    const thread = String((await threads(alice!, "", own)).results[0]!.id);
    await says(/^The post \d+ is there/, bob!, "reply", thread, "None");
    await says(/Missing values +person-\w+ +2 .*unread/, alice!, "threads");
    await says(/What does \*\*-99\*\* mean\?␛\[2J\n\n#\d+ person-\w+, .*\nNone\n/, alice!, "read", thread);
    assert.equal((await threads(alice!, "", own)).results[0]!.is_unread, false);
    await says(/Missing values/, bob!, "search", "none");
    const post = String((await posts(alice!, { id: Number(thread) } as Thread, "", own)).results[1]!.id);
    await says(/changed/, bob!, "edit", thread, post, "A gap");
    await says(/reported/, alice!, "report", thread, post, "Wrong");
    await says(new RegExp(`${thread} +${post} +Missing values +${alice!.username}: Wrong`), lab.organizer, "reports");
    await says(/The post stays/, lab.organizer, "dismiss", post);
    for (const [action, done] of [
      ["pin", /^Pinned: Missing values/],
      ["lock", /^Locked/],
      ["unlock", /^No longer locked/],
      ["unpin", /^No longer pinned/],
      ["follow", /^You get mail/],
      ["unfollow", /^You get no mail/],
    ] as const)
      await says(done, lab.organizer, action, thread);
    await says(/The post is deleted/, lab.organizer, "delete", thread, post, "--yes", "--reason", "Wrong");
    await says(/\(removed by an organizer: Wrong\)/, bob!, "read", thread);
    await says(/The thread is deleted/, lab.organizer, "delete", thread, "--yes");
    const misused = async (pattern: RegExp, ...args: string[]) => {
      const { code, said } = await run(alice!, ...args);
      assert.equal(code, 2, said);
      assert.match(said, pattern);
    };
    await misused(/ACTION must be one of threads, search, read/, "forum", "burn", "1");
    await misused(/Write: forum reply COMPETITION THREAD TEXT/, "forum", "reply", "1", "2");
    await misused(/Delete the thread 2\?.*--yes/, "forum", "delete", "1", "2");
    await misused(/cannot be turned off/, "notifications", "account", "off");
    await misused(/KIND must be one of organizer/, "notifications", "spam", "off");
    const turned = await run(alice!, "notifications", "email_on_submission_finished", "on");
    assert.match(turned.said, /^Your submissions .*: on\.\n$/);
    assert.match(
      (await run(alice!, "notifications")).said,
      /email_on_submission_finished +on[^]*account +on .*without your notice/,
    );
  });

  it("reads a page of 100,000 posts by an index (A-259)", async () => {
    const large = await lab.competition({}, alice!);
    const thread = await begin(alice!, "Endless", "0", large);
    const { db } = lab.inside;
    await sql`insert into forum_posts (thread_id, author_id, text)
      select ${thread.id}, null, 'post ' || n from generate_series(1, 99999) n`.execute(db);
    await sql`analyze forum_posts`.execute(db);
    const last = await posts(nobody, thread, "page=2000", large);
    assert.deepEqual([last.count, last.results.length, last.results[49]!.text], [100_000, 50, "post 99999"]);
    assert.deepEqual(textsOf(await posts(nobody, thread, "search=77777", large)), ["post 77777"]);
    for (const query of [
      sql`select * from forum_posts where thread_id = ${sql.lit(thread.id)} order by id limit 50`,
      sql`select * from forum_posts where to_tsvector('simple', text) @@ websearch_to_tsquery('simple', 'rare')`,
    ]) {
      const plan = JSON.stringify((await sql`explain ${query}`.execute(db)).rows);
      assert.match(plan, /Index Scan/);
      assert.doesNotMatch(plan, /Seq Scan/);
    }
  });
});
