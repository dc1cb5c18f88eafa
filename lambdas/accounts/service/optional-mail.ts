/** Mail that people can turn off, and the links with which they do. */
import { findMailKey, findMailWishes, peopleWhoWant, setMailWishes } from "../db/mail-wishes.ts";
import {
  readUnsubscribeToken,
  unsubscribePath,
  unsubscribeToken,
  type MailKind,
  type MailWishes,
} from "../rules/mail-kinds.ts";
import type { Mail } from "../rules/mail.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { post, type Posted } from "./mail.ts";

/** A mail to one person. */
export interface PersonalMail extends Pick<Mail, "replyTo" | "subject" | "body" | "isSecret"> {
  /** Id of the person. */
  to: number;
}

/**
 * Writes mail of a kind to those who want it. Everybody gets a message of their own, because it has their own link that
 * stops this kind of mail.
 */
export async function postWanted(
  tx: Tx,
  context: Pick<Context, "environment" | "correlationId">,
  kind: MailKind,
  mails: PersonalMail[],
): Promise<Posted> {
  const people = new Map(
    (
      await peopleWhoWant(
        tx,
        kind,
        mails.map(({ to }) => to),
      )
    ).map((person) => [person.id, person]),
  );
  return post(
    tx,
    context,
    mails.flatMap(({ to, ...mail }): Mail[] => {
      const person = people.get(to);
      if (!person) return [];
      const token = unsubscribeToken(person, kind);
      const unsubscribeUrl = `${context.environment.PUBLIC_URL}${unsubscribePath}?token=${token}`;
      return [{ ...mail, recipients: [person.email], unsubscribeUrl }];
    }),
  );
}

export const mailWishes = ({ db }: Context, actor: UserActor): Promise<MailWishes> => findMailWishes(db, actor.id);

/** Turns kinds of mail on or off. Others stay. */
export const changeMailWishes = ({ db }: Context, actor: UserActor, wishes: Partial<MailWishes>): Promise<void> =>
  setMailWishes(db, actor.id, wishes);

/** What the token of a link stops, and for whom. Refused if the platform has not made it. */
export async function unsubscription({ db }: Context, token: string) {
  const claimed = readUnsubscribeToken(token);
  const person = claimed && (await findMailKey(db, claimed.userId));
  if (!person || !claimed.isSignedBy(person))
    throw new Refusal(
      "invalid",
      "BAD_UNSUBSCRIBE_LINK",
      "This link is not complete. Copy it from the mail again, or log in and choose at /accounts/mail/.",
    );
  return { kind: claimed.kind, userId: person.id, username: person.username };
}

/** Stops the kind of mail that a token names. */
export async function unsubscribe(context: Context, token: string) {
  const stopped = await unsubscription(context, token);
  await setMailWishes(context.db, stopped.userId, { [stopped.kind]: false });
  return stopped;
}
