import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";

/** Stores the token of a mail to a user's address, and deletes the user's expired ones. */
export async function insertMailedToken(
  tx: Tx,
  { id, email }: { id: number; email: string },
  tokenHash: Buffer,
  lifetimeHours: number,
): Promise<void> {
  await tx
    .deleteFrom("mailed_tokens")
    .where("user_id", "=", id)
    .where("expires_at", "<", sql<Date>`now()`)
    .execute();
  await tx
    .insertInto("mailed_tokens")
    .values({
      token_hash: tokenHash,
      user_id: id,
      email,
      expires_at: sql<Date>`now() + make_interval(hours => ${lifetimeHours})`,
    })
    .execute();
}

/** The number of unused tokens that were mailed to a user in the last day. Locks the user, so that requests count one by one. */
export async function countMailedTokens(tx: Tx, userId: number): Promise<number> {
  await tx.selectFrom("users").select("id").where("id", "=", userId).forUpdate().execute();
  const { count } = await tx
    .selectFrom("mailed_tokens")
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .where("user_id", "=", userId)
    .where("created_when", ">", sql<Date>`now() - interval '1 day'`)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Uses up a user's token. Returns the address it was mailed to; undefined if it is unknown, used, or has expired. */
export async function takeMailedToken(tx: Tx, userId: number, tokenHash: Buffer): Promise<string | undefined> {
  const taken = await tx
    .deleteFrom("mailed_tokens")
    .where("token_hash", "=", tokenHash)
    .where("user_id", "=", userId)
    .where("expires_at", ">", sql<Date>`now()`)
    .returning("email")
    .executeTakeFirst();
  return taken?.email;
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
