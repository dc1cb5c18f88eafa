/**
 * The time of EC2 hosts that no step is billed for: hosts boot, wait for a step, and wait to be terminated. All in seconds.
 */

/** What became of the time of a capacity provider's hosts. */
export interface SettledTime {
  /** The time without a step, which is billed now. */
  idleSeconds: number;
  /** The time that stays open, because steps that still run may be billed for it. */
  openSeconds: number;
}

/**
 * Settles the time of hosts that nobody was billed for yet. `heldSeconds` is the most that steps which still run may be billed for
 * so far; that much stays open. Steps are billed when their attempt ends, which can take more time than was measured, because the
 * last minute of a host is not. When nothing runs, such a difference is forgotten, so that it hides no later time.
 */
export function settle(openSeconds: number, heldSeconds: number): SettledTime {
  const idleSeconds = Math.max(0, openSeconds - heldSeconds);
  const left = openSeconds - idleSeconds;
  return { idleSeconds, openSeconds: heldSeconds === 0 ? Math.max(0, left) : left };
}
