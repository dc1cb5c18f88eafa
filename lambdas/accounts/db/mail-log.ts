import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { partOf, type Part } from "../../kernel/db/page.ts";

export const mailStatuses = ["kept", "waiting", "sending", "sent", "failed"] as const;
export type MailStatus = (typeof mailStatuses)[number];

export interface MailFilter {
  status?: MailStatus | undefined;
  /** A whole mail address. */
  recipient?: string | undefined;
}

function matching(db: Db, { recipient }: MailFilter) {
  const query = db.selectFrom("mails as m");
  return recipient === undefined
    ? query
    : query.where(sql<boolean>`(m.recipients || m.blind_copies) @> array[${recipient.toLowerCase()}]`);
}

/** A page of the mail, the latest first, with its total number and the numbers by status. It has no text. */
export async function pageOfMails(db: Db, filter: MailFilter, part: Part) {
  let query = matching(db, filter).select([
    sql<number>`m.id::float8`.as("id"),
    "m.recipients",
    "m.blind_copies",
    "m.subject",
    "m.status",
    "m.problem",
    "m.created_when",
    "m.sent_when",
    "m.is_secret",
  ]);
  if (filter.status !== undefined) query = query.where("m.status", "=", filter.status);
  const { count, rows } = await partOf(db, query.orderBy("m.id", "desc"), part);
  const counted = await matching(db, filter)
    .select((eb) => ["m.status", eb.fn.countAll<string>().as("count")])
    .groupBy("m.status")
    .execute();
  return { count, rows, counts: Object.fromEntries(counted.map((row) => [row.status, Number(row.count)])) };
}

/** What decides whether a mail can be sent again; locked until the transaction ends. */
export const lockMail = (tx: Tx, id: number) =>
  tx
    .selectFrom("mails")
    .select(["status", "is_secret", "subject"])
    .where("id", "=", String(id))
    .forUpdate()
    .executeTakeFirst();

/** Makes a mail wait to be sent, as a new one does. */
export async function makeMailWait(tx: Tx, id: number): Promise<void> {
  await tx
    .updateTable("mails")
    .set({ status: "waiting", taken_when: sql<Date>`now()`, sent_when: null, problem: null })
    .where("id", "=", String(id))
    .execute();
}
