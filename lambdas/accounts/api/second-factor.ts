/** Turns the second factor of logins with a password on and off. */
import * as z from "zod";
import { personWithId } from "../service/profiles.ts";
import { requireOwnPassword } from "../service/passwords.ts";
import {
  beginSecondFactor,
  removeSecondFactor,
  requireApp,
  secondFactorOf,
  turnOffSecondFactor,
  turnOnSecondFactor,
} from "../service/second-factor.ts";
import { idParams } from "../../http/fields.ts";
import { route } from "../../http/route.ts";
import { senderOf } from "../../http/sender.ts";
import { credentials, shownFactor } from "./credentials.ts";

const path = "/api/account/second-factor/";
const { password } = credentials.shape;
const code = z.string().min(1).max(60);

export const secondFactorRoutes = [
  route({
    method: "GET",
    path,
    summary: "Whether your account has a second factor",
    access: "user",
    answer: {
      status: 200,
      description: "Its state",
      schema: z.object({
        is_on: z.boolean().meta({ description: "Whether a login with your password needs more" }),
        has_app: z.boolean(),
        passkeys: z.int(),
        recovery_codes_left: z.int(),
      }),
    },
    handle: async ({ context, actor }) => ({ status: 200, body: await secondFactorOf(context, actor) }),
  }),
  route({
    method: "POST",
    path,
    summary: "Make a secret for your app. It counts once PUT has sent a code of it",
    access: "user",
    body: z.object({ password, ...shownFactor.shape }),
    answer: {
      status: 200,
      description: "The secret, and the address for a QR code",
      schema: z.object({ secret: z.string(), uri: z.string() }),
    },
    async handle({ context, actor, body, event }) {
      await requireOwnPassword(context, actor, body.password, senderOf(event), "password");
      return { status: 200, body: await beginSecondFactor(context, actor, body, senderOf(event)) };
    },
  }),
  route({
    method: "PUT",
    path,
    summary: "Turn the second factor on with a code of your app",
    access: "user",
    body: z.object({ code }),
    answer: {
      status: 200,
      description: "Recovery codes, each of which replaces a code once. They are shown only now",
      schema: z.object({ recovery_codes: z.array(z.string()) }),
    },
    async handle({ context, actor, body }) {
      return { status: 200, body: { recovery_codes: await turnOnSecondFactor(context, actor, body.code) } };
    },
  }),
  route({
    method: "DELETE",
    path,
    summary: "Turn the app off as a second factor, with a code of it, a recovery code or a passkey",
    access: "user",
    body: z.object({ password, ...shownFactor.shape }),
    answer: { status: 204, description: "Off" },
    async handle({ context, actor, body, event }) {
      await requireApp(context, actor);
      await requireOwnPassword(context, actor, body.password, senderOf(event), "password");
      await turnOffSecondFactor(context, actor, body, senderOf(event));
      return { status: 204 };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/users/{id}/second-factor/",
    summary: "Turn off the second factor of somebody who has lost it, and remove their passkeys (superusers)",
    access: "user",
    audited: true,
    params: idParams,
    answer: { status: 204, description: "Off" },
    async handle({ context, actor, reason, params }) {
      await removeSecondFactor(context, { actor, reason }, await personWithId(context, params.id));
      return { status: 204 };
    },
  }),
];
