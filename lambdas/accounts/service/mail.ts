import { insertLetters, stalledLetters } from "../db/mails.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { enqueue } from "../../kernel/db/outbox.ts";
import { lettersOf, type Mail } from "../rules/mail.ts";
import { transact, type Context } from "../../kernel/context.ts";

/** The result of posting mail. */
export interface Posted {
  /** The number of recipients. */
  recipients: number;
  /** Whether the mail is sent. If the platform sends no mail, it is only kept in the database. */
  isSent: boolean;
}

/** The message in the mail queue. The mail itself stays in the database. */
export interface MailMessage extends Record<string, unknown> {
  type: "send-mail";
  /** Id of the mail. */
  mail: string;
}

/** Stores mail in the caller's transaction. It is sent after the commit, if the platform sends mail. */
export async function post(
  tx: Tx,
  { environment: { MAIL_QUEUE }, correlationId }: Pick<Context, "environment" | "correlationId">,
  mails: Mail[],
): Promise<Posted> {
  const letters = mails.flatMap(lettersOf);
  const ids = await insertLetters(tx, letters, MAIL_QUEUE === undefined ? "kept" : "waiting");
  if (MAIL_QUEUE !== undefined)
    await enqueue(tx, MAIL_QUEUE, correlationId, ...ids.map((mail): MailMessage => ({ type: "send-mail", mail })));
  const recipients = letters.reduce(
    (sum, { recipients, blindCopies }) => sum + recipients.length + blindCopies.length,
    0,
  );
  return { recipients, isSent: MAIL_QUEUE !== undefined && recipients > 0 };
}

/** A mail is sent within seconds, and the queue gives its message up after a quarter of an hour. */
const stalled = { seconds: 30 * 60, maxSeconds: 4 * 24 * 3600, limit: 500 };

/** Asks again for mails whose message was given up, as happens when the database does not work for long. */
export async function sendStalledMails(context: Context): Promise<void> {
  const { MAIL_QUEUE } = context.environment;
  if (MAIL_QUEUE === undefined) return;
  await transact(context, async (tx) => {
    const mails = await stalledLetters(tx, stalled);
    await enqueue(
      tx,
      MAIL_QUEUE,
      context.correlationId,
      ...mails.map((mail): MailMessage => ({ type: "send-mail", mail })),
    );
  });
}
