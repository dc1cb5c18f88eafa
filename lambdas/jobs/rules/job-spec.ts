import * as z from "zod";
import { maxSteps, type JobSpec } from "../../../contract/job.ts";
import { stepName } from "./step-report.ts";

const steps = z.array(z.looseObject({ name: stepName })).max(maxSteps);

/** Throws if a job has too many steps, or if names of steps are unsafe or repeated. */
export function requireRunnable({ steps: given }: JobSpec): void {
  const names = steps.parse(given).map(({ name }) => name);
  if (new Set(names).size < names.length) throw new Error(`two steps of a job have the same name: ${names.join(", ")}`);
}
