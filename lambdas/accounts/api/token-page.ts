/** The page on which people without a password get a token for the command line. */
import * as z from "zod";
import { createToken } from "../service/logins.ts";
import { csrfTokenOf, newCsrfToken } from "../../http/cookies.ts";
import { html, page } from "../../http/html.ts";
import { route } from "../../http/route.ts";
import { senderOf } from "../../http/sender.ts";

const path = "/accounts/token/";
const title = "A token for programs";
const days = 90;

export const tokenPageRoutes = [
  route({
    method: "GET",
    path,
    summary: "The form that makes an API token, for people who log in with an identity provider",
    access: "anyone",
    answer: { status: 200, description: "The page; 302 to the login form without a session" },
    handle({ context, actor, event }) {
      if (actor.kind !== "user")
        return Promise.resolve({ status: 302, headers: { location: `/accounts/login/?next=${path}` } });
      const fresh = newCsrfToken(context.environment.PUBLIC_URL);
      const held = csrfTokenOf(event);
      const answer = page(
        title,
        html`<form method="post" action="${path}">
          <input type="hidden" name="csrfmiddlewaretoken" value="${held ?? fresh.token}" />
          <p>The token does what the account ${actor.username} may do, for ${String(days)} days.</p>
          <p>
            <label>What it is for<br /><input name="name" value="command line" maxlength="60" required /></label>
          </p>
          <p><button>Make a token</button></p>
        </form>`,
      );
      return Promise.resolve(held === undefined ? { ...answer, cookies: [fresh.cookie] } : answer);
    },
  }),
  route({
    method: "POST",
    path,
    summary: "Make an API token with the form",
    access: "user",
    body: z.object({ name: z.string().trim().min(1).max(60) }),
    answer: { status: 200, description: "The page with the token, which is shown only once" },
    async handle({ context, actor, body, event }) {
      const { token } = await createToken(
        context,
        actor,
        { name: body.name, scopes: null, days },
        senderOf(event).userAgent,
      );
      return page(
        title,
        html`<p><code>${token}</code></p>
          <p>It is shown only once. Give it to <code>benchstack login URL --token</code>.</p>`,
      );
    },
  }),
];
