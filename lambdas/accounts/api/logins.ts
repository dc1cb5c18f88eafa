/** Lists and revokes sessions and API tokens, and makes tokens. */
import * as z from "zod";
import { scopeMeanings, scopes } from "../../policy/scopes.ts";
import { createToken, endLogin, endOtherSessions, ownLogins, type OwnLogin } from "../service/logins.ts";
import { oneLine, wholeNumber } from "../../http/fields.ts";
import { route, type CurrentLogin } from "../../http/route.ts";
import { senderOf } from "../../http/sender.ts";

const scope = z.enum(scopes).meta({
  description: scopes.map((name) => `${name}: ${scopeMeanings[name]}`).join("; "),
});

const common = {
  id: z.guid(),
  created_when: z.date(),
  last_used: z.date().nullable().meta({ description: "To within five minutes; null if it was never used" }),
  expires_at: z.date(),
  user_agent: z.string().nullable().meta({ description: "The program that asked for it" }),
  is_current: z.boolean().meta({ description: "Whether this request was made with it" }),
};
const sessionSchema = z.object(common).meta({ id: "ListedSession" });
const tokenSchema = z
  .object({
    ...common,
    name: z.string().nullable().meta({ description: "Null for a token from /api/api-token-auth/" }),
    scopes: z.array(scope).nullable().meta({ description: "Null if the token may do whatever its user may do" }),
  })
  .meta({ id: "ListedToken" });

const shown = ({ id, created_when, last_used, expires_at, user_agent }: OwnLogin, login: CurrentLogin | null) => ({
  id,
  created_when,
  last_used,
  expires_at,
  user_agent,
  is_current: login?.id === id,
});

const byId = z.object({ id: z.guid() });

export const loginRoutes = [
  route({
    method: "GET",
    path: "/api/sessions/",
    summary: "Your sessions, the last used first",
    access: "user",
    answer: { status: 200, description: "The sessions", schema: z.array(sessionSchema) },
    async handle({ context, actor, login }) {
      const found = await ownLogins(context, actor, "session");
      return { status: 200, body: found.map((row) => shown(row, login)) };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/sessions/",
    summary: "End all your other sessions",
    access: "user",
    answer: { status: 200, description: "How many ended", schema: z.object({ ended: z.int() }) },
    async handle({ context, actor, login }) {
      return { status: 200, body: { ended: await endOtherSessions(context, actor, login!.id) } };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/sessions/{id}/",
    summary: "End one of your sessions",
    access: "user",
    params: byId,
    answer: { status: 204, description: "Ended" },
    async handle({ context, actor, params: { id } }) {
      await endLogin(context, actor, { id, kind: "session" });
      return { status: 204 };
    },
  }),
  route({
    method: "GET",
    path: "/api/tokens/",
    summary: "Your API tokens, the last used first",
    access: "user",
    answer: { status: 200, description: "The tokens, without their secrets", schema: z.array(tokenSchema) },
    async handle({ context, actor, login }) {
      const found = await ownLogins(context, actor, "token");
      return {
        status: 200,
        body: found.map((row) => ({ ...shown(row, login), name: row.name, scopes: row.scopes })),
      };
    },
  }),
  route({
    method: "POST",
    path: "/api/tokens/",
    summary: "Make an API token, perhaps one that is limited to some scopes",
    access: "user",
    // A misspelt "scopes" would make a token without limits.
    body: z.strictObject({
      name: oneLine(60).min(1),
      // A form repeats the field, and sends one scope as a text.
      scopes: z
        .preprocess((given) => (typeof given === "string" ? [given] : given), z.array(scope).min(1).nullish())
        .transform((given) => (given ? [...new Set(given)] : null)),
      days: wholeNumber(1, 366).default(90).meta({ description: "How long it is valid" }),
    }),
    answer: {
      status: 201,
      description: "The token. It is shown only once",
      schema: z.object({ id: z.guid(), token: z.string() }),
    },
    async handle({ context, actor, body, event }) {
      return { status: 201, body: await createToken(context, actor, body, senderOf(event).userAgent) };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/tokens/{id}/",
    summary: "Revoke one of your API tokens",
    access: "user",
    params: byId,
    answer: { status: 204, description: "Revoked" },
    async handle({ context, actor, params: { id } }) {
      await endLogin(context, actor, { id, kind: "token" });
      return { status: 204 };
    },
  }),
];
