/** Guesses which known key was meant by an unknown one. */

/** Drops case, dashes and blanks, by which keys differ more often than by letters. */
const plain = (key: string): string => key.toLowerCase().replace(/[^a-z0-9]/g, "");

/** Returns the known key that is closest to an unknown one, or null if none is close enough. */
export function likelyKey(unknown: string, known: Iterable<string>): string | null {
  const key = plain(unknown);
  if (key.length < 3 || key.length > 48) return null;
  let best: string | null = null;
  let fewest = key.length < 6 ? 1 : 2;
  for (const candidate of known) {
    const steps = distance(key, plain(candidate), fewest);
    if (steps <= fewest && (best === null || steps < fewest)) {
      best = candidate;
      fewest = steps;
    }
  }
  return best;
}

/**
 * Returns the shortest known key that contains all words of an unknown one, or begins with it: `auto_approve` stands for
 * `registration_auto_approve`. Words that begin alike are the same (`score`, `scoring`). Null if there is none.
 */
export function longerKey(unknown: string, known: Iterable<string>): string | null {
  const key = plain(unknown);
  if (key.length < 4 || key.length > 48) return null;
  const words = wordsOf(unknown);
  const [shortest] = [...known]
    .filter((candidate) => {
      const own = wordsOf(candidate);
      return plain(candidate).startsWith(key) || words.every((word) => own.some((other) => beginAlike(word, other)));
    })
    .sort((one, other) => one.length - other.length);
  return shortest ?? null;
}

const wordsOf = (key: string): string[] => key.toLowerCase().match(/[a-z0-9]+/g) ?? [];

const beginAlike = (one: string, other: string): boolean =>
  one === other || (one.length >= 4 && one.slice(0, 4) === other.slice(0, 4));

/**
 * The number of letters to add, remove, change or swap with a neighbour to turn one word into the other. Counting stops
 * beyond `max`.
 */
function distance(from: string, to: string, max: number): number {
  if (Math.abs(from.length - to.length) > max) return max + 1;
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1];
      let steps = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) steps = Math.min(steps, (before[j - 2] ?? 0) + 1);
      row.push(steps);
    }
    before = above;
    above = row;
  }
  return above[to.length] ?? max + 1;
}
