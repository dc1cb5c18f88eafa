/** What stands in an address after the question mark. Values are texts there, and anybody may write anything. */

export type Given = Record<string, unknown>;

/** A text; undefined if it is missing or empty. */
export const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** A whole number from 1 on; undefined if it is something else, or 1, which need not be written. */
export const pageNumber = (value: unknown): number | undefined => {
  const page = Number(value);
  return Number.isInteger(page) && page > 1 ? page : undefined;
};

/** One of some words; undefined if it is something else. */
export const oneOf = <const Word extends string>(value: unknown, words: readonly Word[]): Word | undefined =>
  words.find((word) => word === value);
