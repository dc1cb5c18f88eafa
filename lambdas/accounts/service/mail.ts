import { insertLetters } from "../db/mails.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { enqueue } from "../../kernel/db/outbox.ts";
import { lettersOf, type Mail } from "../rules/mail.ts";
import type { Context } from "../../kernel/context.ts";

/** What became of mail that somebody wrote. */
export interface Posted {
  /** How many it is for. */
  recipients: number;
  /** Whether it is sent; else it is kept in the database, as the platform sends none. */
  isSent: boolean;
}

/** What the queue of mail says; what it is about stays in the database. */
export interface MailMessage extends Record<string, unknown> {
  type: "send-mail";
  /** Id of the message. */
  mail: string;
}

/** Stores mail in the transaction of what it tells, and has it sent after the commit where the platform sends any. */
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

/** Where everybody says which mail they want. */
export const mailSettingsUrl = ({ environment }: Pick<Context, "environment">): string =>
  `${environment.PUBLIC_URL}/accounts/mail/`;
