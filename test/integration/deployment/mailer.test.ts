/** The mailer between its queue, the function inside and SES, where each of them goes wrong. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import { startFauxqs } from "fauxqs";
import { migrate } from "../../../lambdas/kernel/db/connection.ts";
import type { Mail } from "../../../lambdas/accounts/rules/mail.ts";
import { handler as mailer } from "../../../lambdas/functions/events/mailer.ts";
import { handler as outgoingMail } from "../../../lambdas/functions/events/outgoing-mail.ts";
import { sql } from "kysely";
import { post, sendStalledMails } from "../../../lambdas/accounts/service/mail.ts";
import { currentContext } from "../../../lambdas/functions/context.ts";
import { closeContexts } from "../../../lambdas/functions/worker-context.ts";
import { transact } from "../../../lambdas/kernel/context.ts";
import { startOutsideServices } from "../../../local/outside-services.ts";
import { insideEnvironment } from "../../support/environment.ts";
import { testDatabase } from "../../support/postgres.ts";

const database = await testDatabase();
const queues = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false, defaultRegion: "us-east-1" });
for (const name of ["control", "mail"]) queues.createQueue(name, { region: "us-east-1" });
const outside = await startOutsideServices(() => "", { name: "none", value: "{}" });
const prefix = `http://127.0.0.1:${queues.port}/000000000000/`;

/** SES as its client sees it: it takes messages, or refuses them when the test says so. */
let refusal: string | null = null;
/** Runs when a message has been taken, before the answer. */
let meanwhile: () => Promise<unknown> = () => Promise.resolve();
const taken: string[] = [];
const ses = createServer((request, response) => {
  void (async () => {
    let body = "";
    for await (const piece of request) body += String(piece);
    const json = { "content-type": "application/json" };
    if (refusal !== null)
      return response
        .writeHead(400, { ...json, "x-amzn-errortype": "MessageRejected" })
        .end(JSON.stringify({ message: refusal }));
    taken.push(
      (JSON.parse(body) as { Content: { Simple: { Subject: { Data: string } } } }).Content.Simple.Subject.Data,
    );
    await meanwhile();
    response.writeHead(200, json).end(JSON.stringify({ MessageId: "1" }));
  })();
});

beforeAll(async () => {
  await new Promise<void>((done) => ses.listen(0, "127.0.0.1", done));
  Object.assign(process.env, {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "key",
    AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${queues.port}`,
    AWS_ENDPOINT_URL_LAMBDA: outside.url,
    AWS_ENDPOINT_URL_SESV2: `http://127.0.0.1:${(ses.address() as AddressInfo).port}`,
    DATABASE_MAX_CONNECTIONS: "4",
    ...insideEnvironment({ DATABASE_URL: database.url, QUEUE_URL_PREFIX: prefix, MAIL_QUEUE: "mail" }),
    OUTGOING_MAIL_FUNCTION: outside.outgoingMailFunction,
    MAIL_FROM: "bench@example.org",
    POWERTOOLS_LOG_LEVEL: "WARN",
  });
  await migrate(currentContext().db);
});
beforeEach(() => {
  refusal = null;
  meanwhile = () => Promise.resolve();
  taken.length = 0;
});
afterAll(async () => {
  await closeContexts();
  await queues.stop();
  await outside.close();
  ses.closeAllConnections();
  ses.close();
  await database.drop();
});

/** Writes mail, and gives what came into the queue, as Lambda would hand it over. */
async function written(mail: Partial<Mail> & { subject: string }): Promise<SQSEvent> {
  await transact(currentContext(), (tx) =>
    post(tx, currentContext(), [{ recipients: ["ada@example.org"], body: "Text", ...mail }]),
  );
  const { Messages = [] } = await new SQSClient({}).send(
    new ReceiveMessageCommand({ QueueUrl: `${prefix}mail`, MaxNumberOfMessages: 10 }),
  );
  return { Records: Messages.map(({ Body }, index) => ({ messageId: `m${index}`, body: Body! }) as SQSRecord) };
}
const row = (subject: string) =>
  currentContext().db.selectFrom("mails").selectAll().where("subject", "=", subject).executeTakeFirstOrThrow();
const failed = { batchItemFailures: [{ itemIdentifier: "m0" }] };
const done = { batchItemFailures: [] };

describe("the mailer", () => {
  it("sends what the queue names, which holds nothing but its id", async () => {
    const event = await written({ subject: "Once" });
    const { id, status } = await row("Once");
    assert.equal(status, "waiting");
    assert.deepEqual(
      event.Records.map(({ body }) => JSON.parse(body) as unknown),
      [{ type: "send-mail", mail: id }],
    );
    assert.deepEqual(await mailer(event), done);
    assert.deepEqual(taken, ["Once"]);
    const after = await row("Once");
    assert.deepEqual([after.status, after.problem, after.sent_when !== null], ["sent", null, true]);
  });

  it("forgets the text of a mail with a secret once it is sent, and keeps that of others", async () => {
    const text = async (subject: string, isSecret: boolean) => {
      const event = await written({ subject, isSecret, body: "https://example.org/?token=1" });
      refusal = "Try again.";
      assert.deepEqual(await mailer(event), failed);
      assert.match((await row(subject)).body, /token/, "it is to be sent again");
      refusal = null;
      assert.deepEqual(await mailer(event), done);
      return (await row(subject)).body;
    };
    assert.equal(await text("Secret", true), "");
    assert.match(await text("Open", false), /token/);
  });

  it("sends nothing twice that comes twice, one after the other or at once", async () => {
    const event = await written({ subject: "Twice" });
    meanwhile = async () => {
      meanwhile = () => Promise.resolve();
      assert.deepEqual(await mailer(event), failed, "it comes again, for the first to be lost perhaps");
    };
    assert.deepEqual(await mailer(event), done);
    assert.deepEqual(await mailer(event), done);
    assert.deepEqual(taken, ["Twice"]);
  });

  it("gives back what SES refuses, says why, and sends it when it comes again", async () => {
    const event = await written({ subject: "Refused" });
    refusal = "Email address is not verified.";
    assert.deepEqual(await mailer(event), failed);
    const refused = await row("Refused");
    assert.deepEqual(
      [refused.status, refused.problem, refused.sent_when],
      ["failed", "MessageRejected: Email address is not verified.", null],
    );
    refusal = null;
    assert.deepEqual(await mailer(event), done);
    assert.deepEqual(taken, ["Refused"]);
    const sent = await row("Refused");
    assert.deepEqual([sent.status, sent.problem], ["sent", null]);
  });

  it("sends one again that a mailer took and said no more of, when that can run no more", async () => {
    const event = await written({ subject: "Lost" });
    const { id } = await row("Lost");
    await outgoingMail({ type: "take", mail: id });
    assert.deepEqual(await mailer(event), failed);
    await currentContext()
      .db.updateTable("mails")
      .set({ taken_when: new Date(Date.now() - 61_000) })
      .where("id", "=", id)
      .execute();
    assert.deepEqual(await mailer(event), done);
    assert.deepEqual(taken, ["Lost"]);
  });

  it("is done with what is out, also when that cannot be noted", async () => {
    const event = await written({ subject: "Unnoted" });
    const { db } = currentContext();
    const rename = (from: string, to: string) => db.schema.alterTable(from).renameTo(to).execute();
    meanwhile = () => rename("mails", "mails_away");
    try {
      assert.deepEqual(await mailer(event), done);
    } finally {
      await rename("mails_away", "mails");
    }
    assert.equal((await row("Unnoted")).status, "sending");
  });

  it("is done with what is not there any more, and gives back a message that is none", async () => {
    const record = (body: string) => ({ Records: [{ messageId: "m0", body } as SQSRecord] });
    assert.deepEqual(await mailer(record('{"type":"send-mail","mail":"999999"}')), done);
    for (const body of ["{}", "no JSON", '{"type":"send-mail","mail":"1; drop table mails"}'])
      assert.deepEqual(await mailer(record(body)), failed);
    assert.deepEqual(taken, []);
  });

  it("sends nothing whose row could break a header, and says so", async () => {
    const event = await written({ subject: "Hostile" });
    await currentContext()
      .db.updateTable("mails")
      .set({ subject: "Hostile\r\nBcc: eve@example.org" })
      .where("subject", "=", "Hostile")
      .execute();
    assert.deepEqual(await mailer(event), failed);
    assert.deepEqual(taken, []);
    const { status, problem } = await row("Hostile\r\nBcc: eve@example.org");
    assert.equal(status, "failed");
    assert.match(problem!, /more than a line of text/);
  });

  it("is told again of mail whose message was given up, once in half an hour, for four days (A-153)", async () => {
    const { db } = currentContext();
    await written({ subject: "Stalled" });
    const { id } = await row("Stalled");
    const made = (age: string) =>
      sql`update mails set created_when = now() - ${age}::interval, taken_when = null where id = ${id}`.execute(db);
    const asked = async () => {
      await sendStalledMails(currentContext());
      const { Messages = [] } = await new SQSClient({}).send(new ReceiveMessageCommand({ QueueUrl: `${prefix}mail` }));
      return Messages.map(({ Body }) => (JSON.parse(Body!) as { mail: string }).mail);
    };
    assert.deepEqual(await asked(), [], "its message may still come");
    await made("5 days");
    assert.deepEqual(await asked(), [], "nobody waits for it any more");
    await made("31 minutes");
    assert.deepEqual(await asked(), [id]);
    assert.deepEqual(await asked(), []);
    const record = { messageId: "m0", body: JSON.stringify({ type: "send-mail", mail: id }) } as SQSRecord;
    assert.deepEqual(await mailer({ Records: [record] }), done);
    await made("31 minutes");
    assert.deepEqual(await asked(), [], "it was sent");
  });
});
