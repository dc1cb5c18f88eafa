import type { Transaction } from "kysely";
import type { Database } from "./schema.ts";

export interface Mail {
  recipients: string[];
  /** Who gets it without the others seeing so. */
  blindCopies?: string[];
  subject: string;
  /** Markdown. */
  body: string;
}

/** Stores mail that is to be sent. One to nobody is none. */
export async function insertMails(tx: Transaction<Database>, mails: Mail[]): Promise<void> {
  const toSomebody = mails.filter(({ recipients, blindCopies = [] }) => recipients.length + blindCopies.length > 0);
  if (toSomebody.length === 0) return;
  await tx
    .insertInto("mails")
    .values(
      toSomebody.map(({ recipients, blindCopies = [], subject, body }) => ({
        recipients,
        blind_copies: blindCopies,
        // A header is one line, whatever titles are in it.
        subject: subject.replace(/\s+/g, " "),
        body,
      })),
    )
    .execute();
}
