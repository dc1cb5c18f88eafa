/** A text on one line, cut to so many characters. */
export function oneLine(text: string, most: number): string {
  const line = text
    .slice(0, 2 * most + 2)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
  const characters = Array.from(line);
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : line;
}
