import { insertLetters } from "../db/mails.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { enqueue } from "../../kernel/db/outbox.ts";
import { lettersOf, type Mail } from "../rules/mail.ts";
import type { Context } from "../../kernel/context.ts";

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

/** The page on which users choose which mail they get. */
export const mailSettingsUrl = ({ environment }: Pick<Context, "environment">): string =>
  `${environment.PUBLIC_URL}/accounts/mail/`;
