import type { Fields } from "./fields.ts";
import { uuidOf } from "./files.ts";

/** The id of a queue. A text that can be no id names no queue here, which is what a bundle from elsewhere may do. */
export function readQueue(fields: Fields): string | null {
  const text = fields.text("queue");
  const id = text === null ? null : uuidOf(text);
  if (text !== null && id === null) fields.draft.warn("BND-27", fields.at("queue"), text);
  return id;
}
