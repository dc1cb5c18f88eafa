/** What administrators change of accounts. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { isBannedNow } from "./users.ts";

/** The ids of the administrators who are not banned. They stay so until the transaction ends. */
export async function lockAdministrators(tx: Tx): Promise<number[]> {
  const rows = await tx
    .selectFrom("users")
    .select("id")
    .where("is_superuser", "=", true)
    .where("deleted_when", "is", null)
    .where((eb) => eb.not(isBannedNow("users")))
    // All transactions lock them in one order.
    .orderBy("id")
    .forUpdate()
    .execute();
  return rows.map(({ id }) => id);
}

/** An account as administrators change it. Locks it until the transaction ends; undefined if there is none, or it is deleted. */
export async function lockAccount(tx: Tx, id: number) {
  return tx
    .selectFrom("users")
    .select([
      ...(["id", "username", "email", "is_superuser", "is_bot", "ban_reason", "banned_until", "queue_limit"] as const),
      isBannedNow("users").as("is_banned"),
      sql<number | null>`storage_quota_bytes::float8`.as("storage_quota_bytes"),
      sql<boolean>`confirmed_email is not distinct from email`.as("email_is_confirmed"),
    ])
    .where("id", "=", id)
    .where("deleted_when", "is", null)
    .forUpdate()
    .executeTakeFirst();
}

export type LockedAccount = NonNullable<Awaited<ReturnType<typeof lockAccount>>>;

/** What administrators may change of an account. Undefined fields stay. */
export interface AccountChanges {
  is_superuser?: boolean | undefined;
  is_bot?: boolean | undefined;
  queue_limit?: number | null | undefined;
  storage_quota_bytes?: number | null | undefined;
  email?: string | undefined;
  email_is_confirmed?: boolean | undefined;
}

/** Changes an account. Returns false if another account has the address. */
export async function updateAccount(tx: Tx, account: LockedAccount, changes: AccountChanges): Promise<boolean> {
  const { email_is_confirmed: isConfirmed = account.email_is_confirmed, email = account.email, ...others } = changes;
  if (email !== account.email) {
    const taken = await tx
      .selectFrom("users")
      .select("id")
      .where(sql`lower(email)`, "=", email)
      .executeTakeFirst();
    if (taken) return false;
  }
  await tx
    .updateTable("users")
    .set({ ...others, email, confirmed_email: isConfirmed ? email : null })
    .where("id", "=", account.id)
    .execute();
  return true;
}

/** Bans an account, or with null ends its ban. */
export async function setBan(tx: Tx, id: number, ban: { reason: string; until: Date | null } | null): Promise<void> {
  await tx
    .updateTable("users")
    .set({ is_banned: ban !== null, ban_reason: ban?.reason ?? null, banned_until: ban?.until ?? null })
    .where("id", "=", id)
    .execute();
}

/** The account with a username or mail address, to make its owner an administrator again. */
export async function makeAdministratorAgain(db: Db, id: number, passwordHash: string): Promise<void> {
  await db
    .updateTable("users")
    .set({
      password_hash: passwordHash,
      is_superuser: true,
      is_banned: false,
      ban_reason: null,
      banned_until: null,
    })
    .where("id", "=", id)
    .execute();
}
