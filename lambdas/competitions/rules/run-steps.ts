import type { StepName } from "../../../contract/job.ts";

/** The steps of a submission's job, in their order. */
export const runSteps = ["prediction", "scoring"] as const satisfies readonly StepName[];
export type RunStep = (typeof runSteps)[number];

/** The same capacity profile for every step. */
export const onEveryStep = (profile: string): Record<RunStep, string> => ({ prediction: profile, scoring: profile });
