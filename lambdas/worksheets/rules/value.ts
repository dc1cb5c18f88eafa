/** What a cell of a worksheet shows: a field of a bundle, or something out of a file. */
export type Value = null | string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/** The value of a key of a mapping, or of an index of a list. Null where there is none. */
export function valueIn(value: Value, key: string): Value {
  if (isList(value)) return /^-?\d+$/.test(key) ? (value.at(Number(key)) ?? null) : null;
  if (!isMapping(value)) return null;
  return Object.hasOwn(value, key) ? value[key]! : null;
}

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

export const isMapping = (value: Value): value is { readonly [key: string]: Value } =>
  typeof value === "object" && value !== null && !isList(value);

/** A value as text, as tables show it. */
export function textOf(value: Value): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The number that a value is or spells. Undefined if it is none. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  if (typeof value !== "string" || !/^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?\s*$/i.test(value)) return undefined;
  return Number(value);
}
