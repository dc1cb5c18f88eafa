/** When a phase runs. Without an end it never stops. */
export interface PhaseWindow {
  start: Date;
  end: Date | null;
}

export type PhaseStatus = "Previous" | "Current" | "Next";

/** Next before its start, Previous after its end, Current in between, both moments included. Never stored. */
export function phaseStatus({ start, end }: PhaseWindow, now: Date): PhaseStatus {
  if (start > now) return "Next";
  return end !== null && end < now ? "Previous" : "Current";
}

/** Whether a phase is the last of its competition: the one with the highest index. */
export const isFinalPhase = (phase: { index: number }, phases: readonly { index: number }[]): boolean =>
  phases.every(({ index }) => index <= phase.index);
