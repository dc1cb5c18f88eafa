import type { Fields } from "./fields.ts";
import { uuidOf } from "./files.ts";

/**
 * Reads the id of a queue. A text that is not a UUID is reported as an unknown queue, because bundles from other
 * servers may contain one.
 */
export function readQueue(fields: Fields): string | null {
  const text = fields.text("queue");
  const id = text === null ? null : uuidOf(text);
  if (text !== null && id === null) fields.draft.warn("BND-27", fields.at("queue"), text);
  return id;
}
