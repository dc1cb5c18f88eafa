/** Which uploads are unfinished, so that the same file goes on after the page was loaded again. */
import { keep } from "../app/language.ts";

const name = "uploads";
/** The store deletes parts of an upload after two days. */
const maxAgeMs = 2 * 24 * 3_600_000;
const maxNotes = 20;

interface Note {
  key: string;
  when: number;
}

function read(): Record<string, Note> {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(name) ?? "{}");
    if (typeof found !== "object" || found === null) return {};
    const isNote = (entry: [string, unknown]): entry is [string, Note] =>
      typeof (entry[1] as Note | null)?.key === "string" && Date.now() - (entry[1] as Note).when < maxAgeMs;
    return Object.fromEntries(Object.entries(found).filter(isNote).slice(-maxNotes));
  } catch {
    return {};
  }
}

/** The key of the dataset to which a file was being uploaded. */
export const unfinished = (identity: string): string | undefined => read()[identity]?.key;

export const noteUpload = (identity: string, key: string): void =>
  keep(name, JSON.stringify({ ...read(), [identity]: { key, when: Date.now() } }));

export function forgetUpload(identity: string): void {
  const { [identity]: _, ...others } = read();
  keep(name, Object.keys(others).length > 0 ? JSON.stringify(others) : null);
}
