import { createHmac, timingSafeEqual } from "node:crypto";

/** The kinds of mail that a person can turn off and on. The names are those of Codabench's profile, if it has the kind. */
export const mailKinds = {
  organizer_direct_message_updates: { label: "Messages of organizers", about: "What organizers write to participants" },
  allow_forum_notifications: {
    label: "New posts in forums",
    about:
      "New posts in threads that you follow, and posts that name you: at most one mail an hour until you have read",
  },
  allow_organization_invite_emails: {
    label: "Invitations into organizations",
    about: "Invitations into organizations. They are also in your list of organizations",
  },
  email_on_submission_finished: {
    label: "Submissions that have finished or failed",
    about: "Your submissions that have finished or failed: several together, at most one mail in a quarter of an hour",
  },
} as const;

export type MailKind = keyof typeof mailKinds;
export const mailKindNames = Object.keys(mailKinds) as [MailKind, ...MailKind[]];

/** Which mail of these kinds a person wants. */
export type MailWishes = Record<MailKind, boolean>;

/** Mail that nobody can turn off, and why. */
export const fixedMail = {
  account: {
    about: "Your account: confirmed and changed addresses, passwords, logins",
    why: "It keeps others from taking your account without your notice.",
  },
  participation: {
    about: "Requests to participate, and decisions about them",
    why: "It answers what you asked for, or asks you as an organizer for a decision.",
  },
  money: {
    about: "Budgets that you set, and hosts that you requested",
    why: "It says that jobs are about to stop, or what becomes of your request.",
  },
} as const;

/** The page to which links that stop a kind of mail lead. */
export const unsubscribePath = "/accounts/unsubscribe/";

/** Whose key signs a link. */
interface Signer {
  id: number;
  mail_key: string;
}

const signature = ({ mail_key }: Signer, kind: MailKind) =>
  createHmac("sha256", mail_key).update(`unsubscribe ${kind}`).digest("base64url");

/** A token that stops one kind of mail to one person, does nothing else, and does not expire. */
export const unsubscribeToken = (person: Signer, kind: MailKind): string =>
  `${person.id}.${kind}.${signature(person, kind)}`;

/** What a token says that it stops. `isSignedBy` says whether that is true. */
export function readUnsubscribeToken(
  token: string,
): { userId: number; kind: MailKind; isSignedBy: (person: Signer) => boolean } | undefined {
  const [, id, name, given] = /^(\d{1,9})\.(\w+)\.([\w-]{43})$/.exec(token) ?? [];
  const kind = mailKindNames.find((one) => one === name);
  if (id === undefined || kind === undefined || given === undefined) return undefined;
  return {
    userId: Number(id),
    kind,
    isSignedBy: (person) => timingSafeEqual(Buffer.from(signature(person, kind)), Buffer.from(given)),
  };
}
