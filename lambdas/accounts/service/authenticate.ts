import { findUserByToken } from "../db/tokens.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Scope } from "../../policy/scopes.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { hashToken } from "../../kernel/secrets.ts";

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

/** The login of an API token. An unknown or expired token is refused. */
export async function loginByToken({ db }: Context, token: string): Promise<Login> {
  const user = await findUserByToken(db, hashToken(token), "token", lifetime);
  if (!user) throw new Refusal("unauthenticated", "BAD_TOKEN", "Invalid token.");
  if (user.expired)
    throw new Refusal(
      "unauthenticated",
      "TOKEN_EXPIRED",
      "This token has expired. Get a new one from /api/api-token-auth/.",
    );
  return asLogin(user);
}

/** The login of a session; undefined when the session is unknown or expired. */
export async function loginBySession({ db }: Context, session: string): Promise<Login | undefined> {
  const user = await findUserByToken(db, hashToken(session), "session", lifetime);
  return user && !user.expired ? asLogin(user) : undefined;
}

function asLogin(user: NonNullable<Awaited<ReturnType<typeof findUserByToken>>>): Login {
  if (user.is_banned) throw new Refusal("forbidden", "BANNED", "This account is banned.");
  return {
    actor: {
      kind: "user",
      id: user.id,
      username: user.username,
      email: user.email,
      emailIsConfirmed: user.email_is_confirmed,
      isSuperuser: user.is_superuser,
      isBot: user.is_bot,
    },
    id: user.token_id,
    scopes: user.scopes,
    expiresAt: user.expires_at,
  };
}
