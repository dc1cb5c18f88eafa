/** When the steps of an attempt began and ended, as far as its worker reported it. */
import type { Progress, StepName } from "../../../contract/job.ts";

/** When stages of steps were first reported, as texts, by "STEP STAGE". */
export type Stages = Partial<Record<string, string>>;

export interface StepTime {
  step: StepName;
  /** When its files and image were fetched. */
  preparingWhen: Date | null;
  /** When its programs started. */
  startedWhen: Date | null;
  endedWhen: Date | null;
}

/** How a stage of a step is named among the times. */
export const stageKey = ({ step, stage }: Pick<Progress, "step" | "stage">): string => `${step} ${stage}`;

/** The times of the steps of an attempt that were reported, in the order in which they began. */
export function stepTimes(stages: Stages, attemptEndedWhen: Date | null): StepTime[] {
  const when = (step: StepName, stage: Progress["stage"]) => {
    const time = stages[stageKey({ step, stage })];
    return time === undefined ? null : new Date(time);
  };
  const steps = [...new Set(Object.keys(stages).map((key) => key.slice(0, key.lastIndexOf(" "))))];
  const times = steps
    .map((step) => ({
      step,
      preparingWhen: when(step, "preparing"),
      startedWhen: when(step, "running"),
      endedWhen: when(step, "done"),
    }))
    .sort((a, b) => begin(a) - begin(b));
  // Nothing is reported of the last step when it ends but the end of the attempt.
  return times.map((time, at) =>
    at === times.length - 1 ? { ...time, endedWhen: time.endedWhen ?? attemptEndedWhen } : time,
  );
}

const begin = ({ preparingWhen, startedWhen, endedWhen }: StepTime): number =>
  (preparingWhen ?? startedWhen ?? endedWhen)!.getTime();
