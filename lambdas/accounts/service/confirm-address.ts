/** Shows that a mail address belongs to the person who has the account. */
import {
  changeEmail,
  confirmEmail,
  countMailedTokens,
  findAddressToken,
  insertMailedToken,
  takeAddressToken,
} from "../db/mailed-tokens.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { hashToken, newToken } from "../../kernel/secrets.ts";
import { record } from "./audit.ts";
import { post, type Posted } from "./mail.ts";

const tokenHours = 72;
/** So that nobody can fill somebody else's mailbox after signing up with their address. */
export const maxMailsPerDay = 5;

export const tooManyMails = () =>
  new Refusal(
    "too-many",
    "TOO_MANY_MAILS",
    `${maxMailsPerDay} mails were sent for this account in the last day. Look for them, or try again tomorrow.`,
  );

/** The page that confirms an address. */
export const confirmationPath = "/accounts/confirm/";

type Person = Pick<UserActor, "id" | "username" | "email">;

/**
 * Writes a mail with a link that confirms the person's address. Who opens the link must log in, so that people do not
 * confirm by mistake that their address belongs to somebody else's account.
 */
export async function askToConfirm(tx: Tx, context: Context, person: Person): Promise<Posted> {
  const { PUBLIC_URL } = context.environment;
  const { token, hash } = newToken("bsm");
  const { email } = person;
  await insertMailedToken(tx, person.id, { email, purpose: "confirm", hash, lifetimeHours: tokenHours });
  return post(tx, context, [
    {
      recipients: [person.email],
      subject: "Confirm your mail address",
      isSecret: true,
      body: [
        `Somebody signed up as ${person.username} on ${PUBLIC_URL} with this mail address. If it was you, open this page and log in to confirm the address:`,
        `${PUBLIC_URL}${confirmationPath}?token=${token}`,
        `The link is valid for ${tokenHours / 24} days. If it was not you, ignore this mail.\n`,
      ].join("\n\n"),
    },
  ]);
}

/** Like `askToConfirm`, when the person asks for it. Refused if the address is confirmed, or after too many mails. */
export async function askAgain(context: Context, actor: UserActor): Promise<Posted> {
  if (actor.emailIsConfirmed)
    throw new Refusal("invalid", "CONFIRMED_ALREADY", `The address ${actor.email} is already confirmed.`);
  return transact(context, async (tx) => {
    if ((await countMailedTokens(tx, actor.id, "confirm")) >= maxMailsPerDay) throw tooManyMails();
    return askToConfirm(tx, context, actor);
  });
}

const badLink = ({ username }: UserActor) =>
  new Refusal(
    "invalid",
    "BAD_CONFIRMATION",
    `This link was used already, has expired, or is not for the account ${username}. Ask for a new one at ${confirmationPath}.`,
  );

export const addressTaken = (message = "There is an account with this email already.") =>
  new Refusal("invalid", "TAKEN", message, { email: [message] });

/** What the token of a mail does to the actor's address. Refused like `confirmAddress`. */
export async function mailedChange(
  { db }: Context,
  actor: UserActor,
  token: string,
): Promise<{ email: string; isNew: boolean }> {
  const found = await findAddressToken(db, actor.id, hashToken(token));
  if (!found) throw badLink(actor);
  return { email: found.email, isNew: found.purpose === "change" };
}

/** What follows in the same transaction when a person's address is confirmed. */
export type WhenConfirmed = (tx: Tx, context: Context, person: Person) => Promise<void>;

/**
 * Confirms the address that a token was mailed to; a token of a change makes it the person's address first, and tells the old
 * one. A token works once, and only for the person it was made for.
 */
export async function confirmAddress(
  context: Context,
  actor: UserActor,
  token: string,
  whenConfirmed: WhenConfirmed,
): Promise<string> {
  return transact(context, async (tx) => {
    const taken = await takeAddressToken(tx, actor.id, hashToken(token));
    if (!taken) throw badLink(actor);
    const { email, purpose } = taken;
    if (purpose === "change") {
      if (!(await changeEmail(tx, actor.id, email)))
        throw addressTaken(
          `Another account has got the address ${email} since you asked for the change. Yours stays ${actor.email}.`,
        );
    } else if (!(await confirmEmail(tx, actor.id, email))) throw badLink(actor);
    if (email !== actor.email) await tellOldAddress(tx, context, actor, email);
    await whenConfirmed(tx, context, { ...actor, email });
    return email;
  });
}

async function tellOldAddress(tx: Tx, context: Context, actor: UserActor, email: string): Promise<void> {
  const change = { before: { email: actor.email }, after: { email } };
  await record(tx, { actor, reason: null }, { place: {}, kind: "user.address_changed", subject: actor.id, ...change });
  await post(tx, context, [
    {
      recipients: [actor.email],
      subject: "Your mail address was changed",
      body: `The mail address of the account ${actor.username} on ${context.environment.PUBLIC_URL} is now ${email}. If it was not you, write to the people who run the platform.\n`,
    },
  ]);
}
