import { date } from "../app/format.ts";

/** A day as this part of the API writes it, MM-DD-YYYY, for people. */
export function day(text: string): string {
  const [month = "", day = "", year = ""] = text.split("-");
  return date(`${year}-${month}-${day}T12:00:00Z`);
}
