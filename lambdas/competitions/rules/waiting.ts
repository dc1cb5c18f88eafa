/** Describes why a submission waits, in a few words for its owner and organizers. Names nobody else. */

export interface Wait {
  /** Position in the queue, from 1. Null while it runs or pauses before a retry. */
  position: number | null;
  /** What the running step waits for, as its worker reported it. */
  stepWaitsFor: string | null;
  isRunning: boolean;
  /** Whether it runs alone on its worker, because a worker died while it ran. */
  runsAlone: boolean;
  /** Why its step would find no place to run now, in a few words; null if it would. */
  noPlace: string | null;
  /** When a retry may start, if that is in the future. */
  pausedUntil: Date | null;
  /** What has spent its monthly budget, so that the job does not start; null if nothing has. */
  stoppedBy: "platform" | "queue" | "group" | null;
  /** When budgets begin anew. */
  budgetsBegin: Date;
  /** Why the platform does not run the queue's jobs, as a sentence. */
  barrier: string | null;
  workerSeen: Date | null;
  workerIsThere: boolean;
  /** Why no worker that is there takes jobs, as a sentence; null if any does. */
  workersAreUnwell: string | null;
  /** Whether the platform starts workers for this queue when it has jobs. */
  workersAreStarted: boolean;
  maxRunning: number | null;
  running: number;
}

/** What a submission with an unfinished job waits for. Null if it runs without waiting. */
export function waitingFor(wait: Wait): string | null {
  if (wait.isRunning) return wait.stepWaitsFor;
  if (wait.barrier !== null) return `waiting for the owner of the queue: ${wait.barrier}`;
  if (wait.stoppedBy !== null)
    return `waiting for money: the monthly budget of ${budgeted[wait.stoppedBy]} is spent. It starts when the budget is raised, or on ${wait.budgetsBegin.toISOString().slice(0, 10)}`;
  if (wait.pausedUntil) return `waiting for another try at ${minute(wait.pausedUntil)}`;
  if (!wait.workerIsThere) {
    const seen = wait.workerSeen ? `none was seen since ${minute(wait.workerSeen)}` : "none was seen yet";
    return `waiting for a worker: ${seen}${wait.workersAreStarted ? "; the platform starts one" : ""}`;
  }
  if (wait.workersAreUnwell !== null) return `waiting for a worker that can run programs: ${wait.workersAreUnwell}`;
  if (wait.position === null) return null;
  const place = `${ordinal(wait.position)} in the queue`;
  const limit =
    wait.maxRunning !== null && wait.running >= wait.maxRunning ? `, which runs ${wait.maxRunning} at a time` : "";
  const alone = wait.runsAlone ? "; it runs alone, because a worker died while it ran" : "";
  const noPlace = wait.noPlace === null ? "" : `; ${wait.noPlace}`;
  return place + limit + alone + noPlace;
}

/**
 * In how many seconds it is worth asking again where a submission stands, which waits at a place in the queue or for somebody's decision
 * (no place); null if it may start or end at any moment.
 */
export function askAgainSeconds(position: number | null): number | null {
  if (position === null) return 10;
  return position <= soon ? null : Math.min(Math.ceil(position / 10), 30);
}

/** Places from which a submission may start at any moment. */
const soon = 3;

const budgeted = { platform: "the platform", queue: "the queue", group: "the competition" };

/** What a submission waits for that must be started by an organizer. */
export const waitingForOrganizer = (queueAcceptsJobs: boolean): string =>
  `waiting for an organizer to start it${queueAcceptsJobs ? "" : ", when the queue takes submissions again"}`;

const minute = (time: Date): string => `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;

const rules = new Intl.PluralRules("en", { type: "ordinal" });
const suffixes: Partial<Record<Intl.LDMLPluralRule, string>> = { one: "st", two: "nd", few: "rd" };

/** 1st, 2nd, 3rd, 4th, 11th, 21st. */
export const ordinal = (n: number): string => `${n}${suffixes[rules.select(n)] ?? "th"}`;
