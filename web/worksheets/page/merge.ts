/**
 * Joins what two people wrote on a worksheet at the same time, line by line, starting from what both had opened. Lines that only one
 * of them changed are as that one wrote them; where both wrote something else, somebody has to choose.
 */

/** A part of the joined lines. */
export type Piece =
  { kind: "joined"; lines: string[] } | { kind: "conflict"; base: string[]; mine: string[]; theirs: string[] };

export type Choice = "mine" | "theirs" | "both";

/** The joined lines in their order. */
export function mergeLines(base: readonly string[], mine: readonly string[], theirs: readonly string[]): Piece[] {
  const pieces: Piece[] = [];
  const keep = (lines: readonly string[]) => {
    const last = pieces.at(-1);
    if (lines.length === 0) return;
    if (last?.kind === "joined") last.lines.push(...lines);
    else pieces.push({ kind: "joined", lines: [...lines] });
  };
  const inMine = matches(base, mine);
  const inTheirs = matches(base, theirs);
  let [b, m, t] = [0, 0, 0];
  for (let line = 0; line <= base.length; line++) {
    const isEnd = line === base.length;
    const [toMine, toTheirs] = isEnd ? [mine.length, theirs.length] : [inMine[line]!, inTheirs[line]!];
    if (toMine === -1 || toTheirs === -1) continue;
    const changed = { base: base.slice(b, line), mine: mine.slice(m, toMine), theirs: theirs.slice(t, toTheirs) };
    const joined = join(changed);
    if (joined) keep(joined);
    else pieces.push({ kind: "conflict", ...changed });
    // What stands in brackets before a bundle is written anew by the platform, so theirs is newer.
    if (!isEnd) keep([theirs[toTheirs]!]);
    [b, m, t] = [line + 1, toMine + 1, toTheirs + 1];
  }
  return pieces;
}

/** Null: somebody has to choose. What both have added at one place is kept, theirs last, as everywhere on worksheets. */
function join({ base, mine, theirs }: Record<"base" | "mine" | "theirs", string[]>): string[] | null {
  if (isSame(base, mine)) return theirs;
  if (isSame(base, theirs) || isSame(mine, theirs)) return mine;
  return base.length === 0 ? [...mine, ...theirs] : null;
}

/** All lines, after somebody has chosen. What they have not chosen is kept from both. */
export const chosenLines = (pieces: readonly Piece[], choices: readonly (Choice | undefined)[] = []): string[] =>
  pieces.flatMap((piece, at) => {
    if (piece.kind === "joined") return piece.lines;
    const choice = choices[at] ?? "both";
    return choice === "both" ? [...piece.mine, ...piece.theirs] : piece[choice];
  });

export const hasConflicts = (pieces: readonly Piece[]): boolean => pieces.some(({ kind }) => kind === "conflict");

/** What a line is compared by: a bundle or worksheet by its uuid, because its label changes with its name. */
export const keyOf = (line: string): string => /\{\{?0x[0-9a-f]{32}\}?\}\s*$/.exec(line)?.[0].trim() ?? line;

export const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((line, at) => keyOf(line) === keyOf(b[at]!));

/** Texts that differ in more lines are taken as altogether different in between. */
const maxDifference = 500;

/** For each line of `from`, which line of `to` it is, or -1: as many as possible, in their order. */
function matches(from: readonly string[], to: readonly string[]): number[] {
  const [a, b] = [from.map(keyOf), to.map(keyOf)];
  const found = a.map(() => -1);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) found[start] = start++;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) found[--endA] = --endB;
  for (const [x, y] of common(a.slice(start, endA), b.slice(start, endB))) found[start + x] = start + y;
  return found;
}

/** A longest common subsequence, as pairs of places (E. Myers, "An O(ND) difference algorithm and its variations", 1986). */
function common(a: readonly string[], b: readonly string[]): [number, number][] {
  const most = Math.min(a.length + b.length, maxDifference);
  /** How far in `a` each diagonal was reached, with one more difference in each turn. */
  const turns: Map<number, number>[] = [];
  let reached = new Map([[1, 0]]);
  for (let differences = 0; differences <= most; differences++) {
    turns.push(reached);
    const next = new Map(reached);
    for (let diagonal = -differences; diagonal <= differences; diagonal += 2) {
      let x = stepTo(reached, diagonal, differences).x;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++;
      next.set(diagonal, x);
      if (x >= a.length && x - diagonal >= b.length) return wayBack(turns, a, b);
    }
    reached = next;
  }
  return [];
}

/** Where one more difference leads on a diagonal, and from which one. */
function stepTo(reached: ReadonlyMap<number, number>, diagonal: number, differences: number) {
  const below = reached.get(diagonal + 1) ?? 0;
  const left = reached.get(diagonal - 1) ?? 0;
  const isDown = diagonal === -differences || (diagonal !== differences && left < below);
  return isDown ? { x: below, before: diagonal + 1 } : { x: left + 1, before: diagonal - 1 };
}

function wayBack(turns: readonly Map<number, number>[], a: readonly string[], b: readonly string[]) {
  const pairs: [number, number][] = [];
  let [x, y] = [a.length, b.length];
  for (let differences = turns.length - 1; differences >= 0; differences--) {
    const reached = turns[differences]!;
    const { before } = stepTo(reached, x - y, differences);
    const beforeX = differences === 0 ? 0 : (reached.get(before) ?? 0);
    const beforeY = differences === 0 ? 0 : beforeX - before;
    while (x > beforeX && y > beforeY) pairs.push([--x, --y]);
    [x, y] = [beforeX, beforeY];
  }
  return pairs.reverse();
}
