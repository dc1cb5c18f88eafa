import { findUserByToken, type TokenUser } from "../db/tokens.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Scope } from "../../policy/scopes.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { hashToken } from "../../kernel/secrets.ts";
import { requireNoBan } from "./bans.ts";

/** A session ends this long after its last use. */
export const sessionDays = 14;
/** A session ends this long after its beginning, however much it is used. */
const maxSessionDays = 90;
const lifetime = { slidingDays: sessionDays, maxDays: maxSessionDays };

/** How somebody is logged in. */
export interface Login {
  actor: UserActor;
  /** Id of the token or session. */
  id: string;
  /** What the token is limited to; null if it is not limited. */
  scopes: Scope[] | null;
  expiresAt: Date;
}

/** The login of an API token, or of an access token of `cl`. An unknown or expired token is refused. */
export async function loginByToken({ db }: Context, token: string, kind: "token" | "access" = "token"): Promise<Login> {
  const user = await findUserByToken(db, hashToken(token), kind, lifetime);
  if (!user) throw new Refusal("unauthenticated", "BAD_TOKEN", "Invalid token.");
  if (user.expired)
    throw new Refusal(
      "unauthenticated",
      "TOKEN_EXPIRED",
      "This token has expired. Get a new one from /api/api-token-auth/.",
    );
  return asLogin(user);
}

/** A login of `cl` ends this long after its last use, and this long after its beginning. */
export const refreshDays = 90;
const refreshLifetime = { slidingDays: refreshDays, maxDays: 365 };

/** The login of a refresh token; undefined when it is unknown or expired. */
export async function loginByRefreshToken({ db }: Context, token: string): Promise<Login | undefined> {
  const user = await findUserByToken(db, hashToken(token), "refresh", refreshLifetime);
  return user && !user.expired ? asLogin(user) : undefined;
}

/** The login of a session; undefined when the session is unknown or expired. */
export async function loginBySession({ db }: Context, session: string): Promise<Login | undefined> {
  const user = await findUserByToken(db, hashToken(session), "session", lifetime);
  return user && !user.expired ? asLogin(user) : undefined;
}

function asLogin(user: TokenUser): Login {
  requireNoBan(user);
  return {
    actor: {
      kind: "user",
      id: user.id,
      username: user.username,
      email: user.email,
      emailIsConfirmed: user.email_is_confirmed,
      isSuperuser: user.is_superuser,
      isBot: user.is_bot,
      ...(user.impersonator && { impersonatedBy: user.impersonator }),
    },
    id: user.token_id,
    scopes: user.scopes,
    expiresAt: user.expires_at,
  };
}
