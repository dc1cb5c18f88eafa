/** A part of a list in the form. */
export interface Movable {
  part: string;
}

/** The list with one part at another place. */
export function moved<Part>(parts: Part[], from: number, to: number): Part[] {
  const rest = parts.filter((_, at) => at !== from);
  return [...rest.slice(0, to), parts[from]!, ...rest.slice(to)];
}

/** The list with a part that has some fields changed. */
export const changed = <Part extends Movable>(parts: Part[], name: string, changes: Partial<Part>): Part[] =>
  parts.map((part) => (part.part === name ? { ...part, ...changes } : part));
