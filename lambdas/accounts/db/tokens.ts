/** API tokens and sessions. Both are stored as hashes. */
import { sql } from "kysely";
import type { Impersonator } from "../../policy/policy.ts";
import type { Scope } from "../../policy/scopes.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { isBannedNow, publicColumns, type User } from "./users.ts";

/**
 * The kind of a token: `token` for the header of scripts, `session` for the cookie of browsers, `access` for the requests of
 * `cl` and `refresh` for the next one of those.
 */
export type TokenKind = "token" | "session" | "access" | "refresh";

/** Stores a session in which an administrator acts as somebody else. Returns its id. */
export async function insertImpersonation(
  tx: Tx,
  session: { userId: number; impersonatorId: number; hash: Buffer; seconds: number; userAgent: string | null },
): Promise<string> {
  const { id } = await tx
    .insertInto("api_tokens")
    .values({
      token_hash: session.hash,
      user_id: session.userId,
      kind: "impersonation",
      impersonator_id: session.impersonatorId,
      user_agent: session.userAgent,
      expires_at: sql<Date>`now() + make_interval(secs => ${session.seconds})`,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** Ends a session in which an administrator acts as somebody else. Returns false if it has ended already. */
export async function deleteImpersonation(tx: Tx, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("api_tokens")
    .where("kind", "=", "impersonation")
    .where("id", "=", id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

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
      expires_at: sql<Date>`now() + ${token.lifetimeDays} * interval '1 day'`,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** How often the use of a token is written down. */
const noteEverySeconds = 300;

/** The user of a token, and what is known of the token. */
export interface TokenUser extends User {
  expired: boolean;
  token_id: string;
  scopes: Scope[] | null;
  expires_at: Date;
  /** The administrator who acts as the user. */
  impersonator: Impersonator | null;
}

/**
 * The user of a token, and whether the token has expired. Notes that the token is used. A session or a refresh token that is used lasts for
 * `slidingDays` from now, but no longer than `maxDays` after its beginning. A session in which an administrator acts as
 * somebody else keeps its end, and has expired as soon as they are no administrator, or the other one is.
 */
export async function findUserByToken(
  db: Db,
  tokenHash: Buffer,
  kind: TokenKind,
  { slidingDays, maxDays }: { slidingDays: number; maxDays: number },
): Promise<TokenUser | undefined> {
  const found = await db
    .selectFrom("api_tokens")
    .innerJoin("users", "users.id", "api_tokens.user_id")
    .leftJoin("users as i", "i.id", "api_tokens.impersonator_id")
    .select(["i.id as impersonator_id", "i.username as impersonator_name"])
    .select([
      ...publicColumns,
      "api_tokens.id as token_id",
      "api_tokens.scopes",
      "api_tokens.expires_at",
      sql<boolean>`(api_tokens.expires_at <= now()
        or (api_tokens.kind = 'impersonation' and (users.is_superuser or not i.is_superuser or ${isBannedNow("i")})))`.as(
        "expired",
      ),
      sql<boolean>`coalesce(api_tokens.last_used < now() - make_interval(secs => ${noteEverySeconds}), true)`.as(
        "is_to_note",
      ),
    ])
    .where("token_hash", "=", tokenHash)
    .where("kind", "in", kind === "session" ? [kind, "impersonation"] : [kind])
    .executeTakeFirst();
  if (!found) return undefined;
  const { is_to_note: isToNote, impersonator_id: id, impersonator_name: username, ...rest } = found;
  const user = { ...rest, impersonator: id === null || username === null ? null : { id, username } };
  if (!isToNote || user.expired || user.impersonator) return user;
  await db
    .updateTable("users")
    .set({ last_seen: sql<Date>`now()` })
    .where("id", "=", user.id)
    .execute();
  const noted = await db
    .updateTable("api_tokens")
    .set({
      last_used: sql<Date>`now()`,
      expires_at:
        kind === "token" || kind === "access"
          ? sql<Date>`expires_at`
          : sql<Date>`greatest(expires_at, least(now() + make_interval(days => ${slidingDays}),
              created_when + make_interval(days => ${maxDays})))`,
    })
    .where("id", "=", user.token_id)
    .returning("expires_at")
    .executeTakeFirst();
  return { ...user, expires_at: noted?.expires_at ?? user.expires_at };
}

/** What people see as one kind of login: `cl` stays logged in by its refresh token. */
const shownAs = (kind: TokenKind): TokenKind[] => (kind === "token" ? ["token", "refresh"] : [kind]);

/** The tokens and sessions of a user that have not expired, the last used first. */
export async function tokensOf(db: Db, userId: number, kind: TokenKind) {
  return db
    .selectFrom("api_tokens")
    .select(["id", "name", "scopes", "user_agent", "created_when", "last_used", "expires_at"])
    .where("user_id", "=", userId)
    .where("kind", "in", shownAs(kind))
    .where("expires_at", ">", sql<Date>`now()`)
    .orderBy(sql`coalesce(last_used, created_when)`, "desc")
    .orderBy("id")
    .execute();
}

export type TokenRow = Awaited<ReturnType<typeof tokensOf>>[number];

/** Whether a token or session was made in the last minutes. */
export async function isNewToken(db: Db, id: string, minutes: number): Promise<boolean> {
  const found = await db
    .selectFrom("api_tokens")
    .select("id")
    .where("id", "=", id)
    .where("created_when", ">", sql<Date>`now() - make_interval(mins => ${minutes})`)
    .executeTakeFirst();
  return found !== undefined;
}

/** Revokes a token by its hash. */
export async function deleteToken(db: Db, tokenHash: Buffer): Promise<void> {
  await db.deleteFrom("api_tokens").where("token_hash", "=", tokenHash).execute();
}

/**
 * Revokes one of a user's tokens. Returns false if the user has no such token. With a refresh token, the access tokens end that
 * it may have given.
 */
export async function deleteTokenOf(db: Db, userId: number, kind: TokenKind, id: string): Promise<boolean> {
  const deleted = await db
    .deleteFrom("api_tokens")
    .where("user_id", "=", userId)
    .where("kind", "in", shownAs(kind))
    .where("id", "=", id)
    .returning("kind")
    .executeTakeFirst();
  if (deleted?.kind === "refresh") await deleteTokensOf(db, userId, { kind: "access", except: null });
  return deleted !== undefined;
}

/**
 * Revokes a user's tokens, of one kind or all, except one. With sessions, those end in which the user acts as somebody else.
 * Returns how many.
 */
export async function deleteTokensOf(
  db: Db,
  userId: number,
  { kind, except }: { kind?: TokenKind; except: string | null },
): Promise<number> {
  if (kind === undefined || kind === "session")
    await db.deleteFrom("api_tokens").where("impersonator_id", "=", userId).execute();
  const { numDeletedRows } = await db
    .deleteFrom("api_tokens")
    .where("user_id", "=", userId)
    .$if(kind !== undefined, (query) => query.where("kind", "=", kind!))
    .$if(except !== null, (query) => query.where("id", "!=", except!))
    .executeTakeFirst();
  return Number(numDeletedRows);
}
