import type { ContainerName } from "../../../contract/job.ts";
import type { RunStep } from "./run-steps.ts";

/**
 * The tokens that a command may contain, with their replacements, in the order in which they are replaced. Tokens are
 * plain text without word boundaries.
 */
export function substitutionsFor(
  kind: ContainerName,
  step: RunStep,
  ingestionOnlyDuringScoring: boolean,
): [token: string, replacement: string][] {
  const scoring = step === "scoring";
  return [
    ["$input", kind === "ingestion" ? "/app/input_data" : "/app/input"],
    ["$output", "/app/output"],
    ["$program", scoring && ingestionOnlyDuringScoring ? "/app/ingestion_program" : "/app/program"],
    ["$ingestion_program", "/app/program"],
    ["$hidden", "/app/input/ref"],
    ["$shared", "/app/shared"],
    ["$submission_program", "/app/ingested_program"],
    ["$tmp", "/app/output"],
    ["$predictions", scoring ? "/app/input/res" : "/app/output"],
  ];
}
