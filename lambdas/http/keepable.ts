import { Refusal } from "../kernel/refusal.ts";

const isKeepable = (text: string) => !text.includes("\u0000") && text.isWellFormed();

/** Refuses values that PostgreSQL cannot store: texts or keys with a NUL or half of a surrogate pair. */
export function requireKeepable(value: unknown, path = ""): void {
  if (typeof value === "string" && !isKeepable(value)) {
    const message = "This has a character that no text can hold (NUL, or half of a surrogate pair).";
    const name = path === "" ? "non_field_errors" : path;
    throw new Refusal("invalid", "INVALID", `${name}: ${message}`, { [name]: [message] });
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    requireKeepable(key, path);
    requireKeepable(item, path === "" ? key : `${path}.${key}`);
  }
}

/**
 * A copy of a JSON value that PostgreSQL can store: in texts and keys, U+FFFD replaces each NUL and half of a surrogate
 * pair. For reports of workers, which repeat what programs and archives say: refusing one would lose the whole run.
 */
export function madeKeepable(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed().replaceAll("\u0000", "\uFFFD");
  if (Array.isArray(value)) return value.map(madeKeepable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [madeKeepable(key), madeKeepable(item)]));
}
