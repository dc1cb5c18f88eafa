import { deleteToken, findUserForLogin, insertApiToken, type User } from "../db/users.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { checkPassword, hashToken, newToken } from "../../kernel/secrets.ts";

const apiTokenDays = 90;
export const sessionDays = 14;

/** Logs a program in with a username or mail address and a password. Returns a new API token, valid for 90 days. */
export async function newApiToken(context: Context, login: string, password: string): Promise<string> {
  const { id } = await userOf(context, login, password);
  const { token, hash } = newToken("bst");
  await insertApiToken(context.db, id, hash, "token", apiTokenDays);
  return token;
}

/** Logs a browser in. Returns the token of a new session, valid for `sessionDays`. */
export async function beginSession(context: Context, login: string, password: string): Promise<string> {
  const { id } = await userOf(context, login, password);
  const { token, hash } = newToken("bss");
  await insertApiToken(context.db, id, hash, "session", sessionDays);
  return token;
}

/** Revokes an API token, or ends the session of a browser. */
export async function logOut({ db }: Context, token: string): Promise<void> {
  await deleteToken(db, hashToken(token));
}

/** Checks a password and returns the user. Refused when name and password do not match, or the account is banned. */
async function userOf({ db }: Context, login: string, password: string): Promise<User> {
  const user = await findUserForLogin(db, login);
  const good = await checkPassword(password, user?.password_hash);
  if (!user || !good) {
    const message = "Unable to log in with provided credentials.";
    throw new Refusal("invalid", "BAD_LOGIN", message, { non_field_errors: [message] });
  }
  if (user.is_banned) throw new Refusal("forbidden", "BANNED", "This account is banned.");
  return user;
}
