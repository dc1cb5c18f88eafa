import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as z from "zod";
import { Refusal } from "../../kernel/refusal.ts";
import {
  askAgain,
  confirmAddress,
  confirmationPath,
  mailedChange,
  type WhenConfirmed,
} from "../service/confirm-address.ts";
import type { Context } from "../../kernel/context.ts";
import type { UserActor } from "../../policy/policy.ts";
import { tokenOf } from "../../http/authorization.ts";
import { csrfTokenOf, newCsrfToken } from "../../http/cookies.ts";
import { refusalPage } from "../../http/errors.ts";
import { html, page } from "../../http/html.ts";
import { route, type Answer } from "../../http/route.ts";
import { posted, postedSchema } from "./posted.ts";

const title = "Confirm your mail address";

/** What a browser shows after it sent a form. Clients with a token get JSON, and refusals as everywhere. */
async function answered(
  event: APIGatewayProxyEventV2,
  work: () => Promise<{ body: object; sentence: string }>,
): Promise<Answer> {
  const fromBrowser = tokenOf(event) === undefined;
  try {
    const { body, sentence } = await work();
    return fromBrowser ? page(title, html`<p role="status">${sentence}</p>`) : { status: 200, body };
  } catch (error) {
    if (!fromBrowser || !(error instanceof Refusal)) throw error;
    return refusalPage(page(title, html`<p role="alert">${error.message}</p>`), error);
  }
}

/** A sentence that says what the token of a mail confirms, or why it confirms nothing. */
async function askedFor(
  context: Context,
  actor: UserActor,
  token: string,
): Promise<{ sentence: string; problem?: never } | { problem: string; sentence?: never }> {
  try {
    const { email, isNew } = await mailedChange(context, actor, token);
    return {
      sentence: isNew
        ? `${email} becomes the mail address of the account ${actor.username}, in place of ${actor.email}.`
        : `${email} is the mail address of the account ${actor.username}.`,
    };
  } catch (error) {
    if (error instanceof Refusal) return { problem: error.message };
    throw error;
  }
}

/** The page that confirms a mail address, to which mail leads. `whenConfirmed` is what other wings do then. */
export const confirmAddressRoutes = (whenConfirmed: WhenConfirmed) => [
  route({
    method: "GET",
    path: confirmationPath,
    summary: "The form that confirms your mail address with the token of a mail",
    access: "anyone",
    query: z.object({ token: z.string().optional() }),
    answer: { status: 200, description: "The page; 302 to the login form without a session" },
    async handle({ context, actor, query, event }) {
      if (actor.kind !== "user") {
        const next = `${confirmationPath}?${new URLSearchParams(query.token ? { token: query.token } : {}).toString()}`;
        return { status: 302, headers: { location: `/accounts/login/?next=${encodeURIComponent(next)}` } };
      }
      const fresh = newCsrfToken(context.environment.PUBLIC_URL);
      const held = csrfTokenOf(event);
      const csrf = html`<input type="hidden" name="csrfmiddlewaretoken" value="${held ?? fresh.token}" />`;
      const asked = query.token ? await askedFor(context, actor, query.token) : undefined;
      const form = asked?.sentence
        ? html`<form method="post" action="${confirmationPath}">
            ${csrf}<input type="hidden" name="token" value="${query.token!}" />
            <p>${asked.sentence}</p>
            <p><button>Confirm</button></p>
          </form>`
        : html`${asked?.problem ? html`<p role="alert">${asked.problem}</p>` : html``}
          ${
            actor.emailIsConfirmed
              ? html`<p>The address ${actor.email} of the account ${actor.username} is confirmed.</p>`
              : html`<form method="post" action="${confirmationPath}send/">
                  ${csrf}
                  <p>Send a mail with a link to ${actor.email}:</p>
                  <p><button>Send</button></p>
                </form>`
          }`;
      const answer = page(title, form);
      return held === undefined ? { ...answer, cookies: [fresh.cookie] } : answer;
    },
  }),
  route({
    method: "POST",
    path: confirmationPath,
    summary: "Confirm your mail address with the token of a mail",
    access: "user",
    body: z.object({ token: z.string() }),
    answer: { status: 200, description: "The confirmed address", schema: z.object({ email: z.string() }) },
    handle: ({ context, actor, body, event }) =>
      answered(event, async () => {
        const email = await confirmAddress(context, actor, body.token, whenConfirmed);
        return { body: { email }, sentence: `${email} is confirmed.` };
      }),
  }),
  route({
    method: "POST",
    path: `${confirmationPath}send/`,
    summary: "Send a mail with a link that confirms your mail address",
    access: "user",
    answer: { status: 200, description: "Whether the mail is sent", schema: postedSchema },
    handle: ({ context, actor, event }) =>
      answered(event, async () => {
        const body = posted(await askAgain(context, actor));
        return { body, sentence: body.detail };
      }),
  }),
];
