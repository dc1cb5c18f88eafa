/** Hands what somebody owns to somebody else: a competition, an organization or a queue. The other one accepts. */
import {
  findHandOver,
  forgetHandOver,
  handOversOf,
  insertHandOver,
  takeHandOver,
  type Handed,
  type HandOver,
} from "../db/hand-overs.ts";
import { findUser, usersNamed, type User } from "../db/users.ts";
import type { HandedKind } from "../rules/leaving.ts";
import { headerLine } from "../rules/mail.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { record, type Author, type UserAuthor } from "./audit.ts";
import { post } from "./mail.ts";
import { tryOnce } from "./throttle.ts";

export type { HandOver } from "../db/hand-overs.ts";

const offerDays = 14;

/** Who gives and who gets. */
export interface Hands {
  from: number;
  to: number;
}

/** How things of one kind are handed over. Each wing has its own. */
export interface HandOverKind {
  /** The name and the owner of a thing that the actor may hand over; otherwise a refusal. */
  owned(context: Context, actor: UserActor, id: string): Promise<{ name: string; ownerId: number }>;
  /** The name of a thing, which may be gone. */
  nameOf(context: Pick<Context, "db">, id: string): Promise<string | undefined>;
  /** Gives it its new owner, in the caller's transaction. False if it is no longer the old one's. */
  transfer(tx: Tx, by: Author, id: string, hands: Hands): Promise<boolean>;
}

export type HandOverKinds = Record<HandedKind, HandOverKind>;

const invalid = (code: string, message: string, field: string) =>
  new Refusal("invalid", code, message, { [field]: [message] });

/** The person who is to get something. */
async function recipient({ db }: Context, named: string, ownerId: number): Promise<User> {
  const [found] = await usersNamed(db, [named]);
  const user = found && (await findUser(db, found.id));
  if (!user || user.is_banned || user.is_bot)
    throw invalid("NO_SUCH_USER", `Nobody who could own it has the username or mail address ${named}.`, "to");
  if (user.id === ownerId) throw invalid("OWN_ALREADY", `It belongs to ${user.username} already.`, "to");
  return user;
}

/** Offers a thing to somebody, who gets a mail. An administrator may give it at once. Returns the offer; null if it was given. */
export async function handOver(
  context: Context,
  kinds: HandOverKinds,
  by: UserAuthor,
  handed: Handed,
  { to, atOnce }: { to: string; atOnce: boolean },
): Promise<HandOver | null> {
  const { kind, id } = handed;
  const { name: written, ownerId } = await kinds[kind].owned(context, by.actor, id);
  // Further lines would look like words of the platform to whoever gets the mail.
  const name = headerLine(written);
  const user = await recipient(context, to, ownerId);
  if (atOnce && !by.actor.isSuperuser)
    throw new Refusal(
      "forbidden",
      "NOT_ALLOWED",
      "Only administrators hand things over without asking. Offer it instead.",
    );
  const hands = { from: ownerId, to: user.id };
  if (atOnce) {
    await transact(context, async (tx) => {
      if (!(await kinds[kind].transfer(tx, by, id, hands))) throw changedMeanwhile();
      await forgetHandOver(tx, handed);
      await tellBoth(tx, context, handed, name, hands);
    });
    return null;
  }
  // Each offer is a mail to whomever it names, limited like the mails that reset a password.
  await tryOnce(context, ["reset", `hand-over ${by.actor.id}`]);
  const offer = await transact(context, async (tx) => {
    const offered = await insertHandOver(tx, handed, { ...hands, days: offerDays });
    await record(tx, by, offeredEvent(handed, user.id));
    await post(tx, context, [
      {
        recipients: [user.email],
        subject: `You are offered the ${kind} ${name}`,
        body: `${by.actor.username} wants to hand the ${kind} "${name}" on ${context.environment.PUBLIC_URL} over to you. Accept or decline here:\n\n${context.environment.PUBLIC_URL}/account/hand-overs/\n\nOr run \`benchstack accept-hand-over ${offered}\` or \`benchstack decline-hand-over ${offered}\`. The offer ends after ${offerDays} days.\n`,
      },
    ]);
    return offered;
  });
  return (await findHandOver(context.db, offer))!;
}

const changedMeanwhile = () =>
  new Refusal("conflict", "CHANGED_MEANWHILE", "It has got another owner in the meantime. Look at it again.");

const offeredEvent = ({ kind, id }: Handed, to: number) => ({
  place: kind === "queue" ? { queue: id } : { [kind]: Number(id) },
  kind: `${kind}.offered` as const,
  subject: kind === "queue" ? id : Number(id),
  before: null,
  after: { to },
});

/** The audit event of something that has another owner. */
export const handedOver = ({ kind, id }: Handed, { from, to }: Hands) => ({
  place: kind === "queue" ? { queue: id } : { [kind]: Number(id) },
  kind: `${kind}.handed_over` as const,
  subject: kind === "queue" ? id : Number(id),
  before: { owner: from },
  after: { owner: to },
});

/** Mails to the owner before and the new one. One who has deleted the account gets none. */
export async function tellBoth(
  tx: Tx,
  context: Pick<Context, "environment" | "correlationId">,
  { kind }: Handed,
  name: string,
  { from, to }: Hands,
): Promise<void> {
  const [before, after] = [await findUser(tx, from), await findUser(tx, to)];
  const url = context.environment.PUBLIC_URL;
  await post(tx, context, [
    ...(before
      ? [
          {
            recipients: [before.email],
            subject: `The ${kind} ${name} has another owner`,
            body: `The ${kind} "${name}" on ${url} belongs to ${after?.username ?? "somebody else"} now.\n`,
          },
        ]
      : []),
    ...(after
      ? [
          {
            recipients: [after.email],
            subject: `The ${kind} ${name} is yours`,
            body: `The ${kind} "${name}" on ${url} belongs to you now.\n`,
          },
        ]
      : []),
  ]);
}

/** The offers from and to the actor, with the names of what is offered. */
export async function ownHandOvers(context: Context, kinds: HandOverKinds, actor: UserActor) {
  const all = await handOversOf(context.db, actor.id);
  return Promise.all(
    all.map(async (offer) => ({ ...offer, name: (await kinds[offer.kind].nameOf(context, offer.handed_id)) ?? "" })),
  );
}

const noSuchOffer = () => new Refusal("not-found", "NO_SUCH_HAND_OVER", "There is no such offer. It may have ended.");

/** Takes what the actor was offered. */
export async function acceptHandOver(
  context: Context,
  kinds: HandOverKinds,
  by: UserAuthor,
  offerId: string,
): Promise<HandOver> {
  const offer = await findHandOver(context.db, offerId);
  if (offer?.to_id !== by.actor.id) throw noSuchOffer();
  const { kind, handed_id: id, from_id: from, to_id: to } = offer;
  const name = (await kinds[kind].nameOf(context, id)) ?? "";
  await transact(context, async (tx) => {
    if (!(await takeHandOver(tx, offerId)) || !(await kinds[kind].transfer(tx, by, id, { from, to })))
      throw noSuchOffer();
    await tellBoth(tx, context, { kind, id }, name, { from, to });
  });
  return offer;
}

/** Declines what the actor was offered, or withdraws what they offered. */
export async function declineHandOver(context: Context, actor: UserActor, offerId: string): Promise<void> {
  const offer = await findHandOver(context.db, offerId);
  if (!offer || ![offer.from_id, offer.to_id].includes(actor.id)) throw noSuchOffer();
  await transact(context, async (tx) => void (await takeHandOver(tx, offerId)));
}
