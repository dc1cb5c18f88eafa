// Accounts and their roles.
import type { Db } from "../../kernel/db/connection.ts";
import { insertUser, type User } from "../db/users.ts";
import type { AuditEvent } from "../rules/audit.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { record, type UserAuthor } from "./audit.ts";
import { askToConfirm } from "./confirm-address.ts";
import { hashPassword } from "../../kernel/secrets.ts";
import { admit } from "./invitations.ts";
import type { Sender } from "./log-in.ts";
import { requireGoodPassword } from "./passwords.ts";
import { tryOnce } from "./throttle.ts";

export type { User } from "../db/users.ts";

interface NewAccount {
  username: string;
  email: string;
  password: string;
}

async function insert(
  db: Db,
  { username, email, password }: NewAccount,
  rest: { isBot: boolean; emailIsConfirmed: boolean },
): Promise<User> {
  const created = await insertUser(db, {
    username,
    email,
    passwordHash: await hashPassword(password),
    ...rest,
    isSuperuser: false,
  });
  if (typeof created !== "string") return created;
  const message = `There is an account with this ${created} already.`;
  throw new Refusal("invalid", "TAKEN", message, { [created]: [message] });
}

/**
 * Signs up: creates the actor's own account, without a role, and writes a mail that asks to confirm the address. An invitation was
 * mailed to the address, so it confirms it.
 */
export async function signUp(
  context: Context,
  { invitation, ...account }: NewAccount & { invitation?: string | null | undefined },
  sender: Sender,
): Promise<User> {
  await requireGoodPassword(account.password, account);
  if (sender.address !== null) await tryOnce(context, ["signUp", sender.address]);
  return transact(context, async (tx) => {
    const { emailIsConfirmed } = await admit(tx, context, account.email, invitation ?? null);
    const user = await insert(tx, account, { isBot: false, emailIsConfirmed });
    if (!emailIsConfirmed) await askToConfirm(tx, context, user);
    return user;
  });
}

/** Creates an account for a person or a bot, on behalf of a superuser, who vouches for the address. */
export async function createAccount(
  { db }: { db: Db },
  by: UserAuthor,
  account: NewAccount,
  isBot: boolean,
): Promise<User> {
  await requireGoodPassword(account.password, account);
  return db.transaction().execute(async (tx) => {
    const user = await insert(tx, account, { isBot, emailIsConfirmed: true });
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
