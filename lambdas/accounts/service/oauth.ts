/** The logins of `cl`: a password gives an access token and a refresh token, and the latter gives further access tokens. */
import { insertApiToken, deleteToken } from "../db/tokens.ts";
import type { Context } from "../../kernel/context.ts";
import { hashToken, newToken } from "../../kernel/secrets.ts";
import { loginByRefreshToken, loginByToken, refreshDays } from "./authenticate.ts";
import { keepAccount } from "./keep-account.ts";
import { userOf, type Credentials, type Sender } from "./log-in.ts";
import { requireSecondFactor } from "./second-factor.ts";
import { Refusal } from "../../kernel/refusal.ts";

export const accessSeconds = 3600;

export interface Grant {
  access_token: string;
  refresh_token: string;
}

/**
 * Logs a program in. In the place of the password it may send an API token without scopes: so do people who have a second factor, or
 * who come in by an identity provider.
 */
export async function grantByPassword(
  context: Context,
  { username, password }: Pick<Credentials, "username" | "password">,
  sender: Sender,
): Promise<Grant> {
  const userId = password.startsWith("bst_")
    ? await ownerOfToken(context, username, password)
    : await ownerOfPassword(context, { username, password }, sender);
  await keepAccount(context, userId);
  const { token, hash } = newToken("bsr");
  const { userAgent } = sender;
  await insertApiToken(context.db, { userId, hash, kind: "refresh", lifetimeDays: refreshDays, name: "cl", userAgent });
  return { access_token: await newAccessToken(context, userId), refresh_token: token };
}

async function ownerOfPassword(context: Context, credentials: Credentials, sender: Sender): Promise<number> {
  const { id } = await userOf(context, credentials, sender);
  await requireSecondFactor(context, id, credentials, sender);
  return id;
}

async function ownerOfToken(context: Context, username: string, token: string): Promise<number> {
  const { actor, scopes } = await loginByToken(context, token);
  if (scopes !== null || actor.username.toLowerCase() !== username.trim().toLowerCase())
    throw new Refusal("unauthenticated", "BAD_TOKEN", "This token is somebody else's, or it is limited to scopes.");
  return actor.id;
}

/**
 * A new access token for a refresh token, which stays: several processes of `cl` share one, and `cl` repeats requests. Undefined if
 * the refresh token is unknown or expired.
 */
export async function grantByRefreshToken(context: Context, refreshToken: string): Promise<Grant | undefined> {
  const login = await loginByRefreshToken(context, refreshToken);
  if (!login) return undefined;
  return { access_token: await newAccessToken(context, login.actor.id), refresh_token: refreshToken };
}

async function newAccessToken({ db }: Context, userId: number): Promise<string> {
  const { token, hash } = newToken("bsa");
  await insertApiToken(db, { userId, hash, kind: "access", lifetimeDays: accessSeconds / 86_400 });
  return token;
}

/** Ends an access token or a refresh token, if there is such a one. */
export const revokeGrant = ({ db }: Context, token: string): Promise<void> =>
  /^bs[ar]_/.test(token) ? deleteToken(db, hashToken(token)) : Promise.resolve();
