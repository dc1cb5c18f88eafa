import { deleteToken, insertApiToken } from "../db/tokens.ts";
import { findUserForLogin, setPassword, type User } from "../db/users.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { checkPassword, hashPassword, hashToken, isCurrentHash, newToken } from "../../kernel/secrets.ts";
import { loginBySession, sessionDays, type Login } from "./authenticate.ts";
import { requireNoBan } from "./bans.ts";
import { keepAccount } from "./keep-account.ts";
import { requireLogInPossible } from "./maintenance.ts";
import { requireSecondFactor, type ShownFactor } from "./second-factor.ts";
import { isKnownSender, noteSender, startAnew, takeBack, tryOnce, type Counted, type Sender } from "./throttle.ts";

const apiTokenDays = 90;

export interface Credentials extends ShownFactor {
  /** A username or mail address. */
  username: string;
  password: string;
}

export type { Sender };

/** Logs a program in. Returns a new API token, valid for 90 days. */
export async function newApiToken(context: Context, credentials: Credentials, sender: Sender): Promise<string> {
  const user = await userOf(context, credentials, sender);
  await requireSecondFactor(context, user.id, credentials, sender);
  const { token, hash } = newToken("bst");
  const { userAgent } = sender;
  await keepAccount(context, user.id);
  await insertApiToken(context.db, { userId: user.id, hash, kind: "token", lifetimeDays: apiTokenDays, userAgent });
  return token;
}

/** Logs a browser in. Returns the new session and its token. */
export async function beginSession(
  context: Context,
  credentials: Credentials,
  sender: Sender,
): Promise<{ token: string; login: Login }> {
  const user = await userOf(context, credentials, sender);
  await requireSecondFactor(context, user.id, credentials, sender);
  return sessionFor(context, user.id, sender);
}

/** Begins a session for somebody who has shown who they are. Returns it and its token. */
export async function sessionFor(
  context: Context,
  userId: number,
  { userAgent }: Sender,
): Promise<{ token: string; login: Login }> {
  await requireLogInPossible(context, userId);
  const { token, hash } = newToken("bss");
  await keepAccount(context, userId);
  await insertApiToken(context.db, { userId, hash, kind: "session", lifetimeDays: sessionDays, userAgent });
  return { token, login: (await loginBySession(context, token))! };
}

/** Revokes an API token, or ends the session of a browser. */
export async function logOut({ db }: Context, token: string): Promise<void> {
  await deleteToken(db, hashToken(token));
}

/**
 * Checks a password and returns the user. Refused when name and password do not match, after too many wrong ones, or if the
 * account is banned. The answer and its time are the same for an account that does not exist.
 */
export async function userOf(context: Context, { username, password }: Credentials, sender: Sender): Promise<User> {
  const { db } = context;
  const user = await findUserForLogin(db, username);
  // By what was written, so that nobody learns which name and address belong together.
  const account = username.trim().toLowerCase();
  const address = sender.address ?? "";
  const known = user !== undefined && (await isKnownSender(context, user.id, address));
  const counted: Counted[] = [
    ...(sender.address === null ? [] : [["logInAddress", address] satisfies Counted]),
    // Otherwise somebody who guesses could keep the owner out.
    ...(known ? [] : [["logInAccount", account] satisfies Counted]),
  ];
  const here: Counted = [known ? "logInKnown" : "logIn", account, address];
  await tryOnce(context, ...counted, here);
  const good = await checkPassword(password, user?.password_hash);
  if (!user || !good) {
    const message = "Unable to log in with provided credentials.";
    throw new Refusal("invalid", "BAD_LOGIN", message, { non_field_errors: [message] });
  }
  await startAnew(context, here);
  for (const one of counted) await takeBack(context, one);
  requireOwnWayIn(context, user);
  requireNoBan(user);
  await requireLogInPossible(context, user.id);
  await noteSender(context, user.id, address);
  if (!isCurrentHash(user.password_hash)) await setPassword(db, user.id, await hashPassword(password));
  return user;
}

/** Refuses a login that no identity provider has seen, where only superusers may have one. */
export function requireOwnWayIn({ environment }: Context, user: Pick<User, "is_superuser">): void {
  const { passwords, providers } = environment.SIGN_IN;
  if (!passwords && !user.is_superuser)
    throw new Refusal(
      "forbidden",
      "PASSWORD_SIGN_IN_OFF",
      `Passwords and passkeys are switched off here. Open /accounts/login/ and choose: ${providers.map(({ label }) => label).join(", ")}. Programs use a token from /accounts/token/.`,
    );
}
