import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { findUserByToken } from "../db/users.ts";
import { findWorkerToken } from "../../jobs/db/workers.ts";
import type { Actor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { hashToken } from "../../kernel/secrets.ts";
import { sessionOf } from "../../http/cookies.ts";

export interface Authenticated {
  actor: Actor;
  /** Whether a cookie says who it is, which browsers send with requests that other sites cause. */
  bySession: boolean;
}

/**
 * Who sent a request, by its Authorization header: `Token bst_...` or `Bearer bst_...` of a person, `Bearer bsw_...` of
 * a worker; else by its session cookie; without either nobody. A token that is not good is refused even where none is
 * needed; a session that is over is as good as none.
 */
export async function authenticate(context: Context, event: APIGatewayProxyEventV2): Promise<Authenticated> {
  const header = event.headers["authorization"];
  if (header) return { actor: await byHeader(context, header), bySession: false };
  const session = sessionOf(event);
  const user = session === undefined ? undefined : await findUserByToken(context.db, hashToken(session), "session");
  if (!user || user.expired) return { actor: { kind: "anonymous" }, bySession: false };
  return { actor: asActor(user), bySession: true };
}

async function byHeader({ db }: Context, header: string): Promise<Actor> {
  const [scheme = "", token = ""] = header.trim().split(/\s+/, 2);
  if (!["token", "bearer"].includes(scheme.toLowerCase()) || token === "")
    throw new Refusal("unauthenticated", "BAD_AUTHORIZATION", "Send the header as: Authorization: Token <key>");
  const hash = hashToken(token);
  if (token.startsWith("bsw_")) {
    const worker = await findWorkerToken(db, hash);
    if (!worker) throw new Refusal("unknown-worker", "BAD_TOKEN", "This worker token is unknown or was revoked.");
    return { kind: "worker", ...worker };
  }
  const user = await findUserByToken(db, hash, "token");
  if (!user) throw new Refusal("unauthenticated", "BAD_TOKEN", "Invalid token.");
  if (user.expired)
    throw new Refusal(
      "unauthenticated",
      "TOKEN_EXPIRED",
      "This token has expired. Get a new one from /api/api-token-auth/.",
    );
  return asActor(user);
}

function asActor(user: NonNullable<Awaited<ReturnType<typeof findUserByToken>>>): Actor {
  if (user.is_banned) throw new Refusal("forbidden", "BANNED", "This account is banned.");
  return {
    kind: "user",
    id: user.id,
    username: user.username,
    email: user.email,
    isSuperuser: user.is_superuser,
    isBot: user.is_bot,
  };
}
