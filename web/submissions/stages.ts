/** How far a run is: Queued, Prediction, Scoring, Finished. */
import type { Run } from "./queries.ts";

export type StageName = "queued" | "prediction" | "scoring" | "end";
export type StagedRun = Pick<Run, "status" | "steps" | "started_when" | "finished_when">;

export interface Stage {
  name: StageName;
  /** `skipped`: the run ended before. */
  state: "done" | "now" | "next" | "failed" | "skipped";
  from: string | null;
  to: string | null;
}

/**
 * The stages of a run. A prediction that a run did without is left out as soon as that is known. `failedStep` is that of the
 * submission's failure, if it is of this run.
 */
export function stagesOf(submitted: string, run: StagedRun, failedStep: string | null): Stage[] {
  const { steps, status } = run;
  const over = status === "Finished" || status === "Failed" || status === "Cancelled";
  const begun = run.started_when ?? steps[0]?.preparing_when ?? steps[0]?.started_when ?? null;
  const step = (name: "prediction" | "scoring"): Stage[] => {
    const found = steps.find((one) => one.step === name);
    if (!found) {
      const isLeftOut = steps.length > 0 && name === "prediction";
      return isLeftOut ? [] : [{ name, state: over ? "skipped" : "next", from: null, to: null }];
    }
    const failed = status === "Failed" && (failedStep ?? steps.at(-1)?.step) === name;
    const state = failed ? "failed" : found.ended_when !== null ? "done" : over ? "skipped" : "now";
    return [{ name, state, from: found.preparing_when ?? found.started_when, to: found.ended_when }];
  };
  // Runs of earlier releases have no times of their steps.
  const isUntimed = status === "Finished" && steps.length === 0;
  return [
    { name: "queued", state: begun !== null ? "done" : over ? "skipped" : "now", from: submitted, to: begun },
    ...(isUntimed ? [] : [...step("prediction"), ...step("scoring")]),
    {
      name: "end",
      state: !over ? "next" : status === "Finished" ? "done" : "failed",
      from: null,
      to: run.finished_when,
    },
  ];
}
