/** Values of the metadata as texts to read, and as texts to edit. */
import { bytes, dateTime, number, took } from "../../../app/format.ts";
import type { MetadataValue } from "../types.ts";

/** A value to read; empty if there is none. */
export function shownValue(value: MetadataValue | undefined, type: string | undefined): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") {
    if (type === "size") return bytes(value);
    if (type === "duration") return took(value * 1000);
    return type === "date" ? dateTime(value * 1000) : number(value, { maximumFractionDigits: 3 });
  }
  if (typeof value === "object") return value.join(", ");
  return String(value);
}

/** A value in a field: each member of a list on a line. */
export const fieldText = (value: MetadataValue | undefined): string =>
  value === undefined || value === null ? "" : typeof value === "object" ? value.join("\n") : String(value);

/** What a field says. A number that is none stays a text, and the platform says so. */
export function givenValue(text: string, type: string | undefined): MetadataValue {
  if (type === "list")
    return text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  if (type === "bool") return text === "true";
  if ((type === "int" || type === "float") && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  return text;
}
