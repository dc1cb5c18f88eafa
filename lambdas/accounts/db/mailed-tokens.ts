/** Tokens that were mailed to an address, and what they are for. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { isBlocked } from "./blocked-names.ts";

export type MailedPurpose = "confirm" | "change" | "reset";

/** Stores the token of a mail to an address, and deletes the user's expired ones that are not counted any more. */
export async function insertMailedToken(
  tx: Tx,
  userId: number,
  {
    email,
    purpose,
    hash,
    lifetimeHours,
  }: { email: string; purpose: MailedPurpose; hash: Buffer; lifetimeHours: number },
): Promise<void> {
  await tx
    .deleteFrom("mailed_tokens")
    .where("user_id", "=", userId)
    .where("expires_at", "<", sql<Date>`now()`)
    .where("created_when", "<", sql<Date>`now() - interval '1 day'`)
    .execute();
  await tx
    .insertInto("mailed_tokens")
    .values({
      token_hash: hash,
      user_id: userId,
      email,
      purpose,
      expires_at: sql<Date>`now() + make_interval(hours => ${lifetimeHours})`,
    })
    .execute();
}

/**
 * The number of unused tokens for a purpose that were mailed to a user in the last day. Locks the user, so that requests count one
 * by one.
 */
export async function countMailedTokens(tx: Tx, userId: number, purpose: MailedPurpose): Promise<number> {
  await tx.selectFrom("users").select("id").where("id", "=", userId).forUpdate().execute();
  const { count } = await tx
    .selectFrom("mailed_tokens")
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .where("user_id", "=", userId)
    .where("purpose", "=", purpose)
    .where("created_when", ">", sql<Date>`now() - interval '1 day'`)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Uses up a user's token about an address. Undefined if it is unknown, used, or has expired. */
export async function takeAddressToken(
  tx: Tx,
  userId: number,
  tokenHash: Buffer,
): Promise<{ email: string; purpose: MailedPurpose } | undefined> {
  return tx
    .deleteFrom("mailed_tokens")
    .where("token_hash", "=", tokenHash)
    .where("user_id", "=", userId)
    .where("purpose", "!=", "reset")
    .where("expires_at", ">", sql<Date>`now()`)
    .returning(["email", "purpose"])
    .executeTakeFirst();
}

/** Looks at a user's token about an address without using it up. Undefined if it is unknown, used, or has expired. */
export async function findAddressToken(
  db: Db,
  userId: number,
  tokenHash: Buffer,
): Promise<{ email: string; purpose: MailedPurpose } | undefined> {
  return db
    .selectFrom("mailed_tokens")
    .select(["email", "purpose"])
    .where("token_hash", "=", tokenHash)
    .where("user_id", "=", userId)
    .where("purpose", "!=", "reset")
    .where("expires_at", ">", sql<Date>`now()`)
    .executeTakeFirst();
}

/** Makes a user's mailed tokens worthless that change the password or the address. */
export async function forgetMailedTokens(tx: Tx, userId: number): Promise<void> {
  await tx
    .updateTable("mailed_tokens")
    .set({ expires_at: sql<Date>`now()` })
    .where("user_id", "=", userId)
    .where("purpose", "!=", "confirm")
    .execute();
}

/** Uses up a token that sets a password. Undefined if it is unknown, used, or has expired. */
export async function takeResetToken(
  tx: Tx,
  tokenHash: Buffer,
): Promise<{ user_id: number; email: string } | undefined> {
  return tx
    .deleteFrom("mailed_tokens")
    .where("token_hash", "=", tokenHash)
    .where("purpose", "=", "reset")
    .where("expires_at", ">", sql<Date>`now()`)
    .returning(["user_id", "email"])
    .executeTakeFirst();
}

/** Marks an address as confirmed. Returns false if it is no longer the user's. */
export async function confirmEmail(db: Db, userId: number, email: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("users")
    .set({ confirmed_email: email })
    .where("id", "=", userId)
    .where("email", "=", email)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Gives a user another address, which is confirmed. Returns false if another account has it, or had it until lately. */
export async function changeEmail(db: Db, userId: number, email: string): Promise<boolean> {
  if (await isBlocked(db, "email", email)) return false;
  const { rows } = await sql`
    update users set email = ${email}, confirmed_email = ${email}
    where id = ${userId} and not exists (select from users where lower(email) = ${email} and id != ${userId})
    returning id`.execute(db);
  return rows.length === 1;
}
