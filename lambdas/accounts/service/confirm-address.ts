/** Shows that a mail address belongs to the person who has the account. */
import { confirmEmail, countMailedTokens, insertMailedToken, takeMailedToken } from "../db/mailed-tokens.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { hashToken, newToken } from "../../kernel/secrets.ts";
import { post, type Posted } from "./mail.ts";

const tokenHours = 72;
/** So that nobody can fill somebody else's mailbox after signing up with their address. */
const maxMailsPerDay = 5;

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
  await insertMailedToken(tx, person, hash, tokenHours);
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
    if ((await countMailedTokens(tx, actor.id)) >= maxMailsPerDay)
      throw new Refusal(
        "too-many",
        "TOO_MANY_MAILS",
        `${maxMailsPerDay} mails were sent to ${actor.email} in the last day. Look for them there, or try again tomorrow.`,
      );
    return askToConfirm(tx, context, actor);
  });
}

/** What follows in the same transaction when a person's address is confirmed. */
export type WhenConfirmed = (tx: Tx, context: Context, person: Person) => Promise<void>;

/** Confirms the address that a token was mailed to. A token works once, and only for the person it was made for. */
export async function confirmAddress(
  context: Context,
  actor: UserActor,
  token: string,
  whenConfirmed: WhenConfirmed,
): Promise<string> {
  return transact(context, async (tx) => {
    const email = await takeMailedToken(tx, actor.id, hashToken(token));
    if (email === undefined || !(await confirmEmail(tx, actor.id, email)))
      throw new Refusal(
        "invalid",
        "BAD_CONFIRMATION",
        `This link was used already, has expired, or is not for the account ${actor.username}. Ask for a new one at ${confirmationPath}.`,
      );
    await whenConfirmed(tx, context, actor);
    return email;
  });
}
