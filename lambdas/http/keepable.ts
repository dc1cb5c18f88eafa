import { isKeepable } from "../../contract/keepable.ts";
import { Refusal } from "../kernel/refusal.ts";

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
