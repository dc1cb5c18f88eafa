/** Sessions for web pages, in JSON. */
import * as z from "zod";
import { may, type Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { beginSession, logOut } from "../service/log-in.ts";
import { sessionDays } from "../service/authenticate.ts";
import { endLogin } from "../service/logins.ts";
import { ownName } from "../service/profiles.ts";
import { csrfTokenOf, newCsrfToken, requireOwnSite, sessionCookies, sessionOf } from "../../http/cookies.ts";
import { route, type CurrentLogin } from "../../http/route.ts";
import { senderOf } from "../../http/sender.ts";
import { credentials } from "./credentials.ts";

const sessionSchema = z
  .object({
    user: z
      .object({
        id: z.int(),
        username: z.string(),
        name: z.string().meta({ description: "The display name, or else the username" }),
        email: z.string(),
        email_is_confirmed: z.boolean(),
        is_superuser: z.boolean(),
        is_bot: z.boolean(),
      })
      .nullable()
      .meta({ description: "Null if nobody is logged in" }),
    permissions: z
      .object({
        organize: z.boolean().meta({ description: "Create competitions, tasks and queues" }),
        create_users: z.boolean(),
        read_audit_trail: z.boolean().meta({ description: "That of the platform" }),
      })
      .meta({ description: "What the user may do on the platform" }),
    expires_at: z.date().nullable().meta({ description: "When the session or token ends. Using a session moves it" }),
  })
  .meta({ id: "Session" });

async function shown(context: Context, actor: Actor, login: Pick<CurrentLogin, "expiresAt" | "scopes"> | null) {
  const permissions = {
    organize: actor.kind === "user" && (login?.scopes?.includes("organize") ?? true),
    create_users: may(actor, "user.create", null),
    read_audit_trail: may(actor, "audit.ofPlatform", null),
  };
  if (actor.kind !== "user") return { user: null, permissions, expires_at: null };
  const { id, username, email, emailIsConfirmed, isSuperuser, isBot } = actor;
  const user = {
    id,
    username,
    name: await ownName(context, actor),
    email,
    email_is_confirmed: emailIsConfirmed,
    is_superuser: isSuperuser,
    is_bot: isBot,
  };
  return { user, permissions, expires_at: login?.expiresAt ?? null };
}

const secondsUntil = (end: Date) => Math.max(0, Math.floor((end.getTime() - Date.now()) / 1000));

export const webSessionRoutes = [
  route({
    method: "GET",
    path: "/api/session/",
    summary: "Who is logged in, and what they may do; sets the cookie csrftoken",
    access: "anyone",
    answer: { status: 200, description: "The session, also if nobody is logged in", schema: sessionSchema },
    async handle({ context, actor, login, event }) {
      const { PUBLIC_URL } = context.environment;
      const session = sessionOf(event);
      const cookies = [
        ...(csrfTokenOf(event) === undefined ? [newCsrfToken(PUBLIC_URL).cookie] : []),
        ...(login?.kind === "session" && session !== undefined
          ? [sessionCookies.begin(PUBLIC_URL, session, secondsUntil(login.expiresAt))]
          : []),
        ...(login === null && session !== undefined ? [sessionCookies.end(PUBLIC_URL)] : []),
      ];
      return { status: 200, body: await shown(context, actor, login), ...(cookies.length > 0 && { cookies }) };
    },
  }),
  route({
    method: "POST",
    path: "/api/session/",
    summary: "Log in; sets the cookies sessionid and csrftoken. Needs the header X-CSRFToken",
    access: "anyone",
    body: credentials,
    answer: { status: 200, description: "The new session", schema: sessionSchema },
    async handle({ context, body, event }) {
      const { PUBLIC_URL } = context.environment;
      await requireOwnSite(event, PUBLIC_URL);
      const { token, login } = await beginSession(context, body, senderOf(event));
      const before = sessionOf(event);
      if (before !== undefined) await logOut(context, before);
      return {
        status: 200,
        body: await shown(context, login.actor, login),
        cookies: [sessionCookies.begin(PUBLIC_URL, token, sessionDays * 24 * 3600), newCsrfToken(PUBLIC_URL).cookie],
      };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/session/",
    summary: "Log out: end the session, or revoke the token that the request has",
    access: "user",
    answer: { status: 204, description: "Logged out" },
    async handle({ context, login, actor }) {
      if (login) await endLogin(context, actor, login);
      return { status: 204, cookies: [sessionCookies.end(context.environment.PUBLIC_URL)] };
    },
  }),
];
