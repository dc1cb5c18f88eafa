/** Invites people to sign up, where not everybody may. */
import {
  countInvitations,
  deleteInvitation,
  endInvitationsOf,
  insertInvitation,
  openInvitations,
  takeInvitation,
  type Invitation,
} from "../db/invitations.ts";
import { isAddressTaken } from "../db/users.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { hashToken, newToken } from "../../kernel/secrets.ts";
import { record, type UserAuthor } from "./audit.ts";
import { addressTaken, maxMailsPerDay } from "./confirm-address.ts";
import type { Sender } from "./log-in.ts";
import { post } from "./mail.ts";
import { tryOnce } from "./throttle.ts";

const invitationDays = 14;

/** The page on which people sign up. */
export const signUpPath = "/accounts/signup/";

export type { Invitation } from "../db/invitations.ts";

/**
 * Makes an invitation and writes its mail. Returns it with the link, which is stored nowhere, and the open invitations of the same
 * address that it replaces.
 */
async function invited(
  tx: Tx,
  context: Context,
  email: string,
  invitedBy: number | null,
): Promise<{ made: Invitation & { link: string }; replaced: Invitation[] }> {
  const { PUBLIC_URL } = context.environment;
  const replaced = await endInvitationsOf(tx, email);
  const { token, hash } = newToken("bsm");
  const invitation = await insertInvitation(tx, { email, hash, invitedBy, days: invitationDays });
  const link = `${PUBLIC_URL}${signUpPath}?token=${token}`;
  await post(tx, context, [
    {
      recipients: [email],
      subject: "Make your account",
      isSecret: true,
      body: [
        `You can have an account on ${PUBLIC_URL}. Open this page to make it:`,
        link,
        `The link is valid for ${invitationDays} days and works once. If you do not want an account, ignore this mail.\n`,
      ].join("\n\n"),
    },
  ]);
  return { made: { ...invitation, link }, replaced };
}

const requireInviter = (actor: UserActor) => {
  if (!may(actor, "user.create", null)) throw new Refusal("forbidden", "NOT_ALLOWED", "Only superusers invite people.");
};

const event = (kind: "invitation.created" | "invitation.deleted", { id, email }: Invitation) => ({
  place: {},
  kind,
  subject: id,
  before: kind === "invitation.deleted" ? { email } : null,
  after: kind === "invitation.created" ? { email } : null,
});

/** Invites the owner of an address, on behalf of a superuser. An open invitation of the address ends. */
export async function invite(context: Context, by: UserAuthor, email: string): Promise<Invitation & { link: string }> {
  requireInviter(by.actor);
  const to = email.toLowerCase();
  return transact(context, async (tx) => {
    if (await isAddressTaken(tx, to)) throw addressTaken();
    const { made, replaced } = await invited(tx, context, to, by.actor.id);
    await record(tx, by, ...replaced.map((one) => event("invitation.deleted", one)), event("invitation.created", made));
    return made;
  });
}

/**
 * Sends an invitation to whoever asks for it with an address in one of the platform's domains. Whether the address has an
 * account already does not show.
 */
export async function askForInvitation(context: Context, email: string, sender: Sender): Promise<void> {
  const { signUp, domains } = context.environment.SIGN_IN;
  if (signUp !== "domains")
    throw new Refusal("forbidden", "SIGN_UP_DISABLED", "Ask an administrator of this platform for an invitation.");
  const to = email.toLowerCase();
  if (!domains.includes(to.split("@")[1]!)) {
    const message = `Signing up here needs a mail address at ${domains.join(" or ")}.`;
    throw new Refusal("invalid", "OTHER_DOMAIN", message, { email: [message] });
  }
  if (sender.address !== null) await tryOnce(context, ["signUp", sender.address]);
  await transact(context, async (tx) => {
    if ((await countInvitations(tx, to)) >= maxMailsPerDay || (await isAddressTaken(tx, to))) return;
    await invited(tx, context, to, null);
  });
}

/** The invitations that can still be used. */
export async function listInvitations({ db }: Context, actor: UserActor): Promise<Invitation[]> {
  requireInviter(actor);
  return openInvitations(db);
}

/** Takes an invitation back. */
export async function withdrawInvitation(context: Context, by: UserAuthor, id: string): Promise<void> {
  requireInviter(by.actor);
  await transact(context, async (tx) => {
    const deleted = await deleteInvitation(tx, id);
    if (!deleted) throw new Refusal("not-found", "NO_SUCH_INVITATION", "There is no such invitation.");
    await record(tx, by, event("invitation.deleted", deleted));
  });
}

/**
 * Whether somebody may sign up with an address, and whether it is known to be theirs. Refused where the platform wants an
 * invitation, and the token is none for this address. Uses the token up.
 */
export async function admit(
  tx: Tx,
  { environment }: Context,
  email: string,
  token: string | null,
): Promise<{ emailIsConfirmed: boolean }> {
  const { signUp, passwords } = environment.SIGN_IN;
  if (!passwords)
    throw new Refusal(
      "forbidden",
      "PASSWORD_SIGN_IN_OFF",
      "People log in here with an identity provider, which also makes their account. /accounts/login/ has the buttons.",
    );
  const of = token === null ? undefined : await takeInvitation(tx, hashToken(token));
  if (of?.toLowerCase() === email.toLowerCase()) return { emailIsConfirmed: true };
  if (token !== null)
    throw new Refusal(
      "invalid",
      "BAD_INVITATION",
      "This invitation was used already, has expired, or was sent to another mail address.",
    );
  if (signUp === "open") return { emailIsConfirmed: false };
  throw new Refusal(
    "forbidden",
    "SIGN_UP_DISABLED",
    {
      closed: "Signing up is switched off here. Ask an administrator for an account.",
      invitation: "Signing up here needs an invitation. Ask an administrator for one.",
      domains: `Signing up here needs an invitation, which is sent to mail addresses at ${environment.SIGN_IN.domains.join(" or ")}. Ask for it at ${signUpPath}.`,
    }[signUp],
  );
}
