/** Changes and resets passwords. */
import { deleteTokensOf } from "../db/tokens.ts";
import {
  confirmEmail,
  countMailedTokens,
  forgetMailedTokens,
  insertMailedToken,
  takeResetToken,
} from "../db/mailed-tokens.ts";
import { findUser, findUserForLogin, setPassword } from "../db/users.ts";
import { passwordProblem } from "../rules/password.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { enqueue } from "../../kernel/db/outbox.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { hashPassword, hashToken, newToken } from "../../kernel/secrets.ts";
import { record, thePlatform } from "./audit.ts";
import { maxMailsPerDay } from "./confirm-address.ts";
import { userOf, type Sender } from "./log-in.ts";
import { post } from "./mail.ts";
import { tryOnce } from "./throttle.ts";

/** As long as the mails for one account are counted, so that its owner has a valid one. */
const resetHours = 24;

/** The page on which people set a new password. */
export const resetPath = "/accounts/password_reset/";

/** Refuses a password that nobody should have. `field` is the request's field for the error message. */
export async function requireGoodPassword(
  password: string,
  person: { username: string; email: string },
  field = "password",
): Promise<void> {
  const problem = passwordProblem(password, person, await commonest());
  if (problem) throw new Refusal("invalid", "WEAK_PASSWORD", problem, { [field]: [problem] });
}

let loaded: Promise<ReadonlySet<string>> | undefined;

/** The 30,000 commonest passwords, loaded when somebody first chooses one. */
function commonest(): Promise<ReadonlySet<string>> {
  loaded ??= import("@zxcvbn-ts/language-common").then(
    ({ dictionary }) => new Set(dictionary["passwords-common"].map(String)),
  );
  return loaded;
}

/**
 * Changes the actor's own password and ends all other sessions. API tokens stay valid, unless `revokeTokens`. Refused if the old
 * password is wrong. `login` is the id of the session or token that asks, which stays.
 */
export async function changePassword(
  context: Context,
  actor: UserActor,
  passwords: { old: string; new: string; revokeTokens: boolean },
  { login, sender }: { login: string; sender: Sender },
): Promise<void> {
  await requireOwnPassword(context, actor, passwords.old, sender, "old_password");
  await requireGoodPassword(passwords.new, actor, "new_password");
  const hash = await hashPassword(passwords.new);
  await transact(context, async (tx) => {
    await setPassword(tx, actor.id, hash);
    await deleteTokensOf(tx, actor.id, { ...(passwords.revokeTokens ? {} : { kind: "session" }), except: login });
    await passwordIsNew(tx, context, actor);
    await record(tx, { actor, reason: null }, passwordEvent("user.password_changed", actor.id));
  });
}

/** What somebody asked for who knew the old password ends with it, and its owner is told. */
async function passwordIsNew(
  tx: Tx,
  context: Context,
  { id, username, email }: { id: number; username: string; email: string },
): Promise<void> {
  await forgetMailedTokens(tx, id);
  const { PUBLIC_URL } = context.environment;
  await post(tx, context, [
    {
      recipients: [email],
      subject: "Your password was changed",
      body: `The password of the account ${username} on ${PUBLIC_URL} was changed. If it was not you, set a new one at ${PUBLIC_URL}${resetPath}.\n`,
    },
  ]);
}

/** Refuses unless the password is the actor's. Wrong ones are limited as at a login. */
export async function requireOwnPassword(
  context: Context,
  actor: UserActor,
  password: string,
  sender: Sender,
  field: string,
): Promise<void> {
  try {
    await userOf(context, { username: actor.username, password }, sender);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "BAD_LOGIN") throw error;
    const message = "This is not your password.";
    throw new Refusal("invalid", "BAD_PASSWORD", message, { [field]: [message] });
  }
}

const passwordEvent = (kind: "user.password_changed" | "user.password_reset", subject: number) => ({
  place: {},
  kind,
  subject,
  before: null,
  after: null,
});

/**
 * Asks for a mail with which the owner of an address can set a new password. Whether there is such an account is found out
 * later, so that neither the answer nor its time tells it.
 */
export async function askForReset(context: Context, email: string, sender: Sender): Promise<void> {
  if (sender.address !== null) await tryOnce(context, ["reset", sender.address]);
  await transact(context, (tx) =>
    enqueue(tx, context.environment.CONTROL_QUEUE, context.correlationId, { type: "reset-password", email }),
  );
}

/** Writes the mail that was asked for, if an account has the address. At most a few are sent in a day. */
export async function sendReset(context: Context, email: string): Promise<void> {
  const user = await findUserForLogin(context.db, email);
  if (!user || user.email !== email.toLowerCase() || user.is_banned) return;
  await transact(context, async (tx) => {
    if ((await countMailedTokens(tx, user.id, "reset")) >= maxMailsPerDay) return;
    await postReset(tx, context, user, "Somebody");
  });
}

/** Writes a mail with a link that sets a new password. Returns the link, and whether the mail is sent. */
export async function postReset(
  tx: Tx,
  context: Context,
  user: { id: number; username: string; email: string },
  who: string,
): Promise<{ link: string; isSent: boolean }> {
  const { PUBLIC_URL } = context.environment;
  const { token, hash } = newToken("bsm");
  const link = `${PUBLIC_URL}${resetPath}?token=${token}`;
  await insertMailedToken(tx, user.id, { email: user.email, purpose: "reset", hash, lifetimeHours: resetHours });
  const { isSent } = await post(tx, context, [
    {
      recipients: [user.email],
      subject: "Set a new password",
      isSecret: true,
      body: [
        `${who} asked for a new password of the account ${user.username} on ${PUBLIC_URL}. If it was you, or you agree, open this page to set one:`,
        link,
        `The link is valid for a day and works once. If it was not you, ignore this mail: your password stays as it is.\n`,
      ].join("\n\n"),
    },
  ]);
  return { link, isSent };
}

/**
 * Sets a new password with the token of a mail, and revokes all tokens and sessions of the account, because somebody else may
 * have known the old password. The mail also confirms the address. Returns the username.
 */
export async function resetPassword(context: Context, token: string, password: string): Promise<string> {
  const bad = new Refusal(
    "invalid",
    "BAD_RESET",
    `This link was used already or has expired. Ask for a new one at ${resetPath}.`,
  );
  return transact(context, async (tx) => {
    const taken = await takeResetToken(tx, hashToken(token));
    const user = taken && (await findUser(tx, taken.user_id));
    if (!user || user.email !== taken.email) throw bad;
    await requireGoodPassword(password, user);
    await setPassword(tx, user.id, await hashPassword(password));
    await confirmEmail(tx, user.id, user.email);
    await deleteTokensOf(tx, user.id, { except: null });
    await passwordIsNew(tx, context, user);
    await record(tx, thePlatform, passwordEvent("user.password_reset", user.id));
    return user.username;
  });
}
