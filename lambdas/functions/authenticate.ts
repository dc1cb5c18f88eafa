import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { loginBySession, loginByToken, type Login } from "../accounts/service/authenticate.ts";
import { noteImpersonation } from "../accounts/service/impersonation.ts";
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
  if (!login) return { actor: { kind: "anonymous" }, login: null };
  const { actor } = login;
  return {
    ...withKind("session", login),
    ...(actor.impersonatedBy && { noteChange: (request) => noteImpersonation(context, actor, request) }),
  };
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

/**
 * Identifies the sender of a request to worksheets, also by an access token of `cl` (`bsa_...`), which opens nothing else. Requests
 * for such a token name the program instead of its user.
 */
export async function authenticateForWorksheets(
  context: Context,
  event: APIGatewayProxyEventV2,
): Promise<Authenticated> {
  if (event.rawPath.startsWith("/rest/oauth2/")) return { actor: { kind: "anonymous" }, login: null };
  const token = tokenOf(event);
  return token?.startsWith("bsa_")
    ? withKind("token", await loginByToken(context, token, "access"))
    : authenticate(context, event);
}

const withKind = (kind: CurrentLogin["kind"], { actor, ...login }: Login): Authenticated => ({
  actor,
  login: { ...login, kind },
});
