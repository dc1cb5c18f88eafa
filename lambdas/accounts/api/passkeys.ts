/** Lists, registers and removes one's own passkeys. */
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as z from "zod";
import { newPasskeyAnswer } from "../rules/passkey.ts";
import { addPasskey, newPasskeyOptions, ownPasskeys, removePasskey } from "../service/passkeys.ts";
import { route, type CurrentLogin } from "../../http/route.ts";
import { senderOf } from "../../http/sender.ts";
import { credentials, shownFactor } from "./credentials.ts";

const path = "/api/account/passkeys/";

const listed = z.object({
  id: z.guid(),
  name: z.string(),
  created_when: z.date(),
  last_used: z.date().nullable(),
});

/** What shows that the account's owner sends the request. */
const shown = z.object({
  password: credentials.shape.password
    .optional()
    .meta({ description: "Not for accounts without one: their session must have begun within ten minutes" }),
  ...shownFactor.shape,
});

const proofOf = (body: z.output<typeof shown>, login: CurrentLogin | null, event: APIGatewayProxyEventV2) => ({
  ...body,
  password: body.password,
  login: login!,
  sender: senderOf(event),
});

/** What a browser's `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` read, as WebAuthn defines it. */
export const optionsSchema = z.looseObject({ challenge: z.string() });

export const passkeyRoutes = [
  route({
    method: "GET",
    path,
    summary: "Your passkeys, the last used first",
    access: "user",
    answer: { status: 200, description: "The passkeys", schema: z.array(listed) },
    handle: async ({ context, actor }) => ({ status: 200, body: await ownPasskeys(context, actor) }),
  }),
  route({
    method: "POST",
    path: `${path}options/`,
    summary: "Begin to register a passkey. Needs your password, and the second factor if you have one",
    access: "user",
    body: shown,
    answer: { status: 200, description: "What navigator.credentials.create() needs", schema: optionsSchema },
    async handle({ context, actor, login, body, event }) {
      return { status: 200, body: await newPasskeyOptions(context, actor, proofOf(body, login, event)) };
    },
  }),
  route({
    method: "POST",
    path,
    summary: "Register the passkey that the browser made, within five minutes",
    access: "user",
    body: z.object({
      name: z.string().trim().min(1).max(60),
      passkey: newPasskeyAnswer.meta({ description: "What navigator.credentials.create() answered" }),
    }),
    answer: {
      status: 201,
      description:
        "The passkey. If it is your first second factor, with recovery codes, each of which replaces it once. They are shown only now",
      schema: listed.extend({ recovery_codes: z.array(z.string()) }),
    },
    async handle({ context, actor, body }) {
      return { status: 201, body: await addPasskey(context, actor, body) };
    },
  }),
  route({
    method: "DELETE",
    path: `${path}{id}/`,
    summary: "Remove a passkey. Needs your password, and a passkey, a code of your app or a recovery code",
    access: "user",
    params: z.object({ id: z.guid() }),
    body: shown,
    answer: { status: 204, description: "Removed" },
    async handle({ context, actor, login, params: { id }, body, event }) {
      await removePasskey(context, actor, id, proofOf(body, login, event));
      return { status: 204 };
    },
  }),
];
