/** Changes passwords and mail addresses of one's own account, and resets forgotten passwords. */
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as z from "zod";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { askToChange } from "../service/change-address.ts";
import { askForReset, changePassword, resetPassword, resetPath } from "../service/passwords.ts";
import { tokenOf } from "../../http/authorization.ts";
import { csrfTokenOf, newCsrfToken, requireOwnSite } from "../../http/cookies.ts";
import { refusalPage } from "../../http/errors.ts";
import { boolean } from "../../http/fields.ts";
import { html, page } from "../../http/html.ts";
import { route, type Answer } from "../../http/route.ts";
import { senderOf } from "../../http/sender.ts";
import { maxPasswordLength } from "../rules/password.ts";
import { credentials } from "./credentials.ts";
import { email, newPassword } from "./new-account.ts";
import { posted, postedSchema } from "./posted.ts";

const title = "Set a new password";
const { password } = credentials.shape;

const asked = "If an account has this mail address, a mail with a link is on its way to it.";

/** The form to ask for a mail, or, with the token of a mail, to set a password. */
function form({ context, event }: { context: Context; event: APIGatewayProxyEventV2 }, token: string | undefined) {
  const fresh = newCsrfToken(context.environment.PUBLIC_URL);
  const held = csrfTokenOf(event);
  const csrf = html`<input type="hidden" name="csrfmiddlewaretoken" value="${held ?? fresh.token}" />`;
  const answer = page(
    title,
    token === undefined
      ? html`<form method="post" action="${resetPath}">
          ${csrf}
          <p>
            <label>Mail address<br /><input name="email" type="email" autocomplete="email" required autofocus /></label>
          </p>
          <p><button>Send a link</button></p>
        </form>`
      : html`<form method="post" action="${resetPath}confirm/">
          ${csrf}<input type="hidden" name="token" value="${token}" />
          <p>
            <label
              >New password<br /><input
                name="password"
                type="password"
                autocomplete="new-password"
                minlength="8"
                required
                autofocus
            /></label>
          </p>
          <p><button>Set</button></p>
        </form>`,
  );
  return held === undefined ? { ...answer, cookies: [fresh.cookie] } : answer;
}

/** Whether a page's form was sent, and not JSON. It then gets a page, and must come from one of our own. */
const isForm = (event: APIGatewayProxyEventV2): boolean =>
  !/^application\/json\b/i.test(event.headers["content-type"] ?? "");

async function answered(
  { context, event }: { context: Context; event: APIGatewayProxyEventV2 },
  work: () => Promise<{ body: object; sentence: string }>,
): Promise<Answer> {
  if (!isForm(event)) return { status: 200, body: (await work()).body };
  if (tokenOf(event) === undefined) await requireOwnSite(event, context.environment.PUBLIC_URL);
  try {
    return page(title, html`<p role="status">${(await work()).sentence}</p>`);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return refusalPage(page(title, html`<p role="alert">${error.message}</p>`), error);
  }
}

export const passwordRoutes = [
  route({
    method: "PUT",
    path: "/api/account/password/",
    summary: "Change your password; ends your other sessions",
    access: "user",
    body: z.object({
      old_password: password,
      new_password: newPassword,
      revoke_tokens: boolean.default(false).meta({ description: "Whether your API tokens end too" }),
    }),
    answer: { status: 204, description: "Changed" },
    async handle({ context, actor, login, body, event }) {
      const passwords = { old: body.old_password, new: body.new_password, revokeTokens: body.revoke_tokens };
      await changePassword(context, actor, passwords, { login: login!.id, sender: senderOf(event) });
      return { status: 204 };
    },
  }),
  route({
    method: "PUT",
    path: "/api/account/email/",
    summary: "Ask to change your mail address. It changes when you open the link in the mail to the new address",
    access: "user",
    body: z.object({ email, password }),
    answer: { status: 200, description: "Whether the mail is sent", schema: postedSchema },
    async handle({ context, actor, body, event }) {
      return { status: 200, body: posted(await askToChange(context, actor, body, senderOf(event))) };
    },
  }),
  route({
    method: "GET",
    path: resetPath,
    summary: "The form that asks for a mail to set a new password, or sets one with the token of a mail",
    access: "anyone",
    query: z.object({ token: z.string().max(200).optional() }),
    answer: { status: 200, description: "The page" },
    handle: (request) => Promise.resolve(form(request, request.query.token)),
  }),
  route({
    method: "POST",
    path: resetPath,
    summary: "Ask for a mail to set a new password. The answer is the same whether an account has the address or not",
    access: "anyone",
    body: z.object({ email: z.string().max(254) }),
    answer: { status: 200, description: "The request is noted", schema: z.object({ detail: z.string() }) },
    handle: (request) =>
      answered(request, async () => {
        await askForReset(request.context, request.body.email, senderOf(request.event));
        return { body: { detail: asked }, sentence: asked };
      }),
  }),
  route({
    method: "POST",
    path: `${resetPath}confirm/`,
    summary: "Set a new password with the token of a mail; ends all sessions and tokens of the account",
    access: "anyone",
    body: z.object({ token: z.string().max(200), password: z.string().max(maxPasswordLength) }),
    answer: { status: 200, description: "The account", schema: z.object({ username: z.string() }) },
    handle: (request) =>
      answered(request, async () => {
        const username = await resetPassword(request.context, request.body.token, request.body.password);
        return { body: { username }, sentence: `The account ${username} has the new password. Log in with it.` };
      }),
  }),
];
