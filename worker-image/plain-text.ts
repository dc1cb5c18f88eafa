/** Controls of terminals, what changes the direction of text, and NUL, which no database stores. Not line breaks and tabs. */
const unsafe = /[^\P{Cc}\n\t]|\p{Bidi_Control}/gu;

/**
 * What a program, an archive or an engine says, as text that can be stored and shown: U+FFFD replaces what it may not contain,
 * also each half of a surrogate pair.
 */
export const plainText = (text: string): string => text.toWellFormed().replace(unsafe, "\u{FFFD}");

/** The same in one line, with at most `maxLength` UTF-16 units. No character is cut in half. */
export function shortText(text: string, maxLength: number): string {
  const plain = plainText(text.replace(/[\r\n\t]+/g, " "));
  return plain.length <= maxLength ? plain : `${plain.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
