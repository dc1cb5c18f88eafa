/** A part of a ranked leaderboard: a page, what a search finds, or the rows around one's own. */

export interface BoardPart {
  /** What the name in a row must contain. */
  search?: string | undefined;
  /** Whether the part has the best own row in its middle. It does not if there is none; then it is the page. */
  aroundOwn: boolean;
  /** Undefined for all rows. */
  page?: { offset: number; limit: number } | undefined;
}

/** The rows of a part, in their order, and how many there are on all pages. `nameOf` gives the names that the viewer sees. */
export function partOfBoard<Row>(
  rows: readonly Row[],
  { search, aroundOwn, page }: BoardPart,
  { nameOf, isOwn }: { nameOf: (row: Row) => string[]; isOwn: (row: Row) => boolean },
): { rows: Row[]; count: number; offset: number } {
  const sought = search?.toLowerCase();
  const found =
    sought === undefined
      ? [...rows]
      : rows.filter((row) => nameOf(row).some((name) => name.toLowerCase().includes(sought)));
  if (page === undefined) return { rows: found, count: found.length, offset: 0 };
  const own = aroundOwn ? found.findIndex(isOwn) : -1;
  const last = Math.max(0, found.length - page.limit);
  const offset = own === -1 ? page.offset : Math.min(last, Math.max(0, own - Math.floor(page.limit / 2)));
  return { rows: found.slice(offset, offset + page.limit), count: found.length, offset };
}
