import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { MailWishes } from "../rules/mail-kinds.ts";
import { containing } from "../../kernel/db/like.ts";
import { isBlocked } from "./blocked-names.ts";

export interface User {
  id: number;
  username: string;
  email: string;
  display_name: string | null;
  is_superuser: boolean;
  is_bot: boolean;
  /** Whether the account is banned now. */
  is_banned: boolean;
  ban_reason: string | null;
  banned_until: Date | null;
  email_is_confirmed: boolean;
}

/** Whether a person of the table `users` is banned now: a ban with an end is over by itself. */
export const isBannedNow = (table: string) =>
  sql<boolean>`(${sql.ref(`${table}.is_banned`)} and coalesce(${sql.ref(`${table}.banned_until`)} > now(), true))`;

/** The columns of `User`, of the table `users`. */
export const publicColumns = [
  "users.id",
  "users.username",
  "users.email",
  "users.display_name",
  "users.is_superuser",
  "users.is_bot",
  isBannedNow("users").as("is_banned"),
  "users.ban_reason",
  "users.banned_until",
  sql<boolean>`users.confirmed_email is not distinct from users.email`.as("email_is_confirmed"),
] as const;

export interface NewUser {
  username: string;
  email: string;
  /** Null: they cannot log in with a password. */
  passwordHash: string | null;
  isBot: boolean;
  isSuperuser: boolean;
  /** Whether somebody vouches that the address is theirs. */
  emailIsConfirmed: boolean;
}

/**
 * Stores a user. Returns "username" or "email" when that is taken, or was of an account that was deleted lately; upper and lower
 * case count as the same.
 */
export async function insertUser(db: Db, user: NewUser): Promise<User | "username" | "email"> {
  const row = await db
    .insertInto("users")
    .values({
      username: user.username,
      email: user.email.toLowerCase(),
      password_hash: user.passwordHash,
      is_bot: user.isBot,
      is_superuser: user.isSuperuser,
      confirmed_email: user.emailIsConfirmed ? user.email.toLowerCase() : null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning(publicColumns)
    .executeTakeFirst();
  if (row) {
    // Asked afterwards, because the insert waits for a deletion that gives the name free at this moment.
    const blocked = (await isBlocked(db, "username", row.username))
      ? "username"
      : (await isBlocked(db, "email", row.email))
        ? "email"
        : undefined;
    if (blocked === undefined) return row;
    await db.deleteFrom("users").where("id", "=", row.id).execute();
    return blocked;
  }
  const sameName = await db
    .selectFrom("users")
    .select("id")
    .where(sql`lower(username)`, "=", user.username.toLowerCase())
    .executeTakeFirst();
  return sameName ? "username" : "email";
}

/** A user by username or mail address, with the password hash. */
export async function findUserForLogin(
  db: Db,
  login: string,
): Promise<(User & { password_hash: string | null }) | undefined> {
  return db
    .selectFrom("users")
    .select([...publicColumns, "users.password_hash"])
    .where((eb) =>
      eb.or([eb(sql`lower(username)`, "=", login.toLowerCase()), eb(sql`lower(email)`, "=", login.toLowerCase())]),
    )
    .where("deleted_when", "is", null)
    .executeTakeFirst();
}

/** Whether an account has a mail address, in lower case, or one that was deleted lately had it. */
export async function isAddressTaken(db: Db, email: string): Promise<boolean> {
  const found = await db
    .selectFrom("users")
    .select("id")
    .where(sql`lower(email)`, "=", email)
    .executeTakeFirst();
  return found !== undefined || isBlocked(db, "email", email);
}

export async function setPassword(db: Db, userId: number, passwordHash: string): Promise<void> {
  await db.updateTable("users").set({ password_hash: passwordHash }).where("id", "=", userId).execute();
}

/** Whether a user administers the platform. */
export async function isSuperuser(db: Db, id: number): Promise<boolean> {
  const row = await db
    .selectFrom("users")
    .select("id")
    .where("id", "=", id)
    .where("is_superuser", "=", true)
    .executeTakeFirst();
  return row !== undefined;
}

export async function hasPassword(db: Db, id: number): Promise<boolean> {
  const row = await db
    .selectFrom("users")
    .select("id")
    .where("id", "=", id)
    .where("password_hash", "is not", null)
    .executeTakeFirst();
  return row !== undefined;
}

/** The name that others see: the display name, or else the username. `u` is the table `users`. */
export const displayName = sql<string>`coalesce(nullif(u.display_name, ''), u.username)`;

/** Up to five users whose username contains a text or whose mail address equals it. Superusers also search within addresses. */
export async function lookUpUsers(db: Db, text: string, options: { exceptId: number; byPartOfMail: boolean }) {
  const pattern = containing(text);
  return db
    .selectFrom("users as u")
    .select(["u.id", "u.username", "u.email"])
    .where("u.id", "!=", options.exceptId)
    .where("u.deleted_when", "is", null)
    .where((eb) =>
      eb.or([
        eb("u.username", "ilike", pattern),
        options.byPartOfMail ? eb("u.email", "ilike", pattern) : eb("u.email", "=", text.toLowerCase()),
      ]),
    )
    .orderBy(sql`lower(u.username) = ${text.toLowerCase()}`, "desc")
    .orderBy("u.username")
    .limit(5)
    .execute();
}

/** A user's profile. Null clears a text. */
export interface Profile extends Partial<MailWishes> {
  display_name?: string | null;
  first_name?: string | null;
  last_name?: string | null;
  title?: string | null;
  location?: string | null;
  biography?: string | null;
  personal_url?: string | null;
  linkedin_url?: string | null;
  twitter_url?: string | null;
  github_url?: string | null;
  photo_key?: string | null;
  photo_icon_key?: string | null;
}

/** A user who has not deleted the account. */
export async function findUser(db: Db, id: number): Promise<User | undefined> {
  return db
    .selectFrom("users")
    .select(publicColumns)
    .where("id", "=", id)
    .where("deleted_when", "is", null)
    .executeTakeFirst();
}

/** What anybody may read about a person. Their mail address is not among it. */
const publicProfile = [
  "u.id",
  "u.username",
  "u.display_name",
  "u.first_name",
  "u.last_name",
  "u.title",
  "u.location",
  "u.biography",
  "u.personal_url",
  "u.linkedin_url",
  "u.twitter_url",
  "u.github_url",
  "u.photo_key",
  "u.photo_icon_key",
  "u.is_bot",
  "u.created_when",
] as const;

/** What anybody may read about the person with a username, which may be in upper or lower case. */
export const findProfile = (db: Db, username: string) =>
  db
    .selectFrom("users as u")
    .select([...publicProfile, displayName.as("name")])
    .where(sql`lower(u.username)`, "=", username.toLowerCase())
    .where("u.deleted_when", "is", null)
    .executeTakeFirst();

const photoKeys = ["photo_key", "photo_icon_key"] as const;

/** Changes a profile. Returns the keys of the photo before, which nothing uses any more if it was replaced. */
export async function updateProfile(tx: Tx, id: number, profile: Profile) {
  const before = await tx
    .selectFrom("users")
    .select(photoKeys)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  if (Object.keys(profile).length > 0) await tx.updateTable("users").set(profile).where("id", "=", id).execute();
  return before;
}

/** The ids in a list that belong to users who have not deleted their account. */
export async function existingUserIds(db: Db, ids: number[]): Promise<number[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom("users")
    .select("id")
    .where("id", "in", ids)
    .where("deleted_when", "is", null)
    .execute();
  return rows.map((row) => row.id);
}

/** Users by their usernames or mail addresses, ignoring case, in the order of these; each with the text that matched. */
export async function usersNamed(db: Db, names: string[]): Promise<{ id: number; named: string }[]> {
  if (names.length === 0) return [];
  const { rows } = await sql<{ id: number; named: string }>`
    select u.id, n.named from unnest(${names}::text[]) with ordinality as n(named, position)
    join users u on lower(u.username) = lower(n.named) or lower(u.email) = lower(n.named)
    where u.deleted_when is null
    order by n.position`.execute(db);
  return rows;
}
