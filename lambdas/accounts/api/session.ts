/** Sessions for web pages, in JSON. */
import * as z from "zod";
import type { Context } from "../../kernel/context.ts";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { Login } from "../service/authenticate.ts";
import { beginSession, logOut } from "../service/log-in.ts";
import { signInWithPasskey } from "../service/passkeys.ts";
import { passkeyOptions } from "../service/show-passkey.ts";
import { sessionDays } from "../service/authenticate.ts";
import { notLoggedIn } from "../../kernel/refusal.ts";
import { endLogin } from "../service/logins.ts";
import { tokenOf } from "../../http/authorization.ts";
import { csrfTokenOf, newCsrfToken, requireOwnSite, sessionCookies, sessionOf } from "../../http/cookies.ts";
import { route, type Answer } from "../../http/route.ts";
import { senderOf } from "../../http/sender.ts";
import { passkeyAnswer } from "../rules/passkey.ts";
import { credentials } from "./credentials.ts";
import { optionsSchema } from "./passkeys.ts";
import { endActing } from "./impersonation.ts";
import { sessionSchema, shownSession } from "./shown-session.ts";

const secondsUntil = (end: Date) => Math.max(0, Math.floor((end.getTime() - Date.now()) / 1000));

/** The answer to a login. It ends the session that the browser had. */
async function begun(
  context: Context,
  event: APIGatewayProxyEventV2,
  { token, login }: { token: string; login: Login },
): Promise<Answer> {
  const { PUBLIC_URL } = context.environment;
  const before = sessionOf(event);
  if (before !== undefined) await logOut(context, before);
  return {
    status: 200,
    body: await shownSession(context, login.actor, login),
    cookies: [sessionCookies.begin(PUBLIC_URL, token, sessionDays * 24 * 3600), newCsrfToken(PUBLIC_URL).cookie],
  };
}

export const webSessionRoutes = [
  route({
    method: "GET",
    path: "/api/session/",
    summary: "Who is logged in, and what they may do; sets the cookie csrftoken",
    access: "anyone",
    forBanned: true,
    answer: { status: 200, description: "The session, also if nobody is logged in", schema: sessionSchema },
    async handle({ context, actor, login, ban, event }) {
      const { PUBLIC_URL } = context.environment;
      const session = sessionOf(event);
      const cookies = [
        ...(csrfTokenOf(event) === undefined ? [newCsrfToken(PUBLIC_URL).cookie] : []),
        ...(login?.kind === "session" && session !== undefined
          ? [sessionCookies.begin(PUBLIC_URL, session, secondsUntil(login.expiresAt))]
          : []),
        ...(login === null && session !== undefined ? [sessionCookies.end(PUBLIC_URL)] : []),
      ];
      const body = await shownSession(context, actor, login, ban);
      return { status: 200, body, ...(cookies.length > 0 && { cookies }) };
    },
  }),
  route({
    method: "POST",
    path: "/api/session/",
    summary: "Log in; sets the cookies sessionid and csrftoken. Needs the header X-CSRFToken",
    access: "anyone",
    forBanned: true,
    inMaintenance: true,
    body: credentials,
    answer: { status: 200, description: "The new session", schema: sessionSchema },
    async handle({ context, body, event }) {
      await requireOwnSite(event, context.environment.PUBLIC_URL);
      return begun(context, event, await beginSession(context, body, senderOf(event)));
    },
  }),
  route({
    method: "POST",
    path: "/api/session/passkey/options/",
    summary: "Ask the browser for a passkey, to log in or beside a password",
    access: "anyone",
    forBanned: true,
    inMaintenance: true,
    answer: {
      status: 200,
      description: "What navigator.credentials.get() needs. It must be answered within five minutes, once",
      schema: optionsSchema,
    },
    handle: async ({ context, event }) => ({ status: 200, body: await passkeyOptions(context, senderOf(event)) }),
  }),
  route({
    method: "POST",
    path: "/api/session/passkey/",
    summary: "Log in with a passkey alone; sets the cookies sessionid and csrftoken. Needs the header X-CSRFToken",
    access: "anyone",
    forBanned: true,
    inMaintenance: true,
    body: z.object({ passkey: passkeyAnswer.meta({ description: "What navigator.credentials.get() answered" }) }),
    answer: { status: 200, description: "The new session", schema: sessionSchema },
    async handle({ context, body, event }) {
      await requireOwnSite(event, context.environment.PUBLIC_URL);
      return begun(context, event, await signInWithPasskey(context, body.passkey, senderOf(event)));
    },
  }),
  route({
    method: "DELETE",
    path: "/api/session/",
    summary: "Log out: end the session, or revoke the token that the request has",
    access: "anyone",
    forBanned: true,
    inMaintenance: true,
    answer: { status: 204, description: "Logged out" },
    async handle({ context, login, actor, ban, event }) {
      if (actor.kind !== "user") {
        if (ban === null) throw notLoggedIn();
        await logOut(context, tokenOf(event) ?? sessionOf(event)!);
        return { status: 204, cookies: [sessionCookies.end(context.environment.PUBLIC_URL)] };
      }
      if (login && actor.impersonatedBy)
        return { status: 204, cookies: (await endActing(context, actor, login.id, event)).cookies };
      if (login) await endLogin(context, actor, login);
      return { status: 204, cookies: [sessionCookies.end(context.environment.PUBLIC_URL)] };
    },
  }),
];
