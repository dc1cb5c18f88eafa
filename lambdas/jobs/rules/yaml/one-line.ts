/** Puts a text on one line and cuts it to `max` characters. */
export function oneLine(text: string, max: number): string {
  const line = text
    .slice(0, 2 * max + 2)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
  const characters = Array.from(line);
  return characters.length > max ? `${characters.slice(0, max - 1).join("")}…` : line;
}
