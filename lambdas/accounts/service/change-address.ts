/** Changes a person's mail address, once they have shown that the new one is theirs. */
import { countMailedTokens, insertMailedToken } from "../db/mailed-tokens.ts";
import { isAddressTaken } from "../db/users.ts";
import type { UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { newToken } from "../../kernel/secrets.ts";
import { addressTaken, confirmationPath, maxMailsPerDay, tooManyMails } from "./confirm-address.ts";
import { post, type Posted } from "./mail.ts";
import { resetPath } from "./passwords.ts";
import { requireProof, type Proof } from "./proof.ts";

const tokenHours = 24;

/**
 * Writes a mail to the new address, whose link changes the address, and one to the old address, so that its owner notices.
 */
export async function askToChange(context: Context, actor: UserActor, email: string, proof: Proof): Promise<Posted> {
  const { PUBLIC_URL } = context.environment;
  await requireProof(context, actor, proof);
  const to = email.toLowerCase();
  if (to === actor.email) {
    const message = `${to} is your mail address already.`;
    throw new Refusal("invalid", "SAME_ADDRESS", message, { email: [message] });
  }
  return transact(context, async (tx) => {
    if ((await countMailedTokens(tx, actor.id, "change")) >= maxMailsPerDay) throw tooManyMails();
    if (await isAddressTaken(tx, to)) throw addressTaken();
    const { token, hash } = newToken("bsm");
    await insertMailedToken(tx, actor.id, { email: to, purpose: "change", hash, lifetimeHours: tokenHours });
    const asked = await post(tx, context, [
      {
        recipients: [to],
        subject: "Confirm your new mail address",
        isSecret: true,
        body: [
          `Somebody wants this to be the mail address of the account ${actor.username} on ${PUBLIC_URL}. If it was you, open this page and log in to change it:`,
          `${PUBLIC_URL}${confirmationPath}?token=${token}`,
          `The link is valid for a day. If it was not you, ignore this mail.\n`,
        ].join("\n\n"),
      },
    ]);
    await post(tx, context, [
      {
        recipients: [actor.email],
        subject: "Your mail address is about to change",
        body: `Somebody ${proof.password === undefined ? "who is logged in to" : "with the password of"} the account ${actor.username} on ${PUBLIC_URL} asked to change its mail address to ${to}. If it was not you, ${proof.password === undefined ? `set a password at ${PUBLIC_URL}${resetPath} now` : "change your password now"}, which also ends this request, and revoke your API tokens.\n`,
      },
    ]);
    return asked;
  });
}
