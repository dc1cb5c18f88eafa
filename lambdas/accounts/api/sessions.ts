import * as z from "zod";
import type { Context } from "../../kernel/context.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { sessionDays } from "../service/authenticate.ts";
import { beginSession, logOut } from "../service/log-in.ts";
import { tokenOf } from "../../http/authorization.ts";
import { csrfTokenOf, newCsrfToken, requireOwnSite, sessionCookies, sessionOf } from "../../http/cookies.ts";
import { resetPath } from "../service/passwords.ts";
import { refusalPage } from "../../http/errors.ts";
import { html, page } from "../../http/html.ts";
import { route } from "../../http/route.ts";
import { senderOf } from "../../http/sender.ts";
import { credentials } from "./credentials.ts";
import { endActing } from "./impersonation.ts";
import { localPath } from "./local-path.ts";

/** The form, with a link for each identity provider. Codabench's scripts read its hidden field. */
const loginPage = ({ environment }: Context, csrfToken: string, next: string, problem: Refusal | null) =>
  page(
    "Log in",
    html`${environment.SIGN_IN.providers.map(
        ({ id, label }) =>
          html`<p><a href="/accounts/sign-in/${id}/?next=${encodeURIComponent(next)}">${label}</a></p>`,
      )}
      <form method="post" action="/accounts/login/">
        ${problem === null ? html`` : html`<p role="alert">${problem.message}</p>`}
        <input type="hidden" name="csrfmiddlewaretoken" value="${csrfToken}" />
        <input type="hidden" name="next" value="${next}" />
        <p>
          <label
            >Username or mail address<br /><input name="username" autocomplete="username" required autofocus
          /></label>
        </p>
        <p>
          <label
            >Password<br /><input name="password" type="password" autocomplete="current-password" required
          /></label>
        </p>
        ${
          problem?.code === "SECOND_FACTOR_NEEDED" || problem?.code === "BAD_CODE"
            ? html`<p>
                <label>Code<br /><input name="code" autocomplete="one-time-code" required /></label>
              </p>`
            : html``
        }
        <p><button>Log in</button></p>
        <p><a href="${resetPath}">I forgot my password</a></p>
      </form>`,
  );

/** Login with a form, for scripts that log in and download files as a browser does. People get the web application. */
export const sessionRoutes = [
  route({
    method: "GET",
    path: "/accounts/login/",
    summary: "The login form; sets the cookie csrftoken",
    access: "anyone",
    forBanned: true,
    query: z.object({ next: localPath.default("/") }),
    answer: { status: 200, description: "The page", type: "text/html" },
    handle({ context, query, event }) {
      const fresh = newCsrfToken(context.environment.PUBLIC_URL);
      const held = csrfTokenOf(event);
      const answer = loginPage(context, held ?? fresh.token, query.next, null);
      return Promise.resolve(held === undefined ? { ...answer, cookies: [fresh.cookie] } : answer);
    },
  }),
  route({
    method: "POST",
    path: "/accounts/login/",
    summary: "Log in with the form; sets the cookie sessionid and redirects",
    access: "anyone",
    forBanned: true,
    inMaintenance: true,
    body: credentials.extend({ next: localPath.default("/") }),
    answer: {
      status: 302,
      description: "Logged in",
      also: {
        200: { description: "The form again: name and password do not match", type: "text/html" },
        429: { description: "The form again: too many tries", type: "text/html" },
      },
    },
    async handle({ context, body, event }) {
      const { PUBLIC_URL } = context.environment;
      await requireOwnSite(event, PUBLIC_URL);
      try {
        const { token } = await beginSession(context, body, senderOf(event));
        const before = sessionOf(event);
        if (before !== undefined) await logOut(context, before);
        return {
          status: 302,
          headers: { location: body.next },
          cookies: [sessionCookies.begin(PUBLIC_URL, token, sessionDays * 24 * 3600), newCsrfToken(PUBLIC_URL).cookie],
        };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return refusalPage(loginPage(context, csrfTokenOf(event)!, body.next, error), error);
      }
    },
  }),
  route({
    method: "POST",
    path: "/accounts/logout/",
    summary: "Log out: end the session, or revoke the token that the request has",
    access: "anyone",
    forBanned: true,
    inMaintenance: true,
    answer: {
      status: 302,
      description: "The session is over",
      also: { 204: { description: "The token of the request is revoked" } },
    },
    async handle({ context, actor, login, event }) {
      if (login && actor.kind === "user" && actor.impersonatedBy) {
        const { cookies } = await endActing(context, actor, login.id, event);
        return { status: 302, headers: { location: "/" }, cookies };
      }
      const token = tokenOf(event);
      if (token !== undefined) {
        await logOut(context, token);
        return { status: 204 };
      }
      const session = sessionOf(event);
      if (session !== undefined) await logOut(context, session);
      return {
        status: 302,
        headers: { location: "/" },
        cookies: [sessionCookies.end(context.environment.PUBLIC_URL)],
      };
    },
  }),
  route({
    method: "GET",
    path: "/api/api-auth/login/",
    summary: "Codabench's second address of the login form",
    access: "anyone",
    query: z.object({ next: localPath.default("/") }),
    answer: { status: 302, description: "A redirect to the form" },
    handle: ({ query }) =>
      Promise.resolve({
        status: 302,
        headers: { location: `/accounts/login/?${new URLSearchParams(query).toString()}` },
      }),
  }),
];
