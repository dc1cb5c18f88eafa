/** When a phase runs. Without an end it runs forever. */
export interface PhaseWindow {
  start: Date;
  end: Date | null;
}

export type PhaseStatus = "Previous" | "Current" | "Next";

/**
 * Next before the phase starts, Previous after it ends, Current in between and at both moments. Computed, never stored.
 */
export function phaseStatus({ start, end }: PhaseWindow, now: Date): PhaseStatus {
  if (start > now) return "Next";
  return end !== null && end < now ? "Previous" : "Current";
}

/** Whether a phase is the last of its competition, which is the one with the highest index. */
export const isFinalPhase = (phase: { index: number }, phases: readonly { index: number }[]): boolean =>
  phases.every(({ index }) => index <= phase.index);
