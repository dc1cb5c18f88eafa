import * as z from "zod";
import { askAgain, confirmAddress, confirmationPath, type WhenConfirmed } from "../service/confirm-address.ts";
import { csrfTokenOf, newCsrfToken } from "../../http/cookies.ts";
import { html, page } from "../../http/html.ts";
import { route } from "../../http/route.ts";
import { posted, postedSchema } from "./posted.ts";

/** The page that confirms a mail address, to which mail leads. `whenConfirmed` is what other wings do then. */
export const confirmAddressRoutes = (whenConfirmed: WhenConfirmed) => [
  route({
    method: "GET",
    path: confirmationPath,
    summary: "The form that confirms your mail address with the token of a mail",
    access: "anyone",
    query: z.object({ token: z.string().optional() }),
    answer: { status: 200, description: "The page; 302 to the login form without a session" },
    handle({ context, actor, query, event }) {
      if (actor.kind !== "user") {
        const next = `${confirmationPath}?${new URLSearchParams(query.token ? { token: query.token } : {}).toString()}`;
        return Promise.resolve({
          status: 302,
          headers: { location: `/accounts/login/?next=${encodeURIComponent(next)}` },
        });
      }
      const fresh = newCsrfToken(context.environment.PUBLIC_URL);
      const held = csrfTokenOf(event);
      const csrf = html`<input type="hidden" name="csrfmiddlewaretoken" value="${held ?? fresh.token}" />`;
      const form = query.token
        ? html`<form method="post" action="${confirmationPath}">
            ${csrf}<input type="hidden" name="token" value="${query.token}" />
            <p>${actor.email} is the mail address of the account ${actor.username}.</p>
            <p><button>Confirm</button></p>
          </form>`
        : html`<form method="post" action="${confirmationPath}send/">
            ${csrf}
            <p>Send a mail with a link to ${actor.email}:</p>
            <p><button>Send</button></p>
          </form>`;
      const answer = page("Confirm your mail address", form);
      return Promise.resolve(held === undefined ? { ...answer, cookies: [fresh.cookie] } : answer);
    },
  }),
  route({
    method: "POST",
    path: confirmationPath,
    summary: "Confirm your mail address with the token of a mail",
    access: "user",
    body: z.object({ token: z.string() }),
    answer: { status: 200, description: "The confirmed address", schema: z.object({ email: z.string() }) },
    async handle({ context, actor, body }) {
      return { status: 200, body: { email: await confirmAddress(context, actor, body.token, whenConfirmed) } };
    },
  }),
  route({
    method: "POST",
    path: `${confirmationPath}send/`,
    summary: "Send a mail with a link that confirms your mail address",
    access: "user",
    answer: { status: 200, description: "Whether the mail is sent", schema: postedSchema },
    async handle({ context, actor }) {
      return { status: 200, body: posted(await askAgain(context, actor)) };
    },
  }),
];
