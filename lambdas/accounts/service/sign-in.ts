/** Signs people in whom an identity provider knows. */
import {
  deleteIdentities,
  findUserByIdentity,
  identitiesOf,
  insertIdentity,
  setGroupByProvider,
  useSignIn,
} from "../db/identities.ts";
import { takeInvitationsOf } from "../db/invitations.ts";
import { findUserForLogin, hasPassword, insertUser, type User } from "../db/users.ts";
import { usernameFrom, type Identity } from "../rules/identity.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import type { Environment } from "../../kernel/environment.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { hashToken } from "../../kernel/secrets.ts";
import { accountMade } from "./accounts.ts";
import { record, thePlatform } from "./audit.ts";
import { requireNoBan } from "./bans.ts";
import { askToConfirm } from "./confirm-address.ts";
import { sessionFor, type Sender } from "./log-in.ts";
import { post } from "./mail.ts";
import { requireLogInPossible } from "./maintenance.ts";
import { membership } from "./organizations.ts";
import { resetPath } from "./passwords.ts";

/** An identity provider, as the functions that use the database know it. */
export type Provider = Environment["SIGN_IN"]["providers"][number];

/** The provider with an id. Refused if there is none. */
export function providerNamed({ environment }: Context, id: string): Provider {
  const provider = environment.SIGN_IN.providers.find((one) => one.id === id);
  if (!provider) throw new Refusal("not-found", "NO_SUCH_PROVIDER", `There is no identity provider ${id} here.`);
  return provider;
}

/** Longer than a browser keeps its cookie about a sign-in. */
const usedHours = 1;

/**
 * Begins a session for the person whom a provider has identified. A known identity has its account. A new one gets the account
 * with the same mail address, but only if both the provider and the platform know the address to be theirs; otherwise anybody
 * could take over an account by claiming its address, or wait in an account with somebody else's address. Without such an
 * account, a new one is made. `state` is used up. Returns the token of the session.
 */
export async function signIn(
  context: Context,
  provider: Provider,
  identity: Identity,
  { state, sender }: { state: string; sender: Sender },
): Promise<string> {
  const user = await transact(context, async (tx) => {
    if (!(await useSignIn(tx, hashToken(state), usedHours)))
      throw new Refusal("invalid", "SIGN_IN_USED", "This sign-in was used already. Begin again.");
    const user =
      (await findUserByIdentity(tx, provider.id, identity.subject)) ??
      (await link(tx, context, provider, identity)) ??
      (await create(tx, context, provider, identity));
    requireNoBan(user);
    await requireLogInPossible(context, user.id);
    await followGroups(tx, provider, identity, user);
    return user;
  });
  return (await sessionFor(context, user.id, sender)).token;
}

/** Links the identity with the account that has its address; undefined if there is none. */
async function link(tx: Tx, context: Context, provider: Provider, identity: Identity): Promise<User | undefined> {
  const { email, emailIsVerified, subject } = identity;
  const user = email === null ? undefined : await findUserForLogin(tx, email);
  if (email === null || user?.email !== email) return undefined;
  if (!emailIsVerified)
    throw new Refusal(
      "forbidden",
      "ADDRESS_NOT_VERIFIED",
      `There is an account with the address ${email}, but the identity provider does not say that the address is yours. Log in with your password.`,
    );
  if (!user.email_is_confirmed)
    throw new Refusal(
      "forbidden",
      "ADDRESS_NOT_CONFIRMED",
      `There is an account with your address ${email}, but whoever made it has not confirmed the address. Set a new password at ${resetPath}, which ends their logins, and then sign in again.`,
    );
  await insertIdentity(tx, provider.id, subject, user.id);
  await record(tx, thePlatform, identityEvent(user.id, null, provider.id));
  const { PUBLIC_URL } = context.environment;
  await post(tx, context, [
    {
      recipients: [email],
      subject: "Your account has a new way to log in",
      body: `The account ${user.username} on ${PUBLIC_URL} can now be opened with "${provider.label}". If it was not you, write to the people who run the platform.\n`,
    },
  ]);
  return user;
}

const identityEvent = (user: number, before: string | null, after: string | null) => ({
  place: {},
  kind: after === null ? ("user.identity_removed" as const) : ("user.identity_added" as const),
  subject: user,
  before: before === null ? null : { provider: before },
  after: after === null ? null : { provider: after },
});

/** How many usernames with a number at the end are tried for a new account. */
const maxUsernames = 50;

async function create(tx: Tx, context: Context, provider: Provider, identity: Identity): Promise<User> {
  const { email, emailIsVerified, subject } = identity;
  if (email === null)
    throw new Refusal(
      "forbidden",
      "NO_ADDRESS",
      "The identity provider did not tell your mail address, which an account needs. Allow it to, and sign in again.",
    );
  if (!(await mayCreate(tx, context, provider, identity)))
    throw new Refusal(
      "forbidden",
      "SIGN_UP_DISABLED",
      `No account here has the address ${email}, and signing up is limited. Ask an administrator for an account.`,
    );
  const user = await insertNamed(tx, usernameFrom(identity), { email, isConfirmed: emailIsVerified });
  await insertIdentity(tx, provider.id, subject, user.id);
  await record(tx, thePlatform, accountMade(user), identityEvent(user.id, null, provider.id));
  if (!emailIsVerified) await askToConfirm(tx, context, user);
  return user;
}

/** Stores an account without a password, under the first free username that begins with a text. */
async function insertNamed(tx: Tx, wanted: string, { email, isConfirmed }: { email: string; isConfirmed: boolean }) {
  for (let number = 1; number <= maxUsernames; number++) {
    const end = number === 1 ? "" : `-${number}`;
    const made = await insertUser(tx, {
      username: wanted.slice(0, 15 - end.length) + end,
      email,
      passwordHash: null,
      isBot: false,
      isSuperuser: false,
      emailIsConfirmed: isConfirmed,
    });
    if (typeof made !== "string") return made;
    if (made === "email") break;
  }
  throw new Refusal("conflict", "TAKEN", "Your account was made by another request. Sign in again.");
}

/** Whether somebody whom a provider knows may get an account. */
async function mayCreate(
  tx: Tx,
  { environment }: Context,
  provider: Provider,
  { email, emailIsVerified }: Identity,
): Promise<boolean> {
  const { signUp, domains } = environment.SIGN_IN;
  if (provider.createsAccounts !== null) return provider.createsAccounts;
  if (signUp === "domains") return emailIsVerified && domains.includes(email!.split("@")[1]!);
  if (signUp === "invitation") return emailIsVerified && (await takeInvitationsOf(tx, email!));
  return signUp === "open";
}

/** Puts a person into the organizations that follow from their groups at the provider, and takes them out of others. */
async function followGroups(tx: Tx, provider: Provider, identity: Identity, user: User): Promise<void> {
  for (const { id: organization, group } of identity.organizations) {
    const change = await setGroupByProvider(tx, { provider: provider.id, organization, user: user.id }, group);
    if (!change) continue;
    const kind = group === null ? "member.removed" : change.was === null ? "member.joined" : "member.group_changed";
    await record(tx, thePlatform, membership(organization, kind, user.id, change.was, group));
  }
}

/** The identity providers with which the actor's account can be opened. */
export const ownIdentities = ({ db }: Context, actor: UserActor) => identitiesOf(db, actor.id);

/** Separates the actor's account from a provider. Refused if it would leave no way to log in. */
export async function removeIdentity(context: Context, actor: UserActor, provider: string): Promise<void> {
  await transact(context, async (tx) => {
    if (!(await deleteIdentities(tx, actor.id, provider)))
      throw new Refusal("not-found", "NO_SUCH_IDENTITY", `Your account is not linked with ${provider}.`);
    if (!(await hasPassword(tx, actor.id)) && (await identitiesOf(tx, actor.id)).length === 0)
      throw new Refusal(
        "conflict",
        "LAST_WAY_IN",
        `This is the only way to log in to your account. Set a password at ${resetPath} first.`,
      );
    await record(tx, { actor, reason: null }, identityEvent(actor.id, provider, null));
  });
}
