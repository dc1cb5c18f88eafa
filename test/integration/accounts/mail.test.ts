/** Mail from whoever writes it to the file of a message, by queue and mailer as on AWS. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { promisify } from "node:util";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { expect, openLab, type Lab } from "../support/lab.ts";
import { idOf } from "./organization-lab.ts";

interface Message {
  headers: Record<string, string>;
  body: string;
}
interface Posted {
  recipients: number;
  is_sent: boolean;
  detail: string;
}

/** Python's own reader of messages, which knows nothing of who wrote them. */
const reader = `
import email, email.policy, json, sys
message = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
print(json.dumps({"headers": {k: str(v) for k, v in message.items()}, "body": message.get_content(), "defects": [str(d) for d in message.defects]}))
`;

describe("mail", () => {
  let lab: Lab;
  let alice: Person;
  beforeAll(async () => {
    lab = await openLab();
    alice = await lab.newPerson();
  });
  afterAll(() => lab.close());

  const mailOf = ({ username }: Person) => `${username}@example.org`;
  const folder = () => join(lab.home, "mail");
  const read = async (file: string): Promise<Message> => {
    const { defects, ...message } = JSON.parse(
      (await promisify(execFile)("python3", ["-c", reader, file])).stdout,
    ) as Message & { defects: string[] };
    assert.deepEqual(defects, []);
    return message;
  };
  /** Messages with a text in their files, once there are so many. */
  const messages = (text: string, count = 1): Promise<Message[]> =>
    waitFor(`${count} messages with "${text}"`, async () => {
      const files = (await readdir(folder())).filter((name) => name.endsWith(".eml")).sort();
      const contents = await Promise.all(files.map((name) => readFile(join(folder(), name), "utf8")));
      const found = files.filter((_, n) => contents[n]!.includes(text));
      return found.length >= count && Promise.all(found.map((name) => read(join(folder(), name))));
    });
  const statuses = async () => [
    ...new Set((await lab.inside.db.selectFrom("mails").select("status").execute()).map(({ status }) => status)),
  ];

  it("invites into an organization with a link whose token is good", async () => {
    const json = { name: "Institut für Grüße 🚀", email: "institute@example.org" };
    const organization = await expect<{ id: number; email: string }>(
      201,
      lab.organizer,
      "POST",
      "/api/organizations/",
      { json },
    );
    const at = `/api/organizations/${organization.id}/`;
    const answer = await expect<Posted>(200, lab.organizer, "POST", `${at}invite_users/`, {
      json: { users: [alice.username] },
    });
    assert.deepEqual(answer, { recipients: 1, is_sent: true, detail: "Mail to one person is on its way." });
    const [message] = await messages(mailOf(alice));
    const { headers, body } = message!;
    assert.equal(headers["To"], mailOf(alice));
    assert.equal(headers["Subject"], "You have been invited to join Institut für Grüße 🚀");
    assert.equal(headers["Reply-To"], organization.email);
    assert.equal(headers["Content-Type"], 'text/plain; charset="utf-8"');
    const unsubscribe = `<${lab.url}/accounts/unsubscribe/?token=`;
    assert.ok(headers["List-Unsubscribe"]!.startsWith(unsubscribe), headers["List-Unsubscribe"]);
    const [, token] = /\/profiles\/organization\/accept_invite\/\?token=([\w-]+)/.exec(body)!;
    await expect(200, alice, "POST", "/api/organizations/invite_response/", { json: { token } });
    const { members } = await expect<{ members: { group: string; user: { slug: string } }[] }>(200, alice, "GET", at);
    assert.equal(members.find(({ user }) => user.slug === alice.username)?.group, "MEMBER");
    await waitFor("the message to be noted as sent", async () => (await statuses()).join() === "sent");
  });

  it("to all participants goes to each alone, without those who want none (A-66)", async () => {
    const competition = await lab.competition(
      { title: "Two\r\nBcc: eve@example.org", contact_email: "help@example.org" },
      alice,
    );
    const shy = await lab.newPerson();
    await expect(200, shy, "PATCH", `/api/users/${await idOf(lab, shy)}/`, {
      json: { organizer_direct_message_updates: false },
    });
    const { db } = lab.inside;
    const many = Array.from({ length: 120 }, (_, n) => ({
      username: `many-${n}`,
      email: `many-${n}@example.org`,
      password_hash: null,
    }));
    const made = await db.insertInto("users").values(many).returning("id").execute();
    const user_ids = [...made.map(({ id }) => id), await idOf(lab, shy)];
    await db
      .insertInto("participants")
      .values(user_ids.map((user_id) => ({ competition_id: competition.id, user_id, status: "approved" as const })))
      .execute();

    const path = `/api/competitions/${competition.id}/email_all_participants/`;
    const answer = await expect<Posted>(200, lab.organizer, "POST", path, {
      json: { message: "The deadline **moves**.\n\nÜbermorgen" },
    });
    // The organizer takes part in what they organize.
    assert.deepEqual([answer.recipients, answer.is_sent], [122, true]);
    const letters = await lab.inside.db
      .selectFrom("mails")
      .select(["recipients", "blind_copies", "unsubscribe_url"])
      .where("body", "like", "The deadline%")
      .execute();
    assert.deepEqual(
      letters.map(({ recipients }) => recipients.join()).sort(),
      [mailOf(lab.organizer), mailOf(alice), ...many.map(({ email }) => email)].sort(),
    );
    assert.ok(letters.every(({ blind_copies }) => blind_copies.length === 0));
    assert.equal(new Set(letters.map(({ unsubscribe_url }) => unsubscribe_url)).size, 122);
    const sent = await messages("The deadline **moves**.");
    for (const { headers, body } of sent) {
      assert.equal(headers["Bcc"], undefined);
      assert.equal(headers["Subject"], "A message from the admins of Two Bcc: eve@example.org");
      assert.equal(headers["Reply-To"], "help@example.org");
      assert.match(body, /^The deadline \*\*moves\*\*\.\s+Übermorgen\s+-- \s+Stop mail of this kind: http/);
    }
  });

  it("to somebody who wants none is none, and the organizer is told so", async () => {
    const competition = await lab.competition({ title: "Quiet" }, alice);
    await expect(200, alice, "PATCH", `/api/users/${await idOf(lab, alice)}/`, {
      json: { organizer_direct_message_updates: false },
    });
    const participants = await expect<{ id: number }[]>(
      200,
      lab.organizer,
      "GET",
      `/api/participants/?competition=${competition.id}&user__username=${alice.username}`,
    );
    const answer = await expect<Posted>(
      200,
      lab.organizer,
      "POST",
      `/api/participants/${participants[0]!.id}/send_email/`,
      { json: { message: "Hello" } },
    );
    assert.deepEqual(answer, {
      recipients: 0,
      is_sent: false,
      detail: "This mail has no recipients, because nobody wants to receive it.",
    });
  });

  it("is kept, and whoever writes it is told so, where the platform sends none", async () => {
    const competition = await lab.competition({ title: "Kept" });
    const { environment } = lab.inside;
    const { MAIL_QUEUE } = environment;
    delete environment.MAIL_QUEUE;
    try {
      const answer = await expect<Posted>(
        200,
        lab.organizer,
        "POST",
        `/api/competitions/${competition.id}/email_all_participants/`,
        { json: { message: "Hello" } },
      );
      assert.deepEqual([answer.recipients, answer.is_sent], [1, false]);
      assert.match(answer.detail, /sends no mail.*mailFrom/);
    } finally {
      environment.MAIL_QUEUE = MAIL_QUEUE;
    }
    const row = await lab.inside.db
      .selectFrom("mails")
      .selectAll()
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirstOrThrow();
    assert.equal(row.status, "kept");
  });
});
