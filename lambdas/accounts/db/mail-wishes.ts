import { isBannedNow } from "./users.ts";
import { mailKindNames, type MailKind, type MailWishes } from "../rules/mail-kinds.ts";
import type { Db } from "../../kernel/db/connection.ts";

/** Which mail a person wants. */
export const findMailWishes = (db: Db, userId: number): Promise<MailWishes> =>
  db.selectFrom("users").select(mailKindNames).where("id", "=", userId).executeTakeFirstOrThrow();

/** Turns kinds of mail on or off. Others stay. */
export async function setMailWishes(db: Db, userId: number, wishes: Partial<MailWishes>): Promise<void> {
  if (Object.keys(wishes).length > 0) await db.updateTable("users").set(wishes).where("id", "=", userId).execute();
}

/** Those of some people who want a kind of mail, with their address and the key of their links. */
export async function peopleWhoWant(db: Db, kind: MailKind, userIds: number[]) {
  if (userIds.length === 0) return [];
  return db
    .selectFrom("users")
    .select(["id", "email", "mail_key"])
    .where((eb) => eb("id", "=", eb.fn.any(eb.val(userIds))))
    .where(kind, "=", true)
    .where((eb) => eb.not(isBannedNow("users")))
    .execute();
}

/** Whose key signs links that stop mail. */
export async function findMailKey(db: Db, userId: number) {
  return db.selectFrom("users").select(["id", "username", "mail_key"]).where("id", "=", userId).executeTakeFirst();
}
