/** Changes passwords and mail addresses of one's own account, and resets forgotten passwords. */
import * as z from "zod";
import { askToChange } from "../service/change-address.ts";
import { askForReset, changePassword, resetPassword, resetPath } from "../service/passwords.ts";
import { requireOwnForm } from "../../http/cookies.ts";
import { boolean } from "../../http/fields.ts";
import { route } from "../../http/route.ts";
import { senderOf } from "../../http/sender.ts";
import { maxPasswordLength } from "../rules/password.ts";
import { credentials } from "./credentials.ts";
import { email, newPassword } from "./new-account.ts";
import { posted, postedSchema } from "./posted.ts";

const { password } = credentials.shape;

const asked = "If an account has this mail address, a mail with a link is on its way to it.";

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
    body: z.object({
      email,
      password: password
        .optional()
        .meta({ description: "Not for accounts without one: their session must have begun within ten minutes" }),
    }),
    answer: { status: 200, description: "Whether the mail is sent", schema: postedSchema },
    async handle({ context, actor, login, body, event }) {
      const proof = { password: body.password, login: login!, sender: senderOf(event) };
      return { status: 200, body: posted(await askToChange(context, actor, body.email, proof)) };
    },
  }),
  route({
    method: "POST",
    path: resetPath,
    summary: "Ask for a mail to set a new password. The answer is the same whether an account has the address or not",
    access: "anyone",
    body: z.object({ email: z.string().max(254) }),
    answer: { status: 200, description: "The request is noted", schema: z.object({ detail: z.string() }) },
    async handle({ context, body, event }) {
      await requireOwnForm(event, context.environment.PUBLIC_URL);
      await askForReset(context, body.email, senderOf(event));
      return { status: 200, body: { detail: asked } };
    },
  }),
  route({
    method: "POST",
    path: `${resetPath}confirm/`,
    summary: "Set a new password with the token of a mail; ends all sessions and tokens of the account",
    access: "anyone",
    body: z.object({ token: z.string().max(200), password: z.string().max(maxPasswordLength) }),
    answer: { status: 200, description: "The account", schema: z.object({ username: z.string() }) },
    async handle({ context, body, event }) {
      await requireOwnForm(event, context.environment.PUBLIC_URL);
      return { status: 200, body: { username: await resetPassword(context, body.token, body.password) } };
    },
  }),
];
