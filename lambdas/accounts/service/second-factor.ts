/** The second factor of logins with a password: a code of an app, a passkey, or a recovery code. */
import { countPasskeys, deletePasskeysOf } from "../db/passkeys.ts";
import {
  confirmSecondFactor,
  countRecoveryCodes,
  deleteIdleRecoveryCodes,
  deleteSecondFactor,
  findSecondFactor,
  insertRecoveryCodes,
  startSecondFactor,
  useRecoveryCode,
  useStep,
} from "../db/second-factors.ts";
import type { PasskeyAnswer } from "../rules/passkey.ts";
import { newRecoveryCodes, newSecret, plainCode, shownSecret, stepOf } from "../rules/second-factor.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { hashToken } from "../../kernel/secrets.ts";
import { record, type UserAuthor } from "./audit.ts";
import { post } from "./mail.ts";
import { badPasskey, ownerOfPasskey } from "./show-passkey.ts";
import { startAnew, tryOnce, type Counted, type Sender } from "./throttle.ts";

const refusal = (code: string, message: string) =>
  new Refusal("invalid", code, message, { non_field_errors: [message] });

/** What a request shows beside a password. */
export interface ShownFactor {
  /** A code of the app, or a recovery code. */
  code?: string | undefined;
  passkey?: PasskeyAnswer | undefined;
}

/** Refuses a login with a password unless it shows the second factor of the account. Wrong ones are limited. */
export async function requireSecondFactor(
  context: Context,
  userId: number,
  { code, passkey }: ShownFactor,
  sender: Sender,
): Promise<void> {
  const { db } = context;
  const factor = await findSecondFactor(db, userId);
  const hasPasskey = (await countPasskeys(db, userId)) > 0;
  if (!factor?.isConfirmed && !hasPasskey) return;
  if (!code && !passkey) {
    const ways = [
      ...(factor?.isConfirmed ? ["`code`: the six digits that your app shows, or one of your recovery codes"] : []),
      ...(hasPasskey ? ["`passkey`: what a browser answers with one of your passkeys"] : []),
      ...(factor?.isConfirmed ? [] : ["`code`: one of your recovery codes"]),
    ];
    throw refusal("SECOND_FACTOR_NEEDED", `This account has a second factor. Also send ${ways.join("; or ")}.`);
  }
  const counted: Counted = ["secondFactor", String(userId)];
  await tryOnce(context, counted);
  if (passkey) {
    if ((await ownerOfPasskey(context, passkey, sender)) !== userId)
      throw badPasskey("This passkey belongs to another account.");
  } else if (!(await useCode(context, userId, factor, plainCode(code!))))
    throw refusal("BAD_CODE", "This is not the code of your app, or it was used already. Wait for the next one.");
  await startAnew(context, counted);
}

/** Uses up a code of the app, or else a recovery code. Returns false if it is neither. */
async function useCode(
  { db, now }: Context,
  userId: number,
  factor: Awaited<ReturnType<typeof findSecondFactor>>,
  code: string,
): Promise<boolean> {
  const step = factor?.isConfirmed ? stepOf(factor.secret, code, now()) : null;
  return step === null ? useRecoveryCode(db, userId, hashToken(code)) : useStep(db, userId, step);
}

export async function secondFactorOf({ db }: Context, actor: UserActor) {
  const hasApp = (await findSecondFactor(db, actor.id))?.isConfirmed ?? false;
  const passkeys = await countPasskeys(db, actor.id);
  const isOn = hasApp || passkeys > 0;
  return {
    is_on: isOn,
    has_app: hasApp,
    passkeys,
    recovery_codes_left: isOn ? await countRecoveryCodes(db, actor.id) : 0,
  };
}

/** Gives a person new recovery codes, in place of those that they have. Only hashes are stored. */
export async function giveRecoveryCodes(tx: Tx, userId: number): Promise<string[]> {
  const codes = newRecoveryCodes();
  await insertRecoveryCodes(
    tx,
    userId,
    codes.map((one) => hashToken(plainCode(one))),
  );
  return codes;
}

/** Makes a secret for the actor's app. It counts when `turnOn` has seen a code. Whoever has passkeys shows one. */
export async function beginSecondFactor(
  context: Context,
  actor: UserActor,
  shown: ShownFactor,
  sender: Sender,
): Promise<{ secret: string; uri: string }> {
  if ((await countPasskeys(context.db, actor.id)) > 0) await requireSecondFactor(context, actor.id, shown, sender);
  const secret = newSecret();
  if (!(await startSecondFactor(context.db, actor.id, secret)))
    throw new Refusal(
      "conflict",
      "SECOND_FACTOR_ON",
      "Your account has an app as its second factor. Turn it off first.",
    );
  return shownSecret(secret, new URL(context.environment.PUBLIC_URL).host, actor.username);
}

/** Turns the second factor on with a first code. Returns the recovery codes, of which only hashes are stored. */
export async function turnOnSecondFactor(context: Context, actor: UserActor, code: string): Promise<string[]> {
  await tryOnce(context, ["secondFactor", String(actor.id)]);
  return transact(context, async (tx) => {
    const factor = await findSecondFactor(tx, actor.id);
    const step = factor && !factor.isConfirmed ? stepOf(factor.secret, plainCode(code), context.now()) : null;
    if (step === null || !(await useStep(tx, actor.id, step)) || !(await confirmSecondFactor(tx, actor.id)))
      throw refusal("BAD_CODE", "This is not the code of your app. Begin again, or wait for the next one.");
    const codes = await giveRecoveryCodes(tx, actor.id);
    await changed(tx, context, { actor, reason: null }, actor, true);
    return codes;
  });
}

const none = () => new Refusal("not-found", "NO_SECOND_FACTOR", "This account has no second factor.");

/** Refuses unless the actor's account has an app as its second factor. */
export async function requireApp({ db }: Context, actor: UserActor): Promise<void> {
  if (!(await findSecondFactor(db, actor.id))?.isConfirmed) throw none();
}

/** Turns the actor's own app off, with a code of it, a recovery code or a passkey. */
export async function turnOffSecondFactor(
  context: Context,
  actor: UserActor,
  shown: ShownFactor,
  sender: Sender,
): Promise<void> {
  await requireSecondFactor(context, actor.id, shown, sender);
  await transact(context, async (tx) => {
    if (!(await deleteSecondFactor(tx, actor.id))) throw none();
    await deleteIdleRecoveryCodes(tx, actor.id);
    await changed(tx, context, { actor, reason: null }, actor, false);
  });
}

/** Removes the app, the passkeys and the recovery codes of a person who has lost them, on behalf of a superuser. */
export async function removeSecondFactor(
  context: Context,
  by: UserAuthor,
  person: { id: number; username: string; email: string },
): Promise<void> {
  if (!may(by.actor, "user.create", null))
    throw new Refusal("forbidden", "NOT_ALLOWED", "Only superusers turn off the second factor of others.");
  await transact(context, async (tx) => {
    const hadApp = await deleteSecondFactor(tx, person.id);
    if ((await deletePasskeysOf(tx, person.id)) === 0 && !hadApp) throw none();
    await deleteIdleRecoveryCodes(tx, person.id);
    await changed(tx, context, by, person, false);
  });
}

type Person = { id: number; username: string; email: string };

async function changed(tx: Tx, context: Context, by: UserAuthor, person: Person, isOn: boolean): Promise<void> {
  const kind = isOn ? "user.second_factor_on" : "user.second_factor_off";
  await record(tx, by, { place: {}, kind, subject: person.id, before: null, after: null });
  await post(tx, context, [
    {
      recipients: [person.email],
      subject: `The second factor of your account is ${isOn ? "on" : "off"}`,
      body: `The second factor of the account ${person.username} on ${context.environment.PUBLIC_URL} was turned ${isOn ? "on" : "off"}. If it was not you, write to the people who run the platform.\n`,
    },
  ]);
}
