/** The logins of `cl`, by OAuth2. */
import * as z from "zod";
import {
  accessSeconds,
  grantByPassword,
  grantByRefreshToken,
  revokeGrant,
  type Grant,
} from "../../accounts/service/oauth.ts";
import { senderOf } from "../../http/sender.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { done, rest, type Plain } from "./rest.ts";

const clients = ["codalab_cli_client", "codalab_worker_client", "codalab_web_client"];

const grantRequest = z.looseObject({
  grant_type: z.string().default(""),
  username: z.string().max(254).default(""),
  password: z.string().max(1000).default(""),
  refresh_token: z.string().max(1000).default(""),
});

const refused = (error: string, description?: string): Plain => ({
  status: error === "unsupported_grant_type" ? 400 : 401,
  body: { error, ...(description === undefined ? {} : { error_description: description }) },
});

/** Whether a request names a client that there is. Its secret is empty: `cl` is a program that everybody has. */
function hasClient(authorization: string | undefined): boolean {
  const [, encoded = ""] = /^basic\s+(.*)$/i.exec(authorization ?? "") ?? [];
  const [client = ""] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return clients.includes(client);
}

async function grant(
  context: Context,
  body: z.infer<typeof grantRequest>,
  sender: ReturnType<typeof senderOf>,
): Promise<Grant | Plain> {
  if (body.grant_type === "refresh_token")
    return (await grantByRefreshToken(context, body.refresh_token)) ?? refused("invalid_grant");
  if (body.grant_type !== "password") return refused("unsupported_grant_type");
  try {
    return await grantByPassword(context, body, sender);
  } catch (error) {
    // Whoever tries too often is told to wait, and not to try another password.
    if (error instanceof Refusal && error.kind !== "too-many" && error.kind !== "unavailable")
      return refused("invalid_grant", error.message);
    throw error;
  }
}

export const oauthRoutes = [
  rest({
    method: "POST",
    path: "/rest/oauth2/token/",
    summary: "Log in `cl`: a password or a refresh token gives an access token",
    access: "anyone",
    isOpen: true,
    inMaintenance: true,
    body: grantRequest,
    answers: "The tokens",
    async handle({ context, body, event }) {
      if (!hasClient(event.headers["authorization"])) return refused("invalid_client");
      const given = await grant(context, body, senderOf(event));
      if ("status" in given) return given;
      return {
        status: 200,
        body: { ...given, expires_in: accessSeconds, token_type: "Bearer", scope: "default" },
      };
    },
  }),
  rest({
    method: "POST",
    path: "/rest/oauth2/revoke/",
    summary: "End an access token or a refresh token",
    access: "anyone",
    isOpen: true,
    inMaintenance: true,
    body: z.looseObject({ token: z.string().max(1000).default("") }),
    answers: "Nothing",
    empty: 200,
    async handle({ context, body }) {
      await revokeGrant(context, body.token);
      return done;
    },
  }),
];
