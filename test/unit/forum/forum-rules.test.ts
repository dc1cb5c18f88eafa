import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { authorSeenBy } from "../../../lambdas/forum/rules/author.ts";
import { forumMail } from "../../../lambdas/forum/rules/forum-mail.ts";
import { mentionsIn } from "../../../lambdas/forum/rules/mentions.ts";
import { mailKindNames, readUnsubscribeToken, unsubscribeToken } from "../../../lambdas/accounts/rules/mail-kinds.ts";

describe("authors of posts (A-262)", () => {
  const ada = { id: 7, username: "ada-l", display_name: "Ada" };
  const open = { organizers: [1], pseudonymKey: null };
  const anonymous = { organizers: [1], pseudonymKey: "secret" };
  const reader = { id: 8, organizes: false };

  it("have their display name, or else their username, and organizers a mark", () => {
    assert.deepEqual(authorSeenBy(reader, ada, open), { username: "ada-l", display_name: "Ada", is_organizer: false });
    assert.deepEqual(authorSeenBy(reader, { ...ada, id: 1, display_name: "" }, open), {
      username: "ada-l",
      display_name: "ada-l",
      is_organizer: true,
    });
  });

  it("have a pseudonym where names are hidden, except for themselves, for organizers, and as organizers", () => {
    const hidden = authorSeenBy(reader, ada, anonymous);
    assert.equal(hidden.username, null);
    assert.match(hidden.display_name, /^Participant [0-9a-f]{8}$/);
    assert.equal(authorSeenBy({ id: null, organizes: false }, ada, anonymous).username, null);
    assert.equal(authorSeenBy({ id: 7, organizes: false }, ada, anonymous).username, "ada-l");
    assert.equal(authorSeenBy({ id: 8, organizes: true }, ada, anonymous).username, "ada-l");
    assert.equal(authorSeenBy(reader, { ...ada, id: 1 }, anonymous).username, "ada-l");
  });

  it("are a deleted user when their account is gone", () => {
    const gone = authorSeenBy(reader, { id: null, username: null, display_name: null }, anonymous);
    assert.deepEqual(gone, { username: null, display_name: "Deleted user", is_organizer: false });
  });
});

describe("mentions (A-263)", () => {
  for (const [text, names] of [
    ["@ada-l, look", ["ada-l"]],
    ["(@Ada_1) and @bob-2. And @ada_1 again", ["ada_1", "bob-2"]],
    ["write to help@example.org or //host/@path", []],
    ["@ alone, @@twice", []],
    [
      Array.from({ length: 40 }, (_, n) => `@person-${n}`).join(" "),
      Array.from({ length: 20 }, (_, n) => `person-${n}`),
    ],
  ] as const)
    it(JSON.stringify(text).slice(0, 50), () => assert.deepEqual(mentionsIn(text), names));
});

describe("mail about posts (A-264)", () => {
  const post = { threadId: 3, title: "Scores", count: 1, author: "Ada", text: "Why **0**?" };
  const url = "https://bench.example.org/competitions/1/forum/";

  it("quotes a single post", () =>
    assert.deepEqual(forumMail("Weather", url, [post]), {
      subject: 'A new post in "Scores" of Weather',
      body: `Ada wrote in "Scores":\n\n> Why **0**?\n\n${url}3/\n`,
    }));

  it("marks each quoted line, so that nobody writes words of the platform (A-258)", () => {
    const text = "Hi\n\nYour account ends.\r\nLog in at https://evil.example.org/\u2028now";
    const { body } = forumMail("Weather", url, [{ ...post, text }]);
    assert.deepEqual(body.split("\n").slice(2, -3), [
      "> Hi",
      ">",
      "> Your account ends.",
      "> Log in at https://evil.example.org/",
      "> now",
    ]);
  });

  it("counts several, and joins threads", () => {
    const { subject, body } = forumMail("Weather", url, [post, { ...post, threadId: 4, title: "Data", count: 9 }]);
    assert.equal(subject, "10 new posts in 2 threads of Weather");
    assert.match(body, /Why \*\*0\*\*\?[^]*9 new posts in "Data"\.\n\n.*\/4\/\n$/);
  });
});

describe("links that stop mail (A-268)", () => {
  const ada = { id: 7, mail_key: "one" };

  it("are signed for one person and one kind", () => {
    for (const kind of mailKindNames) {
      const read = readUnsubscribeToken(unsubscribeToken(ada, kind))!;
      assert.deepEqual([read.userId, read.kind, read.isSignedBy(ada)], [7, kind, true]);
      assert.ok(!read.isSignedBy({ ...ada, mail_key: "two" }));
    }
    const [forum, messages] = ["allow_forum_notifications", "organizer_direct_message_updates"] as const;
    const moved = unsubscribeToken(ada, forum).replace(forum, messages);
    assert.ok(!readUnsubscribeToken(moved)!.isSignedBy(ada));
  });

  for (const token of [
    "",
    "7",
    "7.allow_forum_notifications.",
    `7.is_superuser.${"a".repeat(43)}`,
    `x.y.${"a".repeat(43)}`,
  ])
    it(`are none: ${JSON.stringify(token)}`, () => assert.equal(readUnsubscribeToken(token), undefined));
});
