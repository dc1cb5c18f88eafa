import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import { containing } from "../../kernel/db/like.ts";

export interface User {
  id: number;
  username: string;
  email: string;
  display_name: string | null;
  is_superuser: boolean;
  is_bot: boolean;
  is_banned: boolean;
  email_is_confirmed: boolean;
}

/** The columns of `User`, of the table `users`. */
export const publicColumns = [
  "users.id",
  "users.username",
  "users.email",
  "users.display_name",
  "users.is_superuser",
  "users.is_bot",
  "users.is_banned",
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

/** Stores a user. Returns "username" or "email" when that is taken; upper and lower case count as the same. */
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
  if (row) return row;
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
    .executeTakeFirst();
}

/** Whether an account has a mail address, in lower case. */
export async function isAddressTaken(db: Db, email: string): Promise<boolean> {
  const found = await db
    .selectFrom("users")
    .select("id")
    .where(sql`lower(email)`, "=", email)
    .executeTakeFirst();
  return found !== undefined;
}

export async function setPassword(db: Db, userId: number, passwordHash: string): Promise<void> {
  await db.updateTable("users").set({ password_hash: passwordHash }).where("id", "=", userId).execute();
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
export interface Profile {
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
  /** Key of the photo in the uploads bucket. */
  photo_key?: string | null;
  organizer_direct_message_updates?: boolean;
  allow_forum_notifications?: boolean;
  allow_organization_invite_emails?: boolean;
}

export async function findUser(db: Db, id: number): Promise<(User & { photo_key: string | null }) | undefined> {
  return db
    .selectFrom("users")
    .select([...publicColumns, "users.photo_key"])
    .where("id", "=", id)
    .executeTakeFirst();
}

export async function updateProfile(db: Db, id: number, profile: Profile): Promise<void> {
  if (Object.keys(profile).length > 0) await db.updateTable("users").set(profile).where("id", "=", id).execute();
}

/** Which mail a user wants. */
export async function findMailWishes(db: Db, id: number) {
  return db
    .selectFrom("users")
    .select(["organizer_direct_message_updates", "allow_organization_invite_emails"])
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
}

/** The ids in a list that belong to users. */
export async function existingUserIds(db: Db, ids: number[]): Promise<number[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom("users").select("id").where("id", "in", ids).execute();
  return rows.map((row) => row.id);
}

/** Users by their usernames or mail addresses, ignoring case; each with the text that matched. */
export async function usersNamed(db: Db, names: string[]): Promise<{ id: number; named: string }[]> {
  if (names.length === 0) return [];
  const { rows } = await sql<{ id: number; named: string }>`
    select u.id, n.named from unnest(${names}::text[]) as n(named)
    join users u on lower(u.username) = lower(n.named) or lower(u.email) = lower(n.named)`.execute(db);
  return rows;
}
