/** Between instants and what a field for a date and a time shows, which is in the reader's time zone. */

const two = (value: number) => String(value).padStart(2, "0");

/** `2027-01-31T14:30` for an instant; seconds only if there are any. */
export function toLocal(instant: string): string {
  const at = new Date(instant);
  if (instant === "" || Number.isNaN(at.getTime())) return "";
  const day = `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const seconds = at.getSeconds() === 0 ? "" : `:${two(at.getSeconds())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}${seconds}`;
}

/** The instant of such a text; an empty text for anything else. */
export function fromLocal(text: string): string {
  const at = new Date(text);
  return text === "" || Number.isNaN(at.getTime()) ? "" : at.toISOString();
}
