import { sql } from "kysely";
import type { Letter } from "../rules/mail.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";

/** Stores messages, to be sent or, if the platform sends no mail, only to be kept. Returns their ids. */
export async function insertLetters(tx: Tx, letters: Letter[], status: "waiting" | "kept"): Promise<string[]> {
  const ids: string[] = [];
  // A statement has at most 65535 parameters, and each message its text.
  for (let at = 0; at < letters.length; at += 100)
    ids.push(...(await insertPiece(tx, letters.slice(at, at + 100), status)));
  return ids;
}

async function insertPiece(tx: Tx, letters: Letter[], status: "waiting" | "kept"): Promise<string[]> {
  const rows = await tx
    .insertInto("mails")
    .values(
      letters.map(({ recipients, blindCopies, replyTo, subject, body, unsubscribeUrl, isSecret }) => ({
        recipients,
        blind_copies: blindCopies,
        reply_to: replyTo,
        subject,
        body,
        unsubscribe_url: unsubscribeUrl,
        is_secret: isSecret,
        status,
      })),
    )
    .returning("id")
    .execute();
  return rows.map(({ id }) => id);
}

/**
 * Takes a message to send it; no other caller gets it for `leaseSeconds`. Returns a status instead of the message when
 * there is nothing to send: it was sent, is being sent, or does not exist.
 */
export async function takeLetter(
  db: Db,
  id: string,
  leaseSeconds: number,
): Promise<Letter | "sent" | "sending" | "gone"> {
  const taken = await db
    .updateTable("mails")
    .set({ status: "sending", taken_when: sql<Date>`now()` })
    .where("id", "=", id)
    .where((eb) =>
      eb.or([
        eb("status", "in", ["waiting", "failed"]),
        eb.and([
          eb("status", "=", "sending"),
          eb("taken_when", "<", sql<Date>`now() - make_interval(secs => ${leaseSeconds})`),
        ]),
      ]),
    )
    .returning([
      "recipients",
      "blind_copies as blindCopies",
      "reply_to as replyTo",
      "subject",
      "body",
      "unsubscribe_url as unsubscribeUrl",
      "is_secret as isSecret",
    ])
    .executeTakeFirst();
  if (taken) return taken;
  const row = await db.selectFrom("mails").select("status").where("id", "=", id).executeTakeFirst();
  return row?.status === "sent" || row?.status === "sending" ? row.status : "gone";
}

/** Marks a taken message as sent, and forgets the body of a secret one. */
export async function markLetterSent(db: Db, id: string): Promise<void> {
  await db
    .updateTable("mails")
    .set((eb) => ({
      status: "sent",
      sent_when: sql<Date>`now()`,
      problem: null,
      body: eb.case().when("is_secret", "=", true).then("").else(eb.ref("body")).end(),
    }))
    .where("id", "=", id)
    .where("status", "=", "sending")
    .execute();
}

/** Marks a taken message as failed. It may be taken again. */
export async function markLetterFailed(db: Db, id: string, problem: string): Promise<void> {
  await db
    .updateTable("mails")
    .set({ status: "failed", problem })
    .where("id", "=", id)
    .where("status", "=", "sending")
    .execute();
}

/**
 * Mails that nobody has taken for `seconds`, because their message was lost, or given up while the database did not work. Each is
 * returned once in `seconds`, and not any more when it is older than `maxSeconds`.
 */
export async function stalledLetters(
  tx: Tx,
  { seconds, maxSeconds, limit }: { seconds: number; maxSeconds: number; limit: number },
): Promise<string[]> {
  const ago = (s: number) => sql<Date>`now() - make_interval(secs => ${s})`;
  const rows = await tx
    .updateTable("mails")
    .set({ taken_when: sql<Date>`now()` })
    .where("id", "in", (eb) =>
      eb
        .selectFrom("mails")
        .select("id")
        .where("sent_when", "is", null)
        .where("status", "=", "waiting")
        .where("created_when", ">", ago(maxSeconds))
        .where(({ eb: compare, fn }) => compare(fn.coalesce("taken_when", "created_when"), "<", ago(seconds)))
        .orderBy("id")
        .limit(limit),
    )
    .returning("id")
    .execute();
  return rows.map(({ id }) => id);
}
