/** The mail addresses whose owners are approved at once. */
import { isMailAddress } from "../../accounts/rules/mail.ts";

/** The addresses in texts, in lower case. A text may have several, with commas, semicolons or blanks between them. */
export const mailsIn = (texts: string[]): string[] =>
  [...new Set(texts.flatMap((text) => text.toLowerCase().split(/[\s,;]+/)))].filter(Boolean);

/** What is no mail address. */
export const notMails = (mails: string[]): string[] => mails.filter((mail) => !isMailAddress(mail));
