/**
 * Text that PostgreSQL can store, alone and in JSON: without NUL and without halves of surrogate pairs. Everything that a program,
 * an archive or a worker says passes `keepable` before it is stored, because refusing it would lose the whole run.
 */
export const isKeepable = (text: string): boolean => !text.includes("\u0000") && text.isWellFormed();

/** The first `most` characters of a text, in which U+FFFD replaces what cannot be stored. */
export const keepableText = (text: string, most = Infinity): string =>
  text.slice(0, most).toWellFormed().replaceAll("\u0000", "\uFFFD");

/** A copy of a JSON value whose texts and keys can be stored. */
export function keepable<Value>(value: Value): Value;
export function keepable(value: unknown): unknown {
  if (typeof value === "string") return keepableText(value);
  if (Array.isArray(value)) return value.map((item: unknown) => keepable(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [keepableText(key), keepable<unknown>(item)]));
}
