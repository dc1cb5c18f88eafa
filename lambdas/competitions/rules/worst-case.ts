/** The most that a phase can cost the platform, before it costs anything. */
import { worstCost } from "../../jobs/rules/cost.ts";
import type { StepProfiles } from "../../jobs/rules/capacity.ts";
import type { OfferedProfiles } from "../../../contract/capacity-profile.ts";
import { runSteps } from "./run-steps.ts";

export interface PhaseCosts {
  /** A submission runs on each of them. */
  tasks: number;
  /** The time limit of each step. */
  stepSeconds: number;
  /** What the queue runs steps on; null for machines that the platform does not pay for. */
  stepProfiles: StepProfiles | null;
  startsAt: Date;
  endsAt: Date | null;
  /** Submissions of one participant; 0 and null mean no limit. */
  perDay: number | null;
  perPerson: number | null;
}

/** All amounts are in millionths of a USD. */
export interface WorstCase {
  perSubmission: number | null;
  /** The most submissions of one participant; null without a limit. */
  submissions: number | null;
  perParticipant: number | null;
  /** Of everybody who participates now. */
  total: number | null;
}

/**
 * The worst case of a phase: every participant makes all submissions, and every step runs until its time limit. Null where it has
 * no limit or no price. Not counted are reruns, tries after failures of the platform, and the time in which hosts boot or idle.
 */
export function worstCase(
  phase: PhaseCosts,
  participants: number,
  profiles: OfferedProfiles,
  region: string,
): WorstCase {
  const { stepProfiles, stepSeconds } = phase;
  const steps = runSteps.map((step) => {
    const profile = stepProfiles && profiles[stepProfiles[step]!];
    return stepProfiles === null ? 0 : profile ? worstCost(profile, stepSeconds, region) : null;
  });
  const perSubmission = sum(steps, phase.tasks);
  const submissions = maxSubmissions(phase);
  const times = (amount: number | null, count: number | null) =>
    amount === 0 ? 0 : amount === null || count === null ? null : amount * count;
  const perParticipant = times(perSubmission, submissions);
  return { perSubmission, submissions, perParticipant, total: times(perParticipant, participants) };
}

const sum = (steps: (number | null)[], tasks: number): number | null =>
  steps.includes(null) ? null : tasks * steps.reduce<number>((total, step) => total + step!, 0);

const dayMs = 24 * 3600 * 1000;

/** The most submissions of one participant: the limit in total, or the daily limit on each day of the phase. Null without a limit. */
function maxSubmissions({ perDay, perPerson, startsAt, endsAt }: PhaseCosts): number | null {
  // Days are those of UTC, and the first and the last may be parts of one.
  const day = (date: Date) => Math.floor(date.getTime() / dayMs);
  const daily = perDay && endsAt ? perDay * Math.max(0, day(endsAt) - day(startsAt) + 1) : null;
  const limits = [perPerson || null, daily].filter((limit) => limit !== null);
  return limits.length === 0 ? null : Math.min(...limits);
}
