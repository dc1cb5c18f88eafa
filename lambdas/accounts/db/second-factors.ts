import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";

/** A person's second factor; undefined without one. It counts once it is confirmed. */
export async function findSecondFactor(
  db: Db,
  userId: number,
): Promise<{ secret: Buffer; isConfirmed: boolean } | undefined> {
  return db
    .selectFrom("second_factors")
    .select(["secret", sql<boolean>`confirmed_when is not null`.as("isConfirmed")])
    .where("user_id", "=", userId)
    .executeTakeFirst();
}

/** Stores a secret that is still to be confirmed. Returns false if there is a confirmed one. */
export async function startSecondFactor(db: Db, userId: number, secret: Buffer): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("second_factors")
    .values({ user_id: userId, secret, confirmed_when: null, last_step: null })
    .onConflict((conflict) =>
      conflict.column("user_id").doUpdateSet({ secret }).where("second_factors.confirmed_when", "is", null),
    )
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Makes a second factor count. Returns false if it does already. */
export async function confirmSecondFactor(tx: Tx, userId: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("second_factors")
    .set({ confirmed_when: sql<Date>`now()` })
    .where("user_id", "=", userId)
    .where("confirmed_when", "is", null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Uses the code of a time step. Returns false if that or a later one was used. */
export async function useStep(db: Db, userId: number, step: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("second_factors")
    .set({ last_step: String(step) })
    .where("user_id", "=", userId)
    .where((eb) => eb.or([eb("last_step", "is", null), eb("last_step", "<", String(step))]))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function insertRecoveryCodes(tx: Tx, userId: number, hashes: Buffer[]): Promise<void> {
  await tx.deleteFrom("recovery_codes").where("user_id", "=", userId).execute();
  await tx
    .insertInto("recovery_codes")
    .values(hashes.map((code_hash) => ({ user_id: userId, code_hash })))
    .execute();
}

/** Uses up a recovery code. Returns false if it is unknown or was used. */
export async function useRecoveryCode(db: Db, userId: number, hash: Buffer): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom("recovery_codes")
    .where("user_id", "=", userId)
    .where("code_hash", "=", hash)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function countRecoveryCodes(db: Db, userId: number): Promise<number> {
  const { count } = await db
    .selectFrom("recovery_codes")
    .select(sql<number>`count(*)::int`.as("count"))
    .where("user_id", "=", userId)
    .executeTakeFirstOrThrow();
  return count;
}

/** Removes the app of a person. Returns false if there was none that counts. */
export async function deleteSecondFactor(tx: Tx, userId: number): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("second_factors")
    .where("user_id", "=", userId)
    .where("confirmed_when", "is not", null)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Removes the recovery codes of a person who has neither an app nor a passkey, for whom they would be good for nothing. */
export async function deleteIdleRecoveryCodes(tx: Tx, userId: number): Promise<void> {
  await tx
    .deleteFrom("recovery_codes")
    .where("user_id", "=", userId)
    .where(({ not, or, exists, selectFrom }) =>
      not(
        or([
          exists(
            selectFrom("second_factors")
              .select("user_id")
              .where("user_id", "=", userId)
              .where("confirmed_when", "is not", null),
          ),
          exists(selectFrom("passkeys").select("id").where("user_id", "=", userId)),
        ]),
      ),
    )
    .execute();
}
