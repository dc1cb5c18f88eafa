/** The deletion of accounts: what was asked for, what is due, and what is erased of the account itself. */
import { isBannedNow } from "./users.ts";
import { sql } from "kysely";
import { mailKindNames } from "../rules/mail-kinds.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";

/** Stores that somebody asked to delete their account, in place of an earlier request. False if one was confirmed already. */
export async function askDeletion(
  tx: Tx,
  userId: number,
  { hash, lifetimeHours }: { hash: Buffer; lifetimeHours: number },
): Promise<boolean> {
  const asked = {
    token_hash: hash,
    asked_when: sql<Date>`now()`,
    expires_at: sql<Date>`now() + make_interval(hours => ${lifetimeHours})`,
  };
  const row = await tx
    .insertInto("account_deletions")
    .values({ user_id: userId, ...asked })
    .onConflict((conflict) =>
      conflict.column("user_id").doUpdateSet(asked).where("account_deletions.erase_when", "is", null),
    )
    .returning("user_id")
    .executeTakeFirst();
  return row !== undefined;
}

/** The account whose deletion a token confirms. Undefined if it is unknown, used, or has expired. */
export async function deletionByToken(db: Db, tokenHash: Buffer): Promise<number | undefined> {
  const row = await db
    .selectFrom("account_deletions")
    .select("user_id")
    .where("token_hash", "=", tokenHash)
    .where("expires_at", ">", sql<Date>`now()`)
    .executeTakeFirst();
  return row?.user_id;
}

/** Confirms a deletion that was asked for. Returns when the account will be erased; undefined if nothing was asked for. */
export async function confirmDeletion(tx: Tx, userId: number, days: number): Promise<Date | undefined> {
  const row = await tx
    .updateTable("account_deletions")
    .set({ token_hash: null, expires_at: null, erase_when: sql<Date>`now() + make_interval(days => ${days})` })
    .where("user_id", "=", userId)
    .where("erase_when", "is", null)
    .returning("erase_when")
    .executeTakeFirst();
  return row?.erase_when ?? undefined;
}

/** The deletion that a person asked for, unless its link has expired unused. */
export async function findDeletion(db: Db, userId: number) {
  return db
    .selectFrom("account_deletions")
    .select(["asked_when", "erase_when"])
    .where("user_id", "=", userId)
    .where((eb) => eb.or([eb("erase_when", "is not", null), eb("expires_at", ">", sql<Date>`now()`)]))
    .executeTakeFirst();
}

/**
 * Takes a deletion back: one that was confirmed, or only one that was not. False if there was none. An account that is being
 * erased already cannot be kept.
 */
export async function withdrawDeletion(tx: Tx, userId: number, which: "confirmed" | "asked"): Promise<boolean> {
  await lockAccount(tx, userId);
  const row = await tx
    .deleteFrom("account_deletions")
    .where("user_id", "=", userId)
    .where("erase_when", which === "confirmed" ? "is not" : "is", null)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom("users")
          .select("users.id")
          .whereRef("users.id", "=", "account_deletions.user_id")
          .where("users.deleted_when", "is", null),
      ),
    )
    .returning("user_id")
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Locks an account until the transaction ends: nobody adds a row to it meanwhile. With an administrator's, those of all
 * administrators are locked, in the same order for everybody. Undefined if it does not exist.
 */
export async function lockAccount(tx: Tx, userId: number) {
  const rows = await tx
    .selectFrom("users")
    .select(["id", "username", "email", "is_superuser", "photo_key", "photo_icon_key", "deleted_when"])
    .where((eb) =>
      eb.or([
        eb("id", "=", userId),
        eb.and([
          eb("is_superuser", "=", true),
          eb.exists(
            eb
              .selectFrom("users as me")
              .select("me.id")
              .where("me.id", "=", userId)
              .where("me.is_superuser", "=", true),
          ),
        ]),
      ]),
    )
    .orderBy("id")
    .forUpdate()
    .execute();
  return rows.find(({ id }) => id === userId);
}

/** The administrators who stay: not banned, not deleted, not leaving. */
export async function stayingAdministrators(db: Db): Promise<number[]> {
  const rows = await db
    .selectFrom("users as u")
    .leftJoin("account_deletions as d", (join) =>
      join.onRef("d.user_id", "=", "u.id").on("d.erase_when", "is not", null),
    )
    .select("u.id")
    .where("u.is_superuser", "=", true)
    .where((eb) => eb.not(isBannedNow("u")))
    .where("u.deleted_when", "is", null)
    .where("d.user_id", "is", null)
    .execute();
  return rows.map(({ id }) => id);
}

/** Whether the time has come to erase an account. */
export async function isDue(tx: Tx, userId: number): Promise<boolean> {
  const row = await tx
    .selectFrom("account_deletions")
    .select("user_id")
    .where("user_id", "=", userId)
    .where("erase_when", "<=", sql<Date>`now()`)
    .executeTakeFirst();
  return row !== undefined;
}

/** Puts a deletion off that cannot be done yet. */
export async function postponeDeletion(tx: Tx, userId: number, days: number): Promise<void> {
  await tx
    .updateTable("account_deletions")
    .set({ erase_when: sql<Date>`now() + make_interval(days => ${days})` })
    .where("user_id", "=", userId)
    .where("erase_when", "is not", null)
    .execute();
}

/** Accounts to erase. Each is returned once in `seconds`, until it is done. */
export async function dueDeletions(tx: Tx, seconds: number, limit: number): Promise<number[]> {
  const rows = await tx
    .updateTable("account_deletions")
    .set({ sent_when: sql<Date>`now()` })
    .where("user_id", "in", (eb) =>
      eb
        .selectFrom("account_deletions")
        .select("user_id")
        .where("erase_when", "<=", sql<Date>`now()`)
        .where(sql<boolean>`coalesce(sent_when < now() - make_interval(secs => ${seconds}), true)`)
        .orderBy("erase_when")
        .limit(limit),
    )
    .returning("user_id")
    .execute();
  return rows.map((row) => row.user_id);
}

/** Forgets a deletion, once everything is erased. */
export async function endDeletion(db: Db, userId: number): Promise<void> {
  await db.deleteFrom("account_deletions").where("user_id", "=", userId).execute();
}

/** The tables in which rows about a person and nobody else are deleted with the account. */
const own = [
  ...(["api_tokens", "mailed_tokens", "identities", "second_factors", "recovery_codes", "passkeys"] as const),
  "passkey_challenges",
  "submission_mails",
] as const;

/**
 * Turns a locked account into what stays of it: an id under the name of a deleted user, which nobody can sign up with and no mail
 * reaches.
 */
export async function emptyAccount(tx: Tx, userId: number): Promise<void> {
  for (const table of own) await tx.deleteFrom(table).where("user_id", "=", userId).execute();
  await tx.deleteFrom("api_tokens").where("impersonator_id", "=", userId).execute();
  await tx.deleteFrom("invitations").where("invited_by", "=", userId).execute();
  await tx
    .deleteFrom("hand_overs")
    .where((eb) => eb.or([eb("from_id", "=", userId), eb("to_id", "=", userId)]))
    .execute();
  await tx
    .updateTable("users")
    .set({
      username: `deleted user ${userId}`,
      email: `deleted-${userId}@invalid`,
      confirmed_email: null,
      password_hash: null,
      is_superuser: false,
      deleted_when: sql<Date>`now()`,
      // So that links in old mail say nothing any more.
      mail_key: sql<string>`gen_random_uuid()::text || gen_random_uuid()::text`,
      ...Object.fromEntries(profile.map((column) => [column, null])),
      ...Object.fromEntries(mailKindNames.map((kind) => [kind, false])),
    })
    .where("id", "=", userId)
    .execute();
}

const profile = [
  "display_name",
  "first_name",
  "last_name",
  "title",
  "location",
  "biography",
  "personal_url",
  "linkedin_url",
  "twitter_url",
  "github_url",
  "photo_key",
  "photo_icon_key",
  "last_seen",
  "ban_reason",
] as const;

/** Forgets an address in mail that was written to it, and mail that was written to nobody else. */
export async function forgetAddressInMail(tx: Tx, email: string): Promise<void> {
  await sql`
    update mails set recipients = array_remove(recipients, ${email}), blind_copies = array_remove(blind_copies, ${email}),
      reply_to = nullif(reply_to, ${email})
    where ${email} = any(recipients) or ${email} = any(blind_copies) or reply_to = ${email}`.execute(tx);
  await sql`delete from mails where recipients = '{}' and blind_copies = '{}'`.execute(tx);
}

/** The mail addresses of administrators. */
export async function administratorMails(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom("users")
    .select("email")
    .where("is_superuser", "=", true)
    .where((eb) => eb.not(isBannedNow("users")))
    .where("deleted_when", "is", null)
    .orderBy("id")
    .execute();
  return rows.map(({ email }) => email);
}
