import { keepable } from "../../../contract/keepable.ts";
import type { AttemptReport, StepName, Warning } from "../../../contract/job.ts";

/** Something that people should know about a run although it may have finished. */
export interface RunWarning extends Warning<string> {
  /** The step whose output, logs or scores it is about. Null if it is about the submitted file. */
  step: StepName | null;
}

/** The warnings of a run: those of the worker, those about its logs, and those about its scores. */
export function runWarnings(report: AttemptReport | null, scores: readonly Warning<string>[] = []): RunWarning[] {
  const steps = report?.steps ?? [];
  const warnings: RunWarning[] = [
    ...steps.flatMap(({ name, warnings = [] }) =>
      warnings.map((warning) => ({ ...warning, step: warning.code === "SINGLE_FOLDER" ? null : name })),
    ),
    ...steps.flatMap(({ name, containers }) =>
      containers.flatMap(({ name: container, logs }) =>
        (["stdout", "stderr"] as const).flatMap((stream) =>
          logs[stream].truncated ? logTruncated(name, container === "program" ? "" : "ingestion_", stream) : [],
        ),
      ),
    ),
    ...scores.map((warning) => ({ ...warning, step: "scoring" })),
  ];
  // Messages about scores repeat what programs wrote.
  return keepable(warnings);
}

const logTruncated = (step: StepName, container: string, stream: string): RunWarning => ({
  code: "LOG_TRUNCATED",
  message: `The log ${step}_${container}${stream} was too long, so its end is missing.`,
  step,
});

/** Whose outputs and scores a viewer may not see. */
export interface HiddenResults {
  hide_output: boolean;
  hide_prediction_output: boolean;
  hide_score_output: boolean;
}

/** The warnings that a person who is not an organizer may see: none about hidden output. */
export const shownWarnings = (warnings: readonly RunWarning[], hidden: HiddenResults): RunWarning[] =>
  warnings.filter(({ step }) => {
    if (step === null) return true;
    return !hidden.hide_output && !(step === "scoring" ? hidden.hide_score_output : hidden.hide_prediction_output);
  });
