/** Mail before it is split into messages. Recipients see each other; blind copies are seen by nobody. */
export interface Mail {
  recipients: string[];
  /** Recipients whom the other recipients do not see. */
  blindCopies?: string[];
  /** The address for replies, if it is not the platform's. */
  replyTo?: string | null;
  subject: string;
  /** Plain text. Texts by organizers may contain Markdown. */
  body: string;
  /** The page on which recipients unsubscribe from this kind of mail. */
  unsubscribeUrl?: string | null;
  /** Whether the body has a link that acts for its reader. The database forgets it when the mail was sent. */
  isSecret?: boolean;
}

/** One message that is ready to be sent. */
export type Letter = Required<Mail>;

/** SES accepts at most this many recipients in a message. */
export const maxRecipients = 50;

/**
 * A deliverable address: printable ASCII, and a domain with a dot. It cannot inject a header. The first administrator's
 * `admin@localhost` is not deliverable and must not make SES refuse a message to other people.
 */
const address =
  /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;

export const isMailAddress = (text: string): boolean => text.length <= 254 && address.test(text);

/** Makes one line of a text, because a mail header is one line. */
export const headerLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, " ").trim();

/** Whether a text could inject another mail header. */
export const breaksHeader = (text: string): boolean => /[\p{Cc}\u2028\u2029]/u.test(text);

/**
 * Splits mail into messages of at most 50 recipients each. Undeliverable addresses are left out; mail without any
 * recipient gives no message.
 */
export function lettersOf({
  recipients,
  blindCopies = [],
  replyTo = null,
  unsubscribeUrl = null,
  isSecret = false,
  subject,
  body,
}: Mail): Letter[] {
  const common = {
    replyTo: replyTo !== null && isMailAddress(replyTo) ? replyTo : null,
    subject: headerLine(subject),
    body,
    unsubscribeUrl,
    isSecret,
  };
  return [
    ...pieces(recipients).map((piece) => ({ ...common, recipients: piece, blindCopies: [] })),
    ...pieces(blindCopies).map((piece) => ({ ...common, recipients: [], blindCopies: piece })),
  ];
}

function pieces(addresses: string[]): string[][] {
  const reachable = [...new Set(addresses)].filter(isMailAddress);
  return Array.from({ length: Math.ceil(reachable.length / maxRecipients) }, (_, index) =>
    reachable.slice(index * maxRecipients, (index + 1) * maxRecipients),
  );
}
