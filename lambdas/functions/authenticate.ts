import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { loginBySession, loginByToken, type Login } from "../accounts/service/authenticate.ts";
import type { Authenticated } from "../http/area.ts";
import { tokenOf } from "../http/authorization.ts";
import { sessionOf } from "../http/cookies.ts";
import type { CurrentLogin } from "../http/route.ts";
import { workerByToken } from "../jobs/service/authenticate.ts";
import type { Context } from "../kernel/context.ts";

/**
 * Identifies the sender of a request by its token (`bsw_...` is a worker's, any other a user's) or else by its session
 * cookie. A request without either is anonymous. An invalid token is refused even on routes that need none. An expired
 * session is ignored.
 */
export async function authenticate(context: Context, event: APIGatewayProxyEventV2): Promise<Authenticated> {
  const token = tokenOf(event);
  if (token?.startsWith("bsw_")) return { actor: await workerByToken(context, token), login: null };
  if (token !== undefined) return withKind("token", await loginByToken(context, token));
  const session = sessionOf(event);
  const login = session === undefined ? undefined : await loginBySession(context, session);
  return login ? withKind("session", login) : { actor: { kind: "anonymous" }, login: null };
}

/**
 * Identifies a worker by its token. Everybody else is anonymous, because the database role of these requests may not read the
 * logins of people.
 */
export async function authenticateWorker(context: Context, event: APIGatewayProxyEventV2): Promise<Authenticated> {
  const token = tokenOf(event);
  const actor = token?.startsWith("bsw_") ? await workerByToken(context, token) : ({ kind: "anonymous" } as const);
  return { actor, login: null };
}

const withKind = (kind: CurrentLogin["kind"], { actor, ...login }: Login): Authenticated => ({
  actor,
  login: { ...login, kind },
});
