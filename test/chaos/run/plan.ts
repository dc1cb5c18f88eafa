/** What is killed, in an order that follows from a seed. */
export const kinds = [
  "kill a worker",
  "freeze a worker past its lease",
  "kill the platform",
  "kill the database",
  "kill the object store",
  "kill the queues",
] as const;
export type Kind = (typeof kinds)[number];

export interface Blow {
  kind: Kind;
  /** A number from 0 to 1 that chooses one of several targets. */
  target: number;
  /** How long the target is down. */
  downMs: number;
  /** The pause before it. */
  afterMs: number;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Blows without end. Each round has every kind once, in a random order, and workers three times. */
export function* blows(seed: number): Generator<Blow> {
  const number = numbersFrom(seed);
  for (;;) {
    const round: Kind[] = [...kinds, "kill a worker", "kill a worker"];
    while (round.length > 0) {
      const [kind] = round.splice(Math.floor(number() * round.length), 1);
      yield { kind: kind!, target: number(), downMs: number() * 3000, afterMs: 2000 + number() * 4000 };
    }
  }
}
