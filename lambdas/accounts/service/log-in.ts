import { findUserForLogin, type User } from "../db/users.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { checkPassword } from "../../kernel/secrets.ts";

/** The person a username or mail address and a password belong to; refused when they do not fit, or the account is banned. */
export async function logIn({ db }: Context, login: string, password: string): Promise<User> {
  const user = await findUserForLogin(db, login);
  const good = await checkPassword(password, user?.password_hash);
  if (!user || !good) {
    const message = "Unable to log in with provided credentials.";
    throw new Refusal("invalid", "BAD_LOGIN", message, { non_field_errors: [message] });
  }
  if (user.is_banned) throw new Refusal("forbidden", "BANNED", "This account is banned.");
  return user;
}
