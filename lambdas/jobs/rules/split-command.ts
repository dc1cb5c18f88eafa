/**
 * Splits like `shlex.split(text)`: quotes, backslashes, no comments. If a quote or an escape is not closed, returns the error
 * as part of a sentence.
 */
export function splitCommand(text: string): string[] | string {
  const words: string[] = [];
  // Undefined between words. Empty quotes also make a word.
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    const next = text.charAt(i + 1);
    if (c === "\0") return "it contains a NUL character";
    if (quote !== undefined) {
      if (c === quote) quote = undefined;
      else if (c === "\\" && quote === '"' && (next === '"' || next === "\\")) {
        word += next;
        i++;
      } else word += c;
    } else if (c === "\\") {
      if (next === "") return "it ends with a lone backslash";
      if (next === "\0") continue;
      word = (word ?? "") + next;
      i++;
    } else if (c === '"' || c === "'") {
      quote = c;
      word ??= "";
    } else if (c === " " || c === "\t" || c === "\r" || c === "\n") {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + c;
  }
  if (quote !== undefined) return `a ${quote} has no closing ${quote}`;
  if (word !== undefined) words.push(word);
  return words;
}
