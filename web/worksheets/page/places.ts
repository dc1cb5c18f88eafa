/** Which lines of a worksheet's source belong to which block, and what moving and deleting blocks makes of the lines. */
import { readSource } from "../../../lambdas/worksheets/rules/source.ts";
import type { Worksheet } from "../types.ts";

/** Lines `from`, up to `to`, which is not one of them. */
export interface Lines {
  from: number;
  to: number;
}

/** The lines of a block. */
export interface Place {
  /** What shows the block, with how it is displayed: what is edited and deleted. */
  own: Lines;
  /** Also what stands between it and the block above. */
  all: Lines;
  kind: LineKind;
  /** Whether it goes on where the block above ends, as the files of several bundles below one directive. */
  isGlued: boolean;
}

type LineKind = "blank" | "text" | "directive" | "bundle" | "worksheet";

export function kindOf(line: string): LineKind {
  const [item] = readSource(line);
  if (item === undefined) return "blank";
  if (item.type === "markup") return item.value.trim() === "" ? "blank" : "text";
  return item.type;
}

type Source = Pick<Worksheet, "source" | "blocks" | "block_to_raw">;

/** The places of all blocks. */
export function placesOf({ source, blocks, block_to_raw }: Source): Place[] {
  const places: Place[] = [];
  const rows = rowLines(block_to_raw);
  let above = 0;
  for (const [at, block] of blocks.entries()) {
    const last = rows.get(at)?.at(-1) ?? above;
    const kind = kindOf(source[last] ?? "");
    let to = last + 1;
    if (block.mode === "schema_block") while (isColumn(source[to])) to++;
    let from = last;
    if (kind !== "directive") while (from > above && kindOf(source[from - 1]!) === kind) from--;
    const isGlued = from === above && kind === "bundle" && places.at(-1)?.kind === "bundle";
    if (block.mode !== "schema_block" && kind !== "text")
      while (from > above && /^\s*%\s*display\b/.test(source[from - 1]!)) from--;
    places.push({ own: { from, to }, all: { from: above, to }, kind, isGlued });
    above = Math.max(above, to);
  }
  return places;
}

const isColumn = (line: string | undefined) => line !== undefined && /^\s*%\s*add(schema)?\b/.test(line);

/** The lines of each block, in the order of its rows. */
function rowLines(lines: Worksheet["block_to_raw"]): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  for (const [place, line] of Object.entries(lines)) {
    const block = Number(place.split(",")[0]);
    rows.set(
      block,
      [...(rows.get(block) ?? []), line].sort((a, b) => a - b),
    );
  }
  return rows;
}

/** The source without some of its lines. */
export const without = (source: readonly string[], lines: Iterable<number>): string[] => {
  const gone = new Set(lines);
  return source.filter((_line, at) => !gone.has(at));
};

export const linesIn = ({ from, to }: Lines): number[] => Array.from({ length: to - from }, (_line, at) => from + at);

/** A source after something has moved, and where that is now. */
export interface Moved {
  source: string[];
  block: number;
  row: number;
}

/** Moves a block above the one before it, or below the one after it. Null: there is none. */
export function moveBlock(
  source: readonly string[],
  places: readonly Place[],
  block: number,
  by: -1 | 1,
): Moved | null {
  const [mine, other] = [pieceOf(places, block), pieceOf(places, block + by)];
  if (!mine || !other) return null;
  if (mine.first === other.first)
    return {
      source: swapped(source, places[block]!.own.to - 1, places[block + by]!.own.to - 1),
      block: block + by,
      row: 0,
    };
  const [upper, lower] = by < 0 ? [other, mine] : [mine, other];
  const [first, second] = [linesOf(source, places, lower), linesOf(source, places, upper)];
  const before = source.slice(0, places[upper.first]!.all.from);
  const after = source.slice(places[lower.last]!.all.to);
  return {
    source: [before, first, second, after].reduce(joined),
    block: block + by * (other.last - other.first + 1),
    row: 0,
  };
}

/** Moves a row of a block. Null: it is the first or last one. */
export function moveRow({ source, block_to_raw }: Source, block: number, row: number, by: -1 | 1): Moved | null {
  const [line, other] = [block_to_raw[`${block},${row}`], block_to_raw[`${block},${row + by}`]];
  if (line === undefined || other === undefined || line === other) return null;
  return { source: swapped(source, line, other), block, row: row + by };
}

const swapped = (source: readonly string[], one: number, other: number) =>
  source.with(one, source[other]!).with(other, source[one]!);

/** The blocks that move together, because one directive above them displays all. */
function pieceOf(places: readonly Place[], block: number): { first: number; last: number } | null {
  if (!places[block]) return null;
  let [first, last] = [block, block];
  while (places[first]!.isGlued) first--;
  while (places[last + 1]?.isGlued) last++;
  return { first, last };
}

const linesOf = (
  source: readonly string[],
  places: readonly Place[],
  { first, last }: { first: number; last: number },
) => source.slice(places[first]!.all.from, places[last]!.all.to);

/** Lines after others, with an empty line between them where they would become one block. */
function joined(above: string[], below: string[]): string[] {
  const [end, begin] = [above.at(-1), below[0]];
  if (end === undefined || begin === undefined) return [...above, ...below];
  const kind = kindOf(end);
  const isOne = kind === kindOf(begin) && kind !== "blank" && kind !== "directive";
  return isOne ? [...above, "", ...below] : [...above, ...below];
}

/** Puts lines in the place of others, set off from what stands around them. Empty: the lines are deleted. */
export function replaced(source: readonly string[], { from, to }: Lines, lines: string[]): string[] {
  return [source.slice(0, from), lines, source.slice(to)].reduce(joined);
}
