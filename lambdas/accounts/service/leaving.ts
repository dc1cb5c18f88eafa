/** People delete their accounts: they ask, confirm with the link of a mail, and may change their mind until it is erased. */
import {
  administratorMails,
  askDeletion,
  confirmDeletion,
  deletionByToken,
  dueDeletions,
  emptyAccount,
  endDeletion,
  findDeletion,
  forgetAddressInMail,
  isDue,
  lockAccount,
  stayingAdministrators,
  postponeDeletion,
  withdrawDeletion,
} from "../db/account-deletions.ts";
import { blockNames } from "../db/blocked-names.ts";
import { deleteTokensOf } from "../db/tokens.ts";
import { hasPassword } from "../db/users.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { enqueue } from "../../kernel/db/outbox.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { afterCommit, transact, type Context } from "../../kernel/context.ts";
import { hashToken, newToken } from "../../kernel/secrets.ts";
import { record, thePlatform, type Author } from "./audit.ts";
import type { Belongings, Obstacle } from "./belongings.ts";
import { deleteExports } from "./exports.ts";
import { objectsOfPhoto } from "./images.ts";
import { deletionEvent } from "./keep-account.ts";
import type { Sender } from "./log-in.ts";
import { post } from "./mail.ts";
import { requireOwnPassword } from "./passwords.ts";
import { requireSecondFactor, type ShownFactor } from "./second-factor.ts";
import { tryOnce } from "./throttle.ts";

/** The page to which the mail leads. */
export const deletionPath = "/accounts/delete/";
const tokenHours = 24;
/** How long nobody may take the username and the mail address of a deleted account. */
const blockedDays = 30;
/** A deletion that something has come to stand against is tried again after this time. */
const postponedDays = 7;

type Person = Pick<UserActor, "id" | "username" | "email">;

/** What of an account's deletion its owner sees. */
export async function deletionOf({ db }: Context, all: Belongings[], actor: UserActor) {
  const found = await findDeletion(db, actor.id);
  return {
    asked_when: found?.asked_when ?? null,
    erase_when: found?.erase_when ?? null,
    obstacles: await obstaclesOf(db, all, actor.id, actor.isSuperuser),
  };
}

/** What stands against a deletion. */
async function obstaclesOf(db: Db, all: Belongings[], userId: number, isSuperuser: boolean): Promise<Obstacle[]> {
  const found: Obstacle[] = [];
  if (isSuperuser && (await stayingAdministrators(db)).every((id) => id === userId))
    found.push({
      kind: "platform",
      id: null,
      name: "the platform",
      detail: "You are its only administrator. Make somebody else an administrator first.",
    });
  for (const belongings of all) found.push(...(await belongings.obstacles(db, userId)));
  return found;
}

const sentencesOf = (obstacles: Obstacle[]): string[] =>
  obstacles.map(({ kind, name, detail }) => (kind === "platform" ? detail : `${kind} "${name}": ${detail}`));

async function requireNoObstacles(tx: Tx, all: Belongings[], userId: number, isSuperuser: boolean): Promise<void> {
  const found = await obstaclesOf(tx, all, userId, isSuperuser);
  if (found.length === 0) return;
  const sentences = sentencesOf(found);
  throw new Refusal("conflict", "MUST_HAND_OVER", `Others depend on what you own. ${sentences.join(" ")}`, {
    obstacles: sentences,
  });
}

export interface DeletionRequest extends ShownFactor {
  password?: string | undefined;
}

/**
 * Asks for the deletion of the actor's account. They show again who they are: with their password, if they may log in with one,
 * and with their second factor. The mail with the link is the proof of everybody else. Where no mail is sent, the password
 * confirms it at once. Returns when the account will be erased; null while it is not confirmed.
 */
export async function askToLeave(
  context: Context,
  all: Belongings[],
  actor: UserActor,
  { password, ...factor }: DeletionRequest,
  sender: Sender,
): Promise<{ eraseWhen: Date | null; isSent: boolean }> {
  const { PUBLIC_URL, MAIL_QUEUE, SIGN_IN, DELETION_GRACE_DAYS } = context.environment;
  const byPassword = (SIGN_IN.passwords || actor.isSuperuser) && (await hasPassword(context.db, actor.id));
  if (byPassword) await requireOwnPassword(context, actor, password ?? "", sender, "password");
  await requireSecondFactor(context, actor.id, factor, sender);
  if (!byPassword && MAIL_QUEUE === undefined)
    throw new Refusal(
      "forbidden",
      "NO_PROOF",
      "This platform sends no mail, and you have no password, so you cannot show that it is you. Ask its administrator.",
    );
  // The mails that it writes are limited like those that reset a password.
  await tryOnce(context, ["reset", `account ${actor.id}`]);
  return transact(context, async (tx) => {
    await lockAccount(tx, actor.id);
    await requireNoObstacles(tx, all, actor.id, actor.isSuperuser);
    const { token, hash } = newToken("bsm");
    if (!(await askDeletion(tx, actor.id, { hash, lifetimeHours: tokenHours }))) throw leavingAlready();
    await record(tx, { actor, reason: null }, deletionEvent("user.deletion_asked", actor.id));
    if (MAIL_QUEUE === undefined)
      return { eraseWhen: await confirm(tx, context, all, actor, { actor, reason: null }), isSent: false };
    const { isSent } = await post(tx, context, [
      {
        recipients: [actor.email],
        subject: "Confirm that your account is to be deleted",
        isSecret: true,
        body: [
          `Somebody asked to delete the account ${actor.username} on ${PUBLIC_URL}. If it was you, open this page to confirm it:`,
          `${PUBLIC_URL}${deletionPath}?token=${token}`,
          `You are then logged out everywhere, and the account is deleted after ${days(DELETION_GRACE_DAYS)}. Log in before that to keep it. To save your data first, run \`benchstack export-account\`.`,
          `The link is valid for a day. If it was not you, change your password.\n`,
        ].join("\n\n"),
      },
    ]);
    return { eraseWhen: null, isSent };
  });
}

const days = (count: number) => (count === 1 ? "a day" : `${count} days`);

const leavingAlready = () =>
  new Refusal(
    "conflict",
    "LEAVING_ALREADY",
    "You have confirmed the deletion of your account. Log in again to keep it.",
  );

/** Confirms a deletion with the token of a mail. Returns the username, and when the account will be erased. */
export async function confirmLeaving(
  context: Context,
  all: Belongings[],
  token: string,
): Promise<{ username: string; eraseWhen: Date }> {
  const bad = new Refusal(
    "invalid",
    "BAD_DELETION_LINK",
    "This link was used already or has expired. Ask again for the deletion of your account.",
  );
  return transact(context, async (tx) => {
    const userId = await deletionByToken(tx, hashToken(token));
    const locked = userId === undefined ? undefined : await lockAccount(tx, userId);
    // Somebody else may have confirmed it while this waited for the lock.
    if (!locked || (await deletionByToken(tx, hashToken(token))) !== userId) throw bad;
    const person = { id: locked.id, username: locked.username, email: locked.email, isSuperuser: locked.is_superuser };
    await requireNoObstacles(tx, all, person.id, person.isSuperuser);
    return {
      username: person.username,
      eraseWhen: await confirm(tx, context, all, person, { actor: person, reason: null }),
    };
  });
}

async function confirm(tx: Tx, context: Context, all: Belongings[], person: Person, by: Author): Promise<Date> {
  const { PUBLIC_URL, DELETION_GRACE_DAYS } = context.environment;
  const eraseWhen = await confirmDeletion(tx, person.id, DELETION_GRACE_DAYS);
  if (!eraseWhen) throw leavingAlready();
  await deleteTokensOf(tx, person.id, { except: null });
  await record(tx, by, deletionEvent("user.deletion_confirmed", person.id));
  const day = eraseWhen.toISOString().slice(0, 10);
  const owned: string[] = [];
  for (const belongings of all) owned.push(...(await belongings.owned(tx, person.id)));
  const url = PUBLIC_URL;
  await post(tx, context, [
    {
      recipients: [person.email],
      subject: "Your account will be deleted",
      body: `The account ${person.username} on ${url} will be deleted on ${day}. All its sessions and API tokens have ended.\n\nIf you change your mind, log in before that day.\n`,
    },
    {
      recipients: [],
      blindCopies: (await administratorMails(tx)).filter((address) => address !== person.email),
      subject: `The account ${person.id} will be deleted`,
      // It is forgotten as soon as it is sent, because it has the person's name.
      isSecret: true,
      body: `${person.username} (account ${person.id}) on ${url} has confirmed the deletion of the account. It will be erased on ${day}.\n\n${
        owned.length === 0
          ? "The person owns nothing that others use."
          : `The person owns:\n\n${owned.map((line) => `- ${line}`).join("\n")}`
      }\n`,
    },
  ]);
  return eraseWhen;
}

/** Takes back a deletion that the actor has asked for and not confirmed. */
export async function withdrawLeaving(context: Context, actor: UserActor): Promise<void> {
  await transact(context, async (tx) => {
    if (!(await withdrawDeletion(tx, actor.id, "asked")))
      throw new Refusal("not-found", "NOT_LEAVING", "You have not asked to delete your account.");
    await record(tx, { actor, reason: null }, deletionEvent("user.deletion_taken_back", actor.id));
  });
}

/** Requests that accounts are erased whose time has come, and whatever was left by an earlier try. */
export async function eraseDueAccounts(context: Context): Promise<void> {
  await transact(context, async (tx) => {
    const due = await dueDeletions(tx, 300, 100);
    const messages = due.map((user) => ({ type: "erase-account", user }));
    await enqueue(tx, context.environment.CONTROL_QUEUE, context.correlationId, ...messages);
  });
}

/**
 * Erases an account. First the account itself, in one transaction, after which nobody can log in or add anything to it; then what
 * it owned, piece by piece. Whatever interrupts it, the next call continues.
 */
export async function eraseAccount(context: Context, all: Belongings[], userId: number): Promise<void> {
  if (!(await eraseItself(context, all, userId))) return;
  for (const belongings of all) await belongings.erase(context, userId);
  await endDeletion(context.db, userId);
  context.log.info("account.erased", { user: userId });
}

/** The person learns by mail why the account is still there, because they are logged out. */
async function tellObstacles(tx: Tx, context: Context, person: Person, obstacles: Obstacle[]): Promise<void> {
  await post(tx, context, [
    {
      recipients: [person.email],
      subject: "Your account could not be deleted yet",
      body: `The account ${person.username} on ${context.environment.PUBLIC_URL} could not be deleted, because others depend on what it owns:\n\n${sentencesOf(
        obstacles,
      )
        .map((sentence) => `- ${sentence}`)
        .join(
          "\n",
        )}\n\nIt is tried again in ${postponedDays} days. To hand these over or delete them, log in, which keeps the account, and then ask again.\n`,
    },
  ]);
}

/** Returns whether the account is deleted now, and its belongings must go. */
async function eraseItself(context: Context, all: Belongings[], userId: number): Promise<boolean> {
  return transact(context, async (tx) => {
    const account = await lockAccount(tx, userId);
    if (!account || !(await isDue(tx, userId))) return false;
    if (account.deleted_when !== null) return true;
    const obstacles = await obstaclesOf(tx, all, userId, account.is_superuser);
    if (obstacles.length > 0) {
      await postponeDeletion(tx, userId, postponedDays);
      await tellObstacles(tx, context, account, obstacles);
      afterCommit(tx, () => context.log.warn("account.kept", { user: userId, obstacles: obstacles.length }));
      return false;
    }
    await blockNames(tx, account, blockedDays);
    await forgetAddressInMail(tx, account.email);
    await deleteExports(tx, context, userId, objectsOfPhoto(account));
    await emptyAccount(tx, userId);
    await record(tx, thePlatform, deletionEvent("user.deleted", userId));
    return true;
  });
}
