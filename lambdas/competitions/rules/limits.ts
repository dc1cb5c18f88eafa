import { phaseStatus } from "./phase-status.ts";
import type { PhaseWindow } from "./phase-status.ts";

/** How many submissions a participant may make in a phase, per day and in total. */
export interface SubmissionLimits {
  /** 0 and null mean no limit. */
  perDay: number | null;
  perPerson: number | null;
}

/** Adds the submissions that organizers granted to a participant to the limits of a phase. 0 becomes null: no limit. */
export const raisedLimits = (
  { perDay, perPerson }: SubmissionLimits,
  granted: { perDay: number; perPerson: number },
): SubmissionLimits => ({
  perDay: perDay ? perDay + granted.perDay : null,
  perPerson: perPerson ? perPerson + granted.perPerson : null,
});

export interface SubmissionRequest {
  now: Date;
  phase: PhaseWindow;
  /** A setting of the phase. */
  acceptsSubmissions: boolean;
  /** Including granted submissions. */
  limits: SubmissionLimits;
  /**
   * Submissions that the user has made in this phase: parents and single submissions, including cancelled and
   * soft-deleted ones, but not those that Failed. `utcDay` defines `today`.
   */
  counts: { today: number; total: number };
  /** The user's participation status. Null if the user does not participate. */
  participation: "unknown" | "pending" | "approved" | "denied" | "left" | null;
  isBot: boolean;
  robotsAllowed: boolean;
  /**
   * Whether the user is the competition's creator, a collaborator or a superuser. They may submit to a phase before it
   * starts and after it ends.
   */
  isOrganizer: boolean;
}

export type SubmissionAnswer =
  | { can: true }
  | {
      can: false;
      code: "NOT_APPROVED" | "PHASE_CLOSED" | "PHASE_NOT_STARTED" | "PHASE_ENDED" | "DAILY_LIMIT" | "TOTAL_LIMIT";
      reason: string;
    };

/**
 * Decides whether a user may submit to a phase now. Where the competition allows robots, they need no approval and have
 * no limits. Limits do not apply to reruns, migrated submissions and children, so do not call it for them.
 */
export function canSubmit(request: SubmissionRequest): SubmissionAnswer {
  const { now, phase, limits, counts } = request;
  const welcomeRobot = request.isBot && request.robotsAllowed;
  if (request.participation !== "approved" && !welcomeRobot) {
    return no("NOT_APPROVED", "You are not approved to participate in this competition.");
  }
  if (!request.acceptsSubmissions) return no("PHASE_CLOSED", "This phase accepts no submissions.");
  const status = phaseStatus(phase, now);
  if (status === "Next" && !request.isOrganizer) {
    return no("PHASE_NOT_STARTED", `This phase starts on ${inWords(phase.start)}.`);
  }
  if (status === "Previous" && phase.end && !request.isOrganizer) {
    return no("PHASE_ENDED", `This phase ended on ${inWords(phase.end)}.`);
  }
  if (welcomeRobot) return { can: true };
  if (limits.perDay && counts.today >= limits.perDay) {
    const reason = `You have already made all ${limits.perDay} submissions that this phase allows per day. The next day starts at midnight UTC.`;
    return no("DAILY_LIMIT", reason);
  }
  if (limits.perPerson && counts.total >= limits.perPerson) {
    return no("TOTAL_LIMIT", `You have already made all ${limits.perPerson} submissions that this phase allows.`);
  }
  return { can: true };
}

/** How many submissions somebody has left in a phase. Null means no limit. */
export interface LeftSubmissions {
  today: number | null;
  inAll: number | null;
  /** When `today` begins anew; null without a limit for each day. */
  resetsWhen: Date | null;
}

/** Counts what the limits leave. What is left today is never more than what is left in all. */
export function leftSubmissions(
  { limits, counts }: Pick<SubmissionRequest, "limits" | "counts">,
  now: Date,
): LeftSubmissions {
  const left = (limit: number | null, made: number) => (limit ? Math.max(0, limit - made) : null);
  const inAll = left(limits.perPerson, counts.total);
  const daily = left(limits.perDay, counts.today);
  const today = daily === null || inAll === null ? (daily ?? inAll) : Math.min(daily, inAll);
  return { today, inAll, resetsWhen: daily === null ? null : utcDay(now).end };
}

/** The UTC day that contains a moment. Daily limits are counted per UTC day. `end` is exclusive. */
export function utcDay(now: Date): { start: Date; end: Date } {
  const start = new Date(now);
  start.setUTCHours(0, 0, 0, 0);
  const end = new Date(start);
  end.setUTCDate(end.getUTCDate() + 1);
  return { start, end };
}

const no = (code: (SubmissionAnswer & { can: false })["code"], reason: string): SubmissionAnswer => ({
  can: false,
  code,
  reason,
});

/** `2026-01-31 13:30 UTC` */
const inWords = (moment: Date) => `${moment.toISOString().slice(0, 16).replace("T", " ")} UTC`;

const megabyte = 1024 ** 2;

/** Returns a message if a submission is larger than the phase's limit in megabytes or the queue's limit in bytes. */
export function tooLarge(
  bytes: number,
  limits: { phaseMegabytes: number | null; queueBytes: number | null },
): string | undefined {
  const { phaseMegabytes, queueBytes } = limits;
  if (phaseMegabytes !== null && bytes > phaseMegabytes * megabyte)
    return `The submission has ${bytes} bytes, but this phase accepts at most ${phaseMegabytes} MB (${phaseMegabytes * megabyte} bytes).`;
  if (queueBytes !== null && bytes > queueBytes)
    return `The submission has ${bytes} bytes, but the queue of this competition accepts at most ${queueBytes}.`;
  return undefined;
}
