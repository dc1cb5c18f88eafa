import { findUserByToken } from "../db/users.ts";
import type { UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { hashToken } from "../../kernel/secrets.ts";

/** The user of an API token. An unknown or expired token is refused. */
export async function userByToken({ db }: Context, token: string): Promise<UserActor> {
  const user = await findUserByToken(db, hashToken(token), "token");
  if (!user) throw new Refusal("unauthenticated", "BAD_TOKEN", "Invalid token.");
  if (user.expired)
    throw new Refusal(
      "unauthenticated",
      "TOKEN_EXPIRED",
      "This token has expired. Get a new one from /api/api-token-auth/.",
    );
  return asActor(user);
}

/** The user of a session; undefined when the session is unknown or expired. */
export async function userBySession({ db }: Context, session: string): Promise<UserActor | undefined> {
  const user = await findUserByToken(db, hashToken(session), "session");
  return user && !user.expired ? asActor(user) : undefined;
}

function asActor(user: NonNullable<Awaited<ReturnType<typeof findUserByToken>>>): UserActor {
  if (user.is_banned) throw new Refusal("forbidden", "BANNED", "This account is banned.");
  return {
    kind: "user",
    id: user.id,
    username: user.username,
    email: user.email,
    emailIsConfirmed: user.email_is_confirmed,
    isSuperuser: user.is_superuser,
    isBot: user.is_bot,
  };
}
