/** API tokens and sessions. Both are stored as hashes. */
import { sql } from "kysely";
import type { Scope } from "../../policy/scopes.ts";
import type { Db } from "../../kernel/db/connection.ts";
import { publicColumns, type User } from "./users.ts";

/** The kind of a token: `token` for the header of scripts, `session` for the cookie of browsers. */
export type TokenKind = "token" | "session";

export interface NewToken {
  userId: number;
  hash: Buffer;
  kind: TokenKind;
  lifetimeDays: number;
  name?: string | null;
  /** Null: everything that the user may do. */
  scopes?: Scope[] | null;
  /** The program that asked for it. */
  userAgent?: string | null;
}

/** Stores a token and returns its id. */
export async function insertApiToken(db: Db, token: NewToken): Promise<string> {
  const { id } = await db
    .insertInto("api_tokens")
    .values({
      token_hash: token.hash,
      user_id: token.userId,
      kind: token.kind,
      name: token.name ?? null,
      scopes: token.scopes ?? null,
      user_agent: token.userAgent ?? null,
      expires_at: sql<Date>`now() + make_interval(days => ${token.lifetimeDays})`,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** How often the use of a token is written down. */
const noteEverySeconds = 300;

/**
 * The user of a token, and whether the token has expired. Notes that the token is used. A session that is used lasts for
 * `slidingDays` from now, but no longer than `maxDays` after its beginning.
 */
export async function findUserByToken(
  db: Db,
  tokenHash: Buffer,
  kind: TokenKind,
  { slidingDays, maxDays }: { slidingDays: number; maxDays: number },
): Promise<(User & { expired: boolean; token_id: string; scopes: Scope[] | null; expires_at: Date }) | undefined> {
  const found = await db
    .selectFrom("api_tokens")
    .innerJoin("users", "users.id", "api_tokens.user_id")
    .select([
      ...publicColumns,
      "api_tokens.id as token_id",
      "api_tokens.scopes",
      "api_tokens.expires_at",
      sql<boolean>`api_tokens.expires_at <= now()`.as("expired"),
      sql<boolean>`coalesce(api_tokens.last_used < now() - make_interval(secs => ${noteEverySeconds}), true)`.as(
        "is_to_note",
      ),
    ])
    .where("token_hash", "=", tokenHash)
    .where("kind", "=", kind)
    .executeTakeFirst();
  if (!found) return undefined;
  const { is_to_note: isToNote, ...user } = found;
  if (!isToNote || user.expired) return user;
  const noted = await db
    .updateTable("api_tokens")
    .set({
      last_used: sql<Date>`now()`,
      expires_at:
        kind === "token"
          ? sql<Date>`expires_at`
          : sql<Date>`greatest(expires_at, least(now() + make_interval(days => ${slidingDays}),
              created_when + make_interval(days => ${maxDays})))`,
    })
    .where("id", "=", user.token_id)
    .returning("expires_at")
    .executeTakeFirst();
  return { ...user, expires_at: noted?.expires_at ?? user.expires_at };
}

/** The tokens and sessions of a user that have not expired, the last used first. */
export async function tokensOf(db: Db, userId: number, kind: TokenKind) {
  return db
    .selectFrom("api_tokens")
    .select(["id", "name", "scopes", "user_agent", "created_when", "last_used", "expires_at"])
    .where("user_id", "=", userId)
    .where("kind", "=", kind)
    .where("expires_at", ">", sql<Date>`now()`)
    .orderBy(sql`coalesce(last_used, created_when)`, "desc")
    .orderBy("id")
    .execute();
}

export type TokenRow = Awaited<ReturnType<typeof tokensOf>>[number];

/** Revokes a token by its hash. */
export async function deleteToken(db: Db, tokenHash: Buffer): Promise<void> {
  await db.deleteFrom("api_tokens").where("token_hash", "=", tokenHash).execute();
}

/** Revokes one of a user's tokens. Returns false if the user has no such token. */
export async function deleteTokenOf(db: Db, userId: number, kind: TokenKind, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom("api_tokens")
    .where("user_id", "=", userId)
    .where("kind", "=", kind)
    .where("id", "=", id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Revokes a user's tokens, of one kind or all, except one. Returns how many. */
export async function deleteTokensOf(
  db: Db,
  userId: number,
  { kind, except }: { kind?: TokenKind; except: string | null },
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom("api_tokens")
    .where("user_id", "=", userId)
    .$if(kind !== undefined, (query) => query.where("kind", "=", kind!))
    .$if(except !== null, (query) => query.where("id", "!=", except!))
    .executeTakeFirst();
  return Number(numDeletedRows);
}
