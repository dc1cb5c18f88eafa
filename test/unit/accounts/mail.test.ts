import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import {
  breaksHeader,
  headerLine,
  isMailAddress,
  lettersOf,
  type Letter,
} from "../../../lambdas/accounts/rules/mail.ts";
import { requestFor } from "../../../lambdas/functions/events/mailer.ts";

const from = "bench@example.org";
const letter: Letter = {
  recipients: ["ada@example.org"],
  blindCopies: [],
  replyTo: null,
  subject: "Hello",
  body: "Text",
  unsubscribeUrl: null,
  isSecret: false,
};
const people = (count: number) => Array.from({ length: count }, (_, n) => `person-${n}@example.org`);

describe("mail addresses", () => {
  for (const one of [
    "ada@example.org",
    "o'neil+list@cs.example.ac.uk",
    "A.B_c-1@EXAMPLE.ORG",
    `${"l".repeat(64)}@example.org`,
  ])
    it(`may be ${one}`, () => assert.ok(isMailAddress(one)));

  const hostile = [
    "admin@localhost",
    "",
    "@example.org",
    "ada@",
    "ada@example..org",
    "ada@-example.org",
    "ada@@example.org",
    "ada@example.org\r\nBcc: eve@example.org",
    "ada@example.org\n",
    "\tada@example.org",
    "ada@example.org, eve@example.org",
    "Ada <ada@example.org>",
    '"ada\r\n"@example.org',
    "ada@exämple.org",
    "ada@example.org\0",
    `${"l".repeat(65)}@example.org`,
    `ada@${"long.".repeat(60)}org`,
  ];
  for (const one of hostile) it(`may not be ${JSON.stringify(one).slice(0, 60)}`, () => assert.ok(!isMailAddress(one)));
});

describe("mail becomes messages", () => {
  it("of at most 50 recipients, each of whom is in one", () => {
    const letters = lettersOf({
      recipients: ["ada@example.org"],
      blindCopies: [...people(120), "person-7@example.org"],
      subject: "S",
      body: "B",
    });
    assert.deepEqual(
      letters.map(({ recipients, blindCopies }) => [recipients.length, blindCopies.length]),
      [
        [1, 0],
        [0, 50],
        [0, 50],
        [0, 20],
      ],
    );
    assert.deepEqual(
      letters.flatMap(({ blindCopies }) => blindCopies),
      people(120),
    );
  });

  it("without those whom no mail reaches, and none to nobody", () => {
    assert.deepEqual(
      lettersOf({ recipients: ["admin@localhost", "ada@example.org"], subject: "S", body: "B" }).map(
        ({ recipients }) => recipients,
      ),
      [["ada@example.org"]],
    );
    assert.deepEqual(lettersOf({ recipients: ["admin@localhost"], blindCopies: [], subject: "S", body: "B" }), []);
  });

  it("with a subject of one line, and without a reply address that is none", () => {
    const [one] = lettersOf({
      recipients: ["ada@example.org"],
      replyTo: "x@example.org\r\nBcc: eve@example.org",
      subject: " Two\r\nBcc: eve@example.org\u2028lines\0 ",
      body: "B\r\nC",
    });
    assert.deepEqual(one, {
      recipients: ["ada@example.org"],
      blindCopies: [],
      replyTo: null,
      unsubscribeUrl: null,
      isSecret: false,
      subject: "Two Bcc: eve@example.org lines",
      body: "B\r\nC",
    });
  });

  it("whose subject breaks no header, whatever is in it", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (subject) => assert.ok(!breaksHeader(headerLine(subject)))));
  });
});

describe("what SES is asked for", () => {
  it("is plain text in UTF-8, from one address to those named", () => {
    assert.deepEqual(
      requestFor({ ...letter, subject: "Grüße 🚀", body: "Zeile\nzwei", replyTo: "org@example.org" }, from),
      {
        FromEmailAddress: from,
        Destination: { ToAddresses: ["ada@example.org"] },
        ReplyToAddresses: ["org@example.org"],
        Content: {
          Simple: {
            Subject: { Data: "Grüße 🚀", Charset: "UTF-8" },
            Body: { Text: { Data: "Zeile\nzwei", Charset: "UTF-8" } },
          },
        },
      },
    );
  });

  it("names blind copies as such, and a page where to choose what one gets", () => {
    const request = requestFor(
      {
        ...letter,
        recipients: [],
        blindCopies: people(50),
        unsubscribeUrl: "https://bench.example.org/accounts/mail/",
      },
      from,
    );
    assert.deepEqual(request.Destination, { BccAddresses: people(50) });
    assert.deepEqual(request.Content?.Simple?.Headers, [
      { Name: "List-Unsubscribe", Value: "<https://bench.example.org/accounts/mail/>" },
    ]);
    assert.equal(
      request.Content.Simple.Body?.Text?.Data,
      "Text\n\n-- \nStop mail of this kind: https://bench.example.org/accounts/mail/\n",
    );
  });

  it("has a link that stops the mail in one click, as RFC 8058 wants it (A-268)", () => {
    const unsubscribeUrl = "https://bench.example.org/accounts/unsubscribe/?token=7.allow_forum_notifications.x";
    assert.deepEqual(requestFor({ ...letter, unsubscribeUrl }, from).Content?.Simple?.Headers, [
      { Name: "List-Unsubscribe", Value: `<${unsubscribeUrl}>` },
      { Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click" },
    ]);
    const plain = requestFor({ ...letter, unsubscribeUrl: unsubscribeUrl.replace("https", "http") }, from);
    assert.equal(plain.Content?.Simple?.Headers?.length, 1);
  });

  const refused: [what: string, wrong: Partial<Letter>, sentence: RegExp][] = [
    ["a subject with a line break", { subject: "Hello\r\nBcc: eve@example.org" }, /more than a line/],
    ["a subject with a bare line feed", { subject: "Hello\nBcc: eve@example.org" }, /more than a line/],
    ["a subject with a Unicode line break", { subject: "Hello\u2028Bcc: eve@example.org" }, /more than a line/],
    ["a recipient with a line break", { recipients: ["ada@example.org\r\nBcc: eve@example.org"] }, /no mail address/],
    ["a recipient who is two", { recipients: ["ada@example.org,eve@example.org"] }, /no mail address/],
    ["a blind copy with a name", { blindCopies: ["Eve <eve@example.org>"] }, /no mail address/],
    ["a reply address with a line break", { replyTo: "org@example.org\nBcc: eve@example.org" }, /no mail address/],
    [
      "a page with a line break",
      { unsubscribeUrl: "https://bench.example.org/\r\nBcc: eve@example.org" },
      /no address of a page/,
    ],
    [
      "a page that ends its brackets",
      { unsubscribeUrl: "https://bench.example.org/>,<mailto:eve@example.org" },
      /no address of a page/,
    ],
    ["nobody", { recipients: [] }, /1 to 50 people, not 0/],
    ["more than 50", { recipients: people(51) }, /1 to 50 people, not 51/],
  ];
  for (const [what, wrong, sentence] of refused)
    it(`is never ${what}`, () => void assert.throws(() => requestFor({ ...letter, ...wrong }, from), sentence));
});
