/** Mail as whoever writes it thinks of it: to a few who see each other, or to many who do not. */
export interface Mail {
  recipients: string[];
  /** Who gets it without the others seeing so. */
  blindCopies?: string[];
  /** Where answers go, if not to the platform itself. */
  replyTo?: string | null;
  subject: string;
  /** Plain text; what organizers write in it may be Markdown. */
  body: string;
  /** Where those who get it say that they want no more of its kind. */
  unsubscribeUrl?: string | null;
}

/** One message as it is sent, with everything said. */
export type Letter = Required<Mail>;

/** SES takes no more a message. */
export const maxRecipients = 50;

/**
 * An address that mail can be sent to: printable ASCII with a domain that has a dot. So it breaks out of no header, and the
 * first administrator's `admin@localhost`, which is nobody's, refuses no message to others.
 */
const address =
  /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;

export const isMailAddress = (text: string): boolean => text.length <= 254 && address.test(text);

/** A header is one line, whatever titles are in it. */
export const headerLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, " ").trim();

/** Whether a text could begin another header where one is written. */
export const breaksHeader = (text: string): boolean => /[\p{Cc}\u2028\u2029]/u.test(text);

/**
 * Cuts mail into messages that can be sent, of at most 50 recipients each. Addresses that no mail reaches are left out; what
 * is to nobody then is no message.
 */
export function lettersOf({
  recipients,
  blindCopies = [],
  replyTo = null,
  unsubscribeUrl = null,
  subject,
  body,
}: Mail): Letter[] {
  const common = {
    replyTo: replyTo !== null && isMailAddress(replyTo) ? replyTo : null,
    subject: headerLine(subject),
    body,
    unsubscribeUrl,
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
