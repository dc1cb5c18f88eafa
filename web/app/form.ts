/** What stands in the fields of a form that is sent. */

/** A text without spaces around it; null if there is none. */
export function given(form: FormData, name: string): string | null {
  const value = form.get(name);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}

/** The moment that an input with a date and time says, in the reader's time zone. */
export function givenMoment(form: FormData, name: string): string | null {
  const value = given(form, name);
  return value === null ? null : new Date(value).toISOString();
}

/** The value of such an input. */
export function momentValue(moment: string | null | undefined): string {
  if (!moment) return "";
  const date = new Date(moment);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
