import { cut, textOf, type Line, type Span } from "./terminal.ts";

/** The numbers of the lines that have a text, in any case. */
export function linesWith(lines: readonly Line[], wanted: string): number[] {
  if (wanted === "") return [];
  const text = wanted.toLowerCase();
  return lines.flatMap((line, at) => (textOf(line).toLowerCase().includes(text) ? [at] : []));
}

/** The parts of a line; those that are searched for are marked. */
export function marked(line: Line, wanted: string, maxLength: number): (Span & { found: boolean })[] {
  const spans = cut(line.spans, 0, maxLength);
  if (wanted === "") return spans.map((span) => ({ ...span, found: false }));
  const all = spans.map(({ text }) => text).join("");
  const text = all.toLowerCase();
  // Some characters are longer in lower case, and then places in both texts are not the same.
  if (text.length !== all.length) return spans.map((span) => ({ ...span, found: false }));
  const parts: (Span & { found: boolean })[] = [];
  const add = (from: number, to: number, found: boolean) =>
    parts.push(...cut(spans, from, to).map((span) => ({ ...span, found })));
  let end = 0;
  for (let at = text.indexOf(wanted.toLowerCase()); at >= 0; at = text.indexOf(wanted.toLowerCase(), end)) {
    add(end, at, false);
    add(at, at + wanted.length, true);
    end = at + wanted.length;
  }
  add(end, all.length, false);
  return parts;
}
