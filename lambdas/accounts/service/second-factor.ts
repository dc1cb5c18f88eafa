/** The second factor of logins with a password. */
import {
  confirmSecondFactor,
  countRecoveryCodes,
  deleteSecondFactor,
  findSecondFactor,
  insertRecoveryCodes,
  startSecondFactor,
  useRecoveryCode,
  useStep,
} from "../db/second-factors.ts";
import { newRecoveryCodes, newSecret, plainCode, shownSecret, stepOf } from "../rules/second-factor.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { hashToken } from "../../kernel/secrets.ts";
import { record, type UserAuthor } from "./audit.ts";
import { post } from "./mail.ts";
import { startAnew, tryOnce, type Counted } from "./throttle.ts";

const refusal = (code: string, message: string) =>
  new Refusal("invalid", code, message, { non_field_errors: [message] });

/** Refuses a login with a password unless it has the code that the account asks for. Wrong codes are limited. */
export async function requireSecondFactor(context: Context, userId: number, code: string | undefined): Promise<void> {
  const { db } = context;
  const factor = await findSecondFactor(db, userId);
  if (!factor?.isConfirmed) return;
  if (!code)
    throw refusal(
      "SECOND_FACTOR_NEEDED",
      "This account has a second factor. Also send `code`: the six digits that your app shows, or one of your recovery codes.",
    );
  const counted: Counted = ["secondFactor", String(userId)];
  await tryOnce(context, counted);
  const plain = plainCode(code);
  const step = stepOf(factor.secret, plain, context.now());
  const isRight = step === null ? await useRecoveryCode(db, userId, hashToken(plain)) : await useStep(db, userId, step);
  if (!isRight)
    throw refusal("BAD_CODE", "This is not the code of your app, or it was used already. Wait for the next one.");
  await startAnew(context, counted);
}

export async function secondFactorOf({ db }: Context, actor: UserActor) {
  const factor = await findSecondFactor(db, actor.id);
  const isOn = factor?.isConfirmed ?? false;
  return { is_on: isOn, recovery_codes_left: isOn ? await countRecoveryCodes(db, actor.id) : 0 };
}

/** Makes a secret for the actor's app. It counts when `turnOn` has seen a code. */
export async function beginSecondFactor(context: Context, actor: UserActor): Promise<{ secret: string; uri: string }> {
  const secret = newSecret();
  if (!(await startSecondFactor(context.db, actor.id, secret)))
    throw new Refusal("conflict", "SECOND_FACTOR_ON", "Your account has a second factor. Turn it off first.");
  return shownSecret(secret, new URL(context.environment.PUBLIC_URL).host, actor.username);
}

/** Turns the second factor on with a first code. Returns the recovery codes, of which only hashes are stored. */
export async function turnOnSecondFactor(context: Context, actor: UserActor, code: string): Promise<string[]> {
  await tryOnce(context, ["secondFactor", String(actor.id)]);
  const codes = newRecoveryCodes();
  await transact(context, async (tx) => {
    const factor = await findSecondFactor(tx, actor.id);
    const step = factor && !factor.isConfirmed ? stepOf(factor.secret, plainCode(code), context.now()) : null;
    if (step === null || !(await useStep(tx, actor.id, step)) || !(await confirmSecondFactor(tx, actor.id)))
      throw refusal("BAD_CODE", "This is not the code of your app. Begin again, or wait for the next one.");
    await insertRecoveryCodes(
      tx,
      actor.id,
      codes.map((one) => hashToken(plainCode(one))),
    );
    await changed(tx, context, { actor, reason: null }, actor, true);
  });
  return codes;
}

const none = () => new Refusal("not-found", "NO_SECOND_FACTOR", "This account has no second factor.");

/** Refuses unless the actor's account has a second factor. */
export async function requireSecondFactorOn(context: Context, actor: UserActor): Promise<void> {
  if (!(await secondFactorOf(context, actor)).is_on) throw none();
}

/** Turns the actor's own second factor off, with a code of it. */
export async function turnOffSecondFactor(context: Context, actor: UserActor, code: string): Promise<void> {
  await requireSecondFactor(context, actor.id, code);
  await transact(context, (tx) => remove(tx, context, { actor, reason: null }, actor));
}

/** Turns a person's second factor off who has lost it, on behalf of a superuser. */
export async function removeSecondFactor(
  context: Context,
  by: UserAuthor,
  person: { id: number; username: string; email: string },
): Promise<void> {
  if (!may(by.actor, "user.create", null))
    throw new Refusal("forbidden", "NOT_ALLOWED", "Only superusers turn off the second factor of others.");
  await transact(context, (tx) => remove(tx, context, by, person));
}

type Person = { id: number; username: string; email: string };

async function remove(tx: Tx, context: Context, by: UserAuthor, person: Person): Promise<void> {
  if (!(await deleteSecondFactor(tx, person.id))) throw none();
  await changed(tx, context, by, person, false);
}

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
