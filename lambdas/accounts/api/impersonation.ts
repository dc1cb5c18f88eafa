/** Begins and ends sessions in which an administrator acts as somebody else. */
import * as z from "zod";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { may, type UserActor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { notAllowed, Refusal } from "../../kernel/refusal.ts";
import { loginBySession, sessionDays } from "../service/authenticate.ts";
import { beginImpersonation, endImpersonation, impersonationSeconds } from "../service/impersonation.ts";
import { newCsrfToken, ownSessionCookies, ownSessionOf, sessionCookies, sessionOf } from "../../http/cookies.ts";
import { idParams } from "../../http/fields.ts";
import { route } from "../../http/route.ts";
import { senderOf } from "../../http/sender.ts";
import { sessionSchema, shownSession } from "./shown-session.ts";

/** Ends acting as somebody else. Returns the administrator's own session, if the browser has it, and the cookies. */
export async function endActing(
  context: Context,
  actor: UserActor,
  loginId: string,
  event: APIGatewayProxyEventV2,
): Promise<{ own: Awaited<ReturnType<typeof loginBySession>>; cookies: string[] }> {
  const { PUBLIC_URL } = context.environment;
  await endImpersonation(context, actor, loginId);
  const token = ownSessionOf(event);
  const kept = token === undefined ? undefined : await loginBySession(context, token);
  // Somebody else may have put a session of theirs there.
  const own = kept?.actor.id === actor.impersonatedBy?.id ? kept : undefined;
  return {
    own,
    cookies: [
      own && token !== undefined
        ? sessionCookies.begin(PUBLIC_URL, token, sessionDays * 24 * 3600)
        : sessionCookies.end(PUBLIC_URL),
      ownSessionCookies.end(PUBLIC_URL),
    ],
  };
}

export const impersonationRoutes = [
  route({
    method: "POST",
    path: "/api/admin/users/{id}/impersonate/",
    summary: "Act as somebody who is no administrator, for an hour at most (administrators, in a session)",
    access: "user",
    audited: true,
    params: idParams,
    body: z.object({ reason: z.string().trim().min(3).max(1000) }),
    answer: { status: 200, description: "The session in which you act as them", schema: sessionSchema },
    async handle({ context, actor, login, params, body: { reason }, event }) {
      const { PUBLIC_URL } = context.environment;
      if (!may(actor, "platform.administer", null)) throw notAllowed("administrators");
      const own = sessionOf(event);
      if (login?.kind !== "session" || own === undefined)
        throw new Refusal(
          "forbidden",
          "NO_SESSION",
          "Log in with a browser to act as somebody else, not with a token.",
        );
      const by = { actor, reason };
      const { token, login: acting } = await beginImpersonation(context, by, params.id, senderOf(event));
      return {
        status: 200,
        body: await shownSession(context, acting.actor, acting),
        cookies: [
          sessionCookies.begin(PUBLIC_URL, token, impersonationSeconds),
          ownSessionCookies.begin(PUBLIC_URL, own, impersonationSeconds),
          newCsrfToken(PUBLIC_URL).cookie,
        ],
      };
    },
  }),
  route({
    method: "POST",
    path: "/api/session/impersonation/end/",
    summary: "Stop acting as somebody else; your own session goes on",
    access: "user",
    inMaintenance: true,
    answer: { status: 200, description: "Your own session", schema: sessionSchema },
    async handle({ context, actor, login, event }) {
      if (!actor.impersonatedBy || !login)
        throw new Refusal("invalid", "NOT_IMPERSONATING", "You do not act as somebody else.");
      const { own, cookies } = await endActing(context, actor, login.id, event);
      return {
        status: 200,
        body: await shownSession(context, own?.actor ?? { kind: "anonymous" }, own ?? null),
        cookies,
      };
    },
  }),
];
