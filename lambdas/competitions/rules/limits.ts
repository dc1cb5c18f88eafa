import { phaseStatus } from "./phase-status.ts";
import type { PhaseWindow } from "./phase-status.ts";

/** How many submissions a participant may make in a phase, a day and in all. */
export interface SubmissionLimits {
  /** 0 and null mean no limit. */
  perDay: number | null;
  perPerson: number | null;
}

/** The limits of a phase for somebody whom its organizers have granted more; null where there is none. */
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
  /** With what was granted. */
  limits: SubmissionLimits;
  /**
   * What the user has used of them in this phase: parents and single submissions in any status but Failed, cancelled and
   * soft-deleted ones included; `today` by `utcDay`.
   */
  counts: { today: number; total: number };
  /** The user's participation; null when there is none. */
  participation: "unknown" | "pending" | "approved" | "denied" | null;
  isBot: boolean;
  robotsAllowed: boolean;
  /** The competition's creator, a collaborator or a superuser: may try a phase before it starts and after it ends. */
  isOrganizer: boolean;
}

export type SubmissionAnswer =
  | { can: true }
  | {
      can: false;
      code: "NOT_APPROVED" | "PHASE_NOT_STARTED" | "PHASE_ENDED" | "DAILY_LIMIT" | "TOTAL_LIMIT";
      reason: string;
    };

/**
 * Whether a user may submit to a phase now. Robots need no approval and have no limits where the competition allows
 * them. Reruns, migrations and the children of a submission are not asked about: limits do not hold for them.
 */
export function canSubmit(request: SubmissionRequest): SubmissionAnswer {
  const { now, phase, limits, counts } = request;
  const welcomeRobot = request.isBot && request.robotsAllowed;
  if (request.participation !== "approved" && !welcomeRobot) {
    return no("NOT_APPROVED", "You are not approved to participate in this competition.");
  }
  const status = phaseStatus(phase, now);
  if (status === "Next" && !request.isOrganizer) {
    return no("PHASE_NOT_STARTED", `This phase starts on ${inWords(phase.start)}.`);
  }
  if (status === "Previous" && phase.end && !request.isOrganizer) {
    return no("PHASE_ENDED", `This phase ended on ${inWords(phase.end)}.`);
  }
  if (welcomeRobot) return { can: true };
  if (limits.perDay && counts.today >= limits.perDay) {
    const reason = `You have made all ${limits.perDay} submissions of today for this phase; days change at midnight UTC.`;
    return no("DAILY_LIMIT", reason);
  }
  if (limits.perPerson && counts.total >= limits.perPerson) {
    return no("TOTAL_LIMIT", `You have made all ${limits.perPerson} submissions of this phase.`);
  }
  return { can: true };
}

/** The calendar day of UTC that holds a moment, in which daily limits are counted; `end` is the first moment after it. */
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

/** What keeps a submission of so many bytes from being taken, by the phase's limit in megabytes and the queue's in bytes. */
export function tooLarge(
  bytes: number,
  limits: { phaseMegabytes: number | null; queueBytes: number | null },
): string | undefined {
  const { phaseMegabytes, queueBytes } = limits;
  if (phaseMegabytes !== null && bytes > phaseMegabytes * megabyte)
    return `The submission has ${bytes} bytes; this phase takes ${phaseMegabytes} MB (${phaseMegabytes * megabyte} bytes) at most.`;
  if (queueBytes !== null && bytes > queueBytes)
    return `The submission has ${bytes} bytes; the queue of this competition takes ${queueBytes} at most.`;
  return undefined;
}
