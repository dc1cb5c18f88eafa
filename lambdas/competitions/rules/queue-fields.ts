import type { StepProfiles } from "../../jobs/rules/capacity.ts";
import type { RunStep } from "./run-steps.ts";

/** The field of the API that names a queue's capacity profile of a step. */
export const profileField = (step: string): string => `${step}_profile`;

/** The settings of a queue in fields of the API and of the audit trail. */
export const queueFields = ({
  step_profiles,
  max_running,
  max_step_seconds,
  max_upload_bytes: max_submission_bytes,
}: {
  step_profiles: StepProfiles | null;
  max_running: number | null;
  max_step_seconds: number | null;
  max_upload_bytes: number | null;
}) => {
  const profile = (step: RunStep) => step_profiles?.[step] ?? null;
  return {
    prediction_profile: profile("prediction"),
    scoring_profile: profile("scoring"),
    max_running,
    max_step_seconds,
    max_submission_bytes,
  };
};
