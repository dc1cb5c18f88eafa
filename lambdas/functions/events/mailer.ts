import { SendEmailCommand, SESv2Client, type SendEmailRequest } from "@aws-sdk/client-sesv2";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import * as z from "zod";
import { breaksHeader, isMailAddress, maxRecipients, type Letter } from "../../accounts/rules/mail.ts";
import { unsubscribePath } from "../../accounts/rules/mail-kinds.ts";
import { readEnvironment } from "../../kernel/environment.ts";
import { processLog, type PlatformLog } from "../../kernel/log.ts";
import { askInside } from "../ask-inside.ts";
import type { MailOrders, Taken } from "./outgoing-mail.ts";

const messageSchema = z.object({
  type: z.literal("send-mail"),
  mail: z.string(),
  correlationId: z.string().optional(),
});

/**
 * Runs outside the VPC. Sends the mail that the queue names. SQS redelivers a message that failed until its retries are
 * used up. A mail is sent twice only if the answer of SES is lost, because SES does not detect repeated requests.
 */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const failures: SQSBatchResponse["batchItemFailures"] = [];
  for (const record of event.Records) {
    let log = processLog();
    try {
      const { mail, correlationId } = messageSchema.parse(JSON.parse(record.body));
      log = log.with({ correlationId });
      await send(mail, log);
    } catch (error) {
      log.error("mail.failed", { messageId: record.messageId, error });
      failures.push({ itemIdentifier: record.messageId });
    }
  }
  return { batchItemFailures: failures };
}

async function send(mail: string, log: PlatformLog): Promise<void> {
  const { MAIL_FROM } = readEnvironment("mailer");
  const letter = (await tellInside({ type: "take", mail })) as Taken;
  if (letter === "sent" || letter === "gone") return;
  // SQS redelivers this message. By then the mail is sent, unless the other mailer crashed.
  if (letter === "sending") throw new Error("another one is sending it");
  try {
    await new SESv2Client({}).send(new SendEmailCommand(requestFor(letter, MAIL_FROM)));
  } catch (error) {
    const { name, message } = error as Error;
    await tellInside({ type: "failed", mail, problem: `${name}: ${message}`.slice(0, 1000) });
    throw error;
  }
  // The mail is sent. A failure to record that is only logged, because a retry would send it twice.
  await tellInside({ type: "sent", mail }).catch((error: unknown) => log.error("mail.unrecorded", { mail, error }));
}

async function tellInside(orders: MailOrders): Promise<unknown> {
  const { OUTGOING_MAIL_FUNCTION } = readEnvironment("mailer");
  return askInside(OUTGOING_MAIL_FUNCTION, orders);
}

/** The request to SES. Throws when a value could inject a header or add recipients. */
export function requestFor(letter: Letter, from: string): SendEmailRequest {
  const { recipients, blindCopies, replyTo, subject, body, unsubscribeUrl } = letter;
  const everybody = [...recipients, ...blindCopies];
  if (everybody.length === 0 || everybody.length > maxRecipients)
    throw new Error(`A message is for 1 to ${maxRecipients} people, not ${everybody.length}.`);
  const wrong = [...everybody, ...(replyTo === null ? [] : [replyTo]), from].find((one) => !isMailAddress(one));
  if (wrong !== undefined) throw new Error(`${JSON.stringify(wrong)} is no mail address.`);
  if (breaksHeader(subject)) throw new Error(`The subject ${JSON.stringify(subject)} is more than a line of text.`);
  if (unsubscribeUrl !== null && !/^https?:\/\/[\x21-\x3b\x3d\x3f-\x7e]+$/.test(unsubscribeUrl))
    throw new Error(`${JSON.stringify(unsubscribeUrl)} is no address of a page.`);
  const text = (Data: string) => ({ Data, Charset: "UTF-8" });
  return {
    FromEmailAddress: from,
    Destination: {
      ...(recipients.length > 0 ? { ToAddresses: recipients } : {}),
      ...(blindCopies.length > 0 ? { BccAddresses: blindCopies } : {}),
    },
    ...(replyTo === null ? {} : { ReplyToAddresses: [replyTo] }),
    Content: {
      Simple: {
        Subject: text(subject),
        Body: {
          Text: text(
            unsubscribeUrl === null ? body : `${body.trimEnd()}\n\n-- \nStop mail of this kind: ${unsubscribeUrl}\n`,
          ),
        },
        ...(unsubscribeUrl === null ? {} : { Headers: unsubscribeHeaders(unsubscribeUrl) }),
      },
    },
  };
}

/**
 * Headers with which mail programs stop the mail. Those of links of our own work in one click (RFC 8058, which wants HTTPS).
 * Mail of the release before links to a page that needs a login.
 */
const unsubscribeHeaders = (url: string) => [
  { Name: "List-Unsubscribe", Value: `<${url}>` },
  ...(url.startsWith("https:") && new URL(url).pathname === unsubscribePath
    ? [{ Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click" }]
    : []),
];
