/** Passkeys, and the challenges that they are to answer. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";

/** A passkey as its owner sees it. */
export interface Passkey {
  id: string;
  name: string;
  created_when: Date;
  last_used: Date | null;
}

const shown = ["id", "name", "created_when", "last_used"] as const;

/** A person's passkeys, the last used first. */
export async function passkeysOf(db: Db, userId: number): Promise<(Passkey & { credential_id: Buffer })[]> {
  return db
    .selectFrom("passkeys")
    .select([...shown, "credential_id"])
    .where("user_id", "=", userId)
    .orderBy(sql`coalesce(last_used, created_when)`, "desc")
    .orderBy("id")
    .execute();
}

export async function countPasskeys(db: Db, userId: number): Promise<number> {
  const { count } = await db
    .selectFrom("passkeys")
    .select(sql<number>`count(*)::int`.as("count"))
    .where("user_id", "=", userId)
    .executeTakeFirstOrThrow();
  return count;
}

/** Stores a passkey. Undefined if somebody has it already. */
export async function insertPasskey(
  tx: Tx,
  userId: number,
  passkey: { name: string; credentialId: Buffer; publicKey: Buffer; counter: number },
): Promise<Passkey | undefined> {
  return tx
    .insertInto("passkeys")
    .values({
      user_id: userId,
      name: passkey.name,
      credential_id: passkey.credentialId,
      public_key: passkey.publicKey,
      counter: String(passkey.counter),
      last_used: null,
    })
    .onConflict((conflict) => conflict.column("credential_id").doNothing())
    .returning(shown)
    .executeTakeFirst();
}

/** Finds a passkey by the id that the authenticator gave it. */
export async function findPasskey(
  db: Db,
  credentialId: Buffer,
): Promise<{ id: string; user_id: number; public_key: Buffer; counter: number } | undefined> {
  const found = await db
    .selectFrom("passkeys")
    .select(["id", "user_id", "public_key", "counter"])
    .where("credential_id", "=", credentialId)
    .executeTakeFirst();
  return found && { ...found, counter: Number(found.counter) };
}

/** Notes a use. Returns false if the counter has not grown since, unless the passkey does not count. */
export async function notePasskeyUse(db: Db, id: string, counter: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("passkeys")
    .set({ counter: String(counter), last_used: sql<Date>`now()` })
    .where("id", "=", id)
    .where((eb) =>
      eb.or([
        eb("counter", "<", String(counter)),
        eb.and([eb("counter", "=", "0"), eb(sql<number>`${counter}::bigint`, "=", 0)]),
      ]),
    )
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Removes one of a person's passkeys. Undefined if they have no such. */
export async function deletePasskey(tx: Tx, userId: number, id: string): Promise<{ name: string } | undefined> {
  return tx
    .deleteFrom("passkeys")
    .where("user_id", "=", userId)
    .where("id", "=", id)
    .returning("name")
    .executeTakeFirst();
}

/** Removes all passkeys of a person. Returns how many. */
export async function deletePasskeysOf(tx: Tx, userId: number): Promise<number> {
  const { numDeletedRows } = await tx.deleteFrom("passkeys").where("user_id", "=", userId).executeTakeFirst();
  return Number(numDeletedRows);
}

/** Stores a challenge, for somebody who registers a passkey or, with null, for anybody who shows one. Forgets ended ones. */
export async function insertChallenge(
  db: Db,
  { hash, userId, minutes }: { hash: Buffer; userId: number | null; minutes: number },
): Promise<void> {
  await db
    .deleteFrom("passkey_challenges")
    .where("expires_at", "<", sql<Date>`now()`)
    .execute();
  await db
    .insertInto("passkey_challenges")
    .values({
      challenge_hash: hash,
      user_id: userId,
      expires_at: sql<Date>`now() + make_interval(mins => ${minutes})`,
    })
    .execute();
}

/** Uses up a challenge. Returns false if it is unknown, used or ended, or was made for somebody else. */
export async function takeChallenge(db: Db, hash: Buffer, userId: number | null): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom("passkey_challenges")
    .where("challenge_hash", "=", hash)
    .where("expires_at", ">", sql<Date>`now()`)
    .where("user_id", userId === null ? "is" : "=", userId)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}
