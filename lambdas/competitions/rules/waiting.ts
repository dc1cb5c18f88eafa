/** Why a submission waits, in a few words for whoever looks at it. Nobody else is named in them. */

export interface Wait {
  /** From 1; null while it runs, or pauses before another try. */
  position: number | null;
  /** What the running step waits for, in the words of its worker. */
  stepWaitsFor: string | null;
  isRunning: boolean;
  /** When another try may begin, if that is still to come. */
  pausedUntil: Date | null;
  /** Why the platform leaves the queue's jobs waiting, as a sentence. */
  barrier: string | null;
  workerSeen: Date | null;
  workerIsThere: boolean;
  /** Whether the platform starts workers for this queue when there is work. */
  workersAreStarted: boolean;
  maxRunning: number | null;
  running: number;
}

/** What a submission waits for whose job is not over; null when it just runs. */
export function waitingFor(wait: Wait): string | null {
  if (wait.isRunning) return wait.stepWaitsFor;
  if (wait.barrier !== null) return `waiting for the owner of the queue: ${wait.barrier}`;
  if (wait.pausedUntil) return `waiting for another try at ${minute(wait.pausedUntil)}`;
  if (!wait.workerIsThere) {
    const seen = wait.workerSeen ? `none was seen since ${minute(wait.workerSeen)}` : "none was seen yet";
    return `waiting for a worker: ${seen}${wait.workersAreStarted ? "; the platform starts one" : ""}`;
  }
  if (wait.position === null) return null;
  const place = `${ordinal(wait.position)} in the queue`;
  return wait.maxRunning !== null && wait.running >= wait.maxRunning
    ? `${place}, which runs ${wait.maxRunning} at a time`
    : place;
}

/** What a submission waits for that nobody has started. */
export const waitingForOrganizer = (queueAcceptsJobs: boolean): string =>
  `waiting for an organizer to start it${queueAcceptsJobs ? "" : ", when the queue takes submissions again"}`;

const minute = (time: Date): string => `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;

const rules = new Intl.PluralRules("en", { type: "ordinal" });
const suffixes: Partial<Record<Intl.LDMLPluralRule, string>> = { one: "st", two: "nd", few: "rd" };

/** 1st, 2nd, 3rd, 4th, 11th, 21st. */
export const ordinal = (n: number): string => `${n}${suffixes[rules.select(n)] ?? "th"}`;
