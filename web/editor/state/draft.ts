/** What is not saved yet, kept in this browser, so that nothing is lost with the page. */
import { keep } from "../../app/language.ts";
import type { Form } from "./form.ts";

export interface Draft {
  /** What was on the platform when it was begun. */
  base: Form;
  version: string | null;
  form: Form;
  /** When it was kept. */
  when: string;
}

/** Drafts of the format before are not read. */
const format = 1;
const nameOf = (user: string, competition: number | null) => `draft of competition ${competition ?? "new"}, ${user}`;

export function readDraft(user: string, competition: number | null): Draft | null {
  try {
    const found = JSON.parse(localStorage.getItem(nameOf(user, competition)) ?? "null") as
      (Draft & { format: number }) | null;
    return found?.format === format ? found : null;
  } catch {
    return null;
  }
}

/** Keeps a draft, or forgets it. A browser that has no room for it goes on without. */
export const keepDraft = (user: string, competition: number | null, draft: Draft | null): void =>
  keep(nameOf(user, competition), draft && JSON.stringify({ format, ...draft }));
