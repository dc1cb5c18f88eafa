/** What administrators do with accounts: roles, limits, bans, and help for people who cannot get in. */
import {
  lockAccount,
  lockAdministrators,
  setBan,
  updateAccount,
  type AccountChanges,
  type LockedAccount,
} from "../db/administration.ts";
import { forgetMailedTokens } from "../db/mailed-tokens.ts";
import { deleteTokensOf } from "../db/tokens.ts";
import { changes, type AuditKind, type Fields } from "../rules/audit.ts";
import { banSentence } from "../rules/ban.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { notAllowed, Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { record, type UserAuthor } from "./audit.ts";
import { addressTaken, askToConfirm } from "./confirm-address.ts";
import { post } from "./mail.ts";
import { postReset } from "./passwords.ts";

export type { AccountChanges } from "../db/administration.ts";

/** Refuses everybody but administrators. */
export function requireAdministrator(actor: UserActor): void {
  if (!may(actor, "platform.administer", null)) throw notAllowed("administrators");
}

/**
 * Refuses to take an account away from the platform's administrators if it is the last. Call it in the transaction that does so,
 * before the account is locked: two administrators who do it to each other wait for each other here.
 */
export async function requireAnotherAdministrator(tx: Tx, id: number): Promise<void> {
  const administrators = await lockAdministrators(tx);
  if (administrators.includes(id) && administrators.length === 1)
    throw new Refusal(
      "conflict",
      "LAST_ADMINISTRATOR",
      "This is the last administrator who can log in. Make somebody else one first.",
    );
}

/** Does something with an account in a transaction, as an administrator. */
const withAccount = <Result>(
  context: Context,
  { actor }: UserAuthor,
  id: number,
  { takesRole = false }: { takesRole?: boolean },
  work: (tx: Tx, account: LockedAccount) => Promise<Result>,
): Promise<Result> => {
  requireAdministrator(actor);
  return transact(context, async (tx) => {
    if (takesRole) await requireAnotherAdministrator(tx, id);
    const account = await lockAccount(tx, id);
    if (!account) throw new Refusal("not-found", "NO_SUCH_USER", "There is no such account.");
    return work(tx, account);
  });
};

const event = (kind: AuditKind, subject: number, after: Fields | null = null) => ({
  place: {},
  kind,
  subject,
  before: null,
  after,
});

/** Changes role, limits or address of an account. A new address has to be confirmed unless `email_is_confirmed` is given. */
export async function changeAccount(
  context: Context,
  by: UserAuthor,
  id: number,
  { email, ...wanted }: AccountChanges,
): Promise<void> {
  const takesRole = wanted.is_superuser === false;
  await withAccount(context, by, id, { takesRole }, async (tx, before) => {
    const address = email?.toLowerCase();
    const isNew = address !== undefined && address !== before.email;
    const after = { ...(isNew ? { email: address, email_is_confirmed: false } : {}), ...defined(wanted) };
    if (!(await updateAccount(tx, before, after))) throw addressTaken();
    const fields = ({ id: _, username: _name, ...account }: LockedAccount): Fields => account;
    const now = (await lockAccount(tx, id))!;
    await record(tx, by, ...changes({}, "user.changed", id, fields(before), fields(now)));
    if (!isNew) return;
    await forgetMailedTokens(tx, id);
    if (!now.email_is_confirmed) await askToConfirm(tx, context, now);
    await tell(tx, context, before, "Your mail address was changed", `now has the mail address ${now.email}`);
  });
}

const defined = <Values extends object>(values: Values) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Values;

/** Tells somebody what an administrator did with their account. */
async function tell(
  tx: Tx,
  context: Context,
  { username, email }: { username: string; email: string },
  subject: string,
  what: string,
): Promise<void> {
  const { PUBLIC_URL } = context.environment;
  const body = `Your account ${username} on ${PUBLIC_URL} ${what}. An administrator did this. If you did not expect it, write to the people who run the platform.\n`;
  await post(tx, context, [{ recipients: [email], subject, body }]);
}

/** Bans somebody, who is told why and until when. Their logins stay and open nothing until the ban ends. */
export async function ban(
  context: Context,
  by: UserAuthor,
  id: number,
  { reason, until }: { reason: string; until: Date | null },
): Promise<void> {
  requireAdministrator(by.actor);
  if (by.actor.id === id) throw new Refusal("conflict", "OWN_ACCOUNT", "You cannot ban yourself.");
  if (until !== null && until <= context.now()) {
    const message = "This time is over already.";
    throw new Refusal("invalid", "INVALID", message, { until: [message] });
  }
  await withAccount(context, by, id, { takesRole: true }, async (tx, account) => {
    await setBan(tx, id, { reason, until });
    await record(tx, { ...by, reason }, event("user.banned", id, { until: until?.toISOString() ?? null }));
    const { PUBLIC_URL } = context.environment;
    await post(tx, context, [
      {
        recipients: [account.email],
        subject: "Your account is banned",
        body: `${banSentence({ ban_reason: reason, banned_until: until }, `Your account ${account.username} on ${PUBLIC_URL}`)}\n`,
      },
    ]);
  });
}

/** Ends somebody's ban. */
export const unban = (context: Context, by: UserAuthor, id: number): Promise<void> =>
  withAccount(context, by, id, {}, async (tx, account) => {
    if (!account.is_banned) throw new Refusal("conflict", "NOT_BANNED", `${account.username} is not banned.`);
    await setBan(tx, id, null);
    await record(tx, by, event("user.unbanned", id));
    await tell(tx, context, account, "Your account is not banned any more", "is not banned any more");
  });

/**
 * Mails somebody a link that sets a new password. Where the platform sends no mail, returns the link, which the administrator gives
 * them; otherwise null.
 */
export const sendPasswordReset = (context: Context, by: UserAuthor, id: number): Promise<{ link: string | null }> =>
  withAccount(context, by, id, {}, async (tx, account) => {
    const { link, isSent } = await postReset(tx, context, account, "An administrator");
    await record(tx, by, event("user.reset_sent", id, { link_shown: !isSent }));
    return { link: isSent ? null : link };
  });

/** Ends all sessions of somebody and revokes all their API tokens. Returns how many. */
export const revokeLogins = (context: Context, by: UserAuthor, id: number): Promise<number> =>
  withAccount(context, by, id, {}, async (tx, account) => {
    const ended = await deleteTokensOf(tx, id, { except: null });
    await record(tx, by, event("user.logins_revoked", id, { ended }));
    await tell(
      tx,
      context,
      account,
      "You were logged out",
      "was logged out everywhere, and its API tokens are revoked",
    );
    return ended;
  });
