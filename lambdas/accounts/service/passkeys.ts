/** Registers and removes passkeys, and logs in with one instead of a password. */
import { requireNoBan } from "./bans.ts";
import { deletePasskey, insertPasskey, passkeysOf, type Passkey } from "../db/passkeys.ts";
import { countRecoveryCodes, deleteIdleRecoveryCodes } from "../db/second-factors.ts";
import { findUser } from "../db/users.ts";
import type { NewPasskeyAnswer, PasskeyAnswer } from "../rules/passkey.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import type { Login } from "./authenticate.ts";
import { record } from "./audit.ts";
import { requireOwnWayIn, sessionFor, type Sender } from "./log-in.ts";
import { post } from "./mail.ts";
import { requireProof, type Proof } from "./proof.ts";
import { giveRecoveryCodes, requireSecondFactor, type ShownFactor } from "./second-factor.ts";
import {
  answeredChallenge,
  badPasskey,
  newChallenge,
  ownerOfPasskey,
  passkeySite,
  userHandle,
  webAuthn,
} from "./show-passkey.ts";

/** More than anybody has devices. */
const maxPasskeys = 20;

/** The actor's passkeys, the last used first. */
export async function ownPasskeys({ db }: Context, actor: UserActor): Promise<Passkey[]> {
  const found = await passkeysOf(db, actor.id);
  return found.map(({ id, name, created_when, last_used }) => ({ id, name, created_when, last_used }));
}

const noSuch = () => new Refusal("not-found", "NO_SUCH_PASSKEY", "You have no such passkey.");

/**
 * What a page gives to `navigator.credentials.create()`. The passkey can log in alone: it has the account's id, and its owner
 * must unlock it. Whoever has a second factor shows it, so that nobody with only the password gets around it.
 */
export async function newPasskeyOptions(context: Context, actor: UserActor, proof: Proof & ShownFactor) {
  const { host } = passkeySite(context);
  requireOwnWayIn(context, { is_superuser: actor.isSuperuser });
  await requireProof(context, actor, proof);
  await requireSecondFactor(context, actor.id, proof, proof.sender);
  const existing = await passkeysOf(context.db, actor.id);
  if (existing.length >= maxPasskeys)
    throw new Refusal("conflict", "TOO_MANY_PASSKEYS", `You have ${maxPasskeys} passkeys. Remove one first.`);
  const { generateRegistrationOptions } = await webAuthn();
  return generateRegistrationOptions({
    rpName: host,
    rpID: host,
    userID: userHandle(actor.id),
    userName: actor.username,
    challenge: await newChallenge(context, actor.id),
    attestationType: "none",
    excludeCredentials: existing.map(({ credential_id }) => ({ id: credential_id.toString("base64url") })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  });
}

/** Stores the passkey that a browser made. With the first second factor come recovery codes, which are shown only now. */
export async function addPasskey(
  context: Context,
  actor: UserActor,
  { name, passkey }: { name: string; passkey: NewPasskeyAnswer },
): Promise<Passkey & { recovery_codes: string[] }> {
  const { host, origin } = passkeySite(context);
  const expectedChallenge = await answeredChallenge(context, passkey.response.clientDataJSON, actor.id);
  const { verifyRegistrationResponse } = await webAuthn();
  const { registrationInfo } = await verifyRegistrationResponse({
    response: passkey,
    expectedChallenge,
    expectedOrigin: origin,
    expectedRPID: host,
    requireUserVerification: true,
  }).catch(() => {
    // The library throws for each answer that is not right.
    throw badPasskey();
  });
  if (!registrationInfo) throw badPasskey();
  const { id, publicKey, counter } = registrationInfo.credential;
  return transact(context, async (tx) => {
    const added = await insertPasskey(tx, actor.id, {
      name,
      credentialId: Buffer.from(id, "base64url"),
      publicKey: Buffer.from(publicKey),
      counter,
    });
    if (!added) throw new Refusal("conflict", "TAKEN", "This passkey is registered already.");
    const has = await countRecoveryCodes(tx, actor.id);
    const recovery_codes = has === 0 ? await giveRecoveryCodes(tx, actor.id) : [];
    await changed(tx, context, actor, { id: added.id, before: null, after: name });
    return { ...added, recovery_codes };
  });
}

/** Removes one of the actor's passkeys. The same is to be shown as for turning off the app. */
export async function removePasskey(
  context: Context,
  actor: UserActor,
  id: string,
  proof: Proof & ShownFactor,
): Promise<void> {
  if (!(await passkeysOf(context.db, actor.id)).some((passkey) => passkey.id === id)) throw noSuch();
  await requireProof(context, actor, proof);
  await requireSecondFactor(context, actor.id, proof, proof.sender);
  await transact(context, async (tx) => {
    const removed = await deletePasskey(tx, actor.id, id);
    if (!removed) throw noSuch();
    await deleteIdleRecoveryCodes(tx, actor.id);
    await changed(tx, context, actor, { id, before: removed.name, after: null });
  });
}

async function changed(
  tx: Tx,
  context: Context,
  actor: UserActor,
  { id, before, after }: { id: string; before: string | null; after: string | null },
): Promise<void> {
  const named = (name: string | null) => (name === null ? null : { id, name });
  await record(
    tx,
    { actor, reason: null },
    {
      place: {},
      kind: after === null ? "user.passkey_removed" : "user.passkey_added",
      subject: actor.id,
      before: named(before),
      after: named(after),
    },
  );
  const { PUBLIC_URL } = context.environment;
  await post(tx, context, [
    {
      recipients: [actor.email],
      subject: `Your account has ${after === null ? "a passkey less" : "a new passkey"}`,
      body:
        after === null
          ? `The passkey "${before}" no longer opens the account ${actor.username} on ${PUBLIC_URL}. If it was not you, write to the people who run the platform.\n`
          : `The account ${actor.username} on ${PUBLIC_URL} can now be opened with the passkey "${after}". If it was not you, write to the people who run the platform: a new password does not remove it.\n`,
    },
  ]);
}

/** Begins a session for the owner of a passkey, without a password. The passkey was unlocked, so it is two factors at once. */
export async function signInWithPasskey(
  context: Context,
  answer: PasskeyAnswer,
  sender: Sender,
): Promise<{ token: string; login: Login }> {
  const user = await findUser(context.db, await ownerOfPasskey(context, answer, sender));
  // The account was deleted at this moment.
  if (!user) throw badPasskey();
  requireOwnWayIn(context, user);
  requireNoBan(user);
  return sessionFor(context, user.id, sender);
}
