/** What somebody filled in, kept in this tab until it is submitted, so that a reload loses nothing. */
import type { Answers } from "./fact-sheet.tsx";

const name = (competition: number) => `draft-${competition}`;

export function readDraft(competition: number): Answers | null {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(name(competition)) ?? "null");
    return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Answers) : null;
  } catch {
    return null;
  }
}

export function keepDraft(competition: number, answers: Answers | null): void {
  try {
    if (answers === null) sessionStorage.removeItem(name(competition));
    else sessionStorage.setItem(name(competition), JSON.stringify(answers));
  } catch {
    // The page goes on without.
  }
}
