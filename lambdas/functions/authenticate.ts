import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { userBySession, userByToken } from "../accounts/service/authenticate.ts";
import type { Authenticated } from "../http/area.ts";
import { tokenOf } from "../http/authorization.ts";
import { sessionOf } from "../http/cookies.ts";
import { workerByToken } from "../jobs/service/authenticate.ts";
import type { Context } from "../kernel/context.ts";

/**
 * Identifies the sender of a request by its token (`bsw_...` is a worker's, any other a user's) or else by its session
 * cookie. A request without either is anonymous. An invalid token is refused even on routes that need none. An expired
 * session is ignored.
 */
export async function authenticate(context: Context, event: APIGatewayProxyEventV2): Promise<Authenticated> {
  const token = tokenOf(event);
  if (token !== undefined) {
    const actor = await (token.startsWith("bsw_") ? workerByToken : userByToken)(context, token);
    return { actor, bySession: false };
  }
  const session = sessionOf(event);
  const user = session === undefined ? undefined : await userBySession(context, session);
  return user ? { actor: user, bySession: true } : { actor: { kind: "anonymous" }, bySession: false };
}
