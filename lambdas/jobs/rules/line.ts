/**
 * Places in a long line, from what its people and groups have in it. The order is that of claims (db/claims.ts), except that those who
 * are equal go in the order in which they came.
 */

/** A person in a group of a queue, with how many jobs of theirs run and are ready, and when the first of these came. */
export interface Waiter {
  group: string;
  owner: string;
  running: number;
  ready: number;
  since: number;
}

/** How many of the ready jobs of a waiter, or of a group, have an earlier turn than `turn`, or the same and came first. */
function ahead(one: Omit<Waiter, "group" | "owner">, turn: number, since: number): number {
  const earlier = Math.min(Math.max(turn - 1 - one.running, 0), one.ready);
  const hasSameTurn = turn > one.running && turn <= one.running + one.ready;
  return earlier + (hasSameTurn && one.since < since ? 1 : 0);
}

/** The place of the `rank`th ready job of a person in a group, from 1. */
export function placeInLine(
  line: readonly Waiter[],
  { group, owner, rank }: { group: string; owner: string; rank: number },
): number {
  const groups = Map.groupBy(line, (one) => one.group);
  /** People take turns in all groups of a queue together. */
  const running = new Map<string, number>();
  for (const one of line) running.set(one.owner, (running.get(one.owner) ?? 0) + one.running);
  const own = groups.get(group) ?? [];
  const me = own.find((one) => one.owner === owner);
  const turn = (running.get(owner) ?? 0) + rank;
  const aheadInGroup =
    own
      .filter((one) => one !== me)
      .reduce((sum, one) => sum + ahead({ ...one, running: running.get(one.owner)! }, turn, me?.since ?? Infinity), 0) +
    rank -
    1;
  const groupTurn = asOne(own).running + aheadInGroup + 1;
  const { since } = asOne(own);
  let place = aheadInGroup + 1;
  for (const [key, people] of groups) if (key !== group) place += ahead(asOne(people), groupTurn, since);
  return place;
}

const asOne = (people: readonly Waiter[]) => ({
  running: people.reduce((sum, { running }) => sum + running, 0),
  ready: people.reduce((sum, { ready }) => sum + ready, 0),
  since: Math.min(...people.map(({ since }) => since)),
});
