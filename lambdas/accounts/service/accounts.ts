// Accounts and their roles.
import type { Db } from "../../kernel/db/connection.ts";
import { insertUser, type User } from "../db/users.ts";
import type { AuditEvent } from "../rules/audit.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record, type UserAuthor } from "./audit.ts";
import { hashPassword } from "../../kernel/secrets.ts";

export type { User } from "../db/users.ts";

interface NewAccount {
  username: string;
  email: string;
  password: string;
}

async function insert(db: Db, { username, email, password }: NewAccount, isBot: boolean): Promise<User> {
  const created = await insertUser(db, {
    username,
    email,
    passwordHash: await hashPassword(password),
    isBot,
    isSuperuser: false,
  });
  if (typeof created !== "string") return created;
  const message = `There is an account with this ${created} already.`;
  throw new Refusal("invalid", "TAKEN", message, { [created]: [message] });
}

/** Signs up: creates the actor's own account, without a role. */
export const signUp = ({ db }: { db: Db }, account: NewAccount): Promise<User> => insert(db, account, false);

/** Creates an account for a person or a bot, on behalf of a superuser. */
export async function createAccount(
  { db }: { db: Db },
  by: UserAuthor,
  account: NewAccount,
  isBot: boolean,
): Promise<User> {
  return db.transaction().execute(async (tx) => {
    const user = await insert(tx, account, isBot);
    await record(tx, by, accountMade(user));
    return user;
  });
}

/** The audit event for a new account, with its role. */
export const accountMade = ({ id, username, is_bot, is_superuser }: User): AuditEvent => ({
  place: {},
  kind: "user.created",
  subject: id,
  before: null,
  after: { username, is_bot, is_superuser },
});
