import { maxScoresBytes } from "../rules/compile-submission.ts";
import { artifacts, type AttemptReport } from "../../../contract/job.ts";
import type { JobEnd } from "../../jobs/service/job-owner.ts";
import { missingScores, parseScores, scoresTooLarge, type ScoreColumn, type ScoreWarning } from "../rules/scores.ts";
import { ObjectMissing, ObjectTooLarge, type Objects } from "../../kernel/objects/objects.ts";

/** The scores of a run by column key, with warnings. */
export interface ScoringResult {
  scores: Map<string, string>;
  warnings: ScoreWarning[];
}

/** Reads the scores of a run whose programs succeeded, from its files under a prefix. The platform parses the file, so programs cannot interfere. */
export async function judgeScores(
  objects: Objects,
  files: string,
  report: AttemptReport,
  columns: readonly ScoreColumn[],
): Promise<Exclude<JobEnd<ScoringResult>, { state: "cancelled" }>> {
  const failed = (code: "NO_SCORES" | "BAD_SCORES" | "STORAGE_ERROR", message: string) =>
    ({ state: "failed", failure: { code, message, step: "scoring" } }) as const;
  const { collected = [], warnings = [] } = report.steps.find((step) => step.name === "scoring") ?? {};
  const name = (["scores.json", "scores.txt"] as const).find((candidate) => collected.includes(candidate));
  // Workers collect no file that is too large, and warn.
  const isTooLarge = warnings.some(
    ({ code, message }) => code === "FILE_TOO_LARGE" && /scores\.(json|txt)/.test(message),
  );
  if (!name) return failed("NO_SCORES", isTooLarge ? scoresTooLarge : missingScores);
  const key = files + artifacts.collected("scoring", name);
  let content: Buffer;
  try {
    content = await objects.get({ bucket: "jobs", key }, maxScoresBytes);
  } catch (error) {
    if (error instanceof ObjectMissing)
      return failed("STORAGE_ERROR", "The scores that the worker reported are not in the storage.");
    if (error instanceof ObjectTooLarge) return failed("NO_SCORES", scoresTooLarge);
    throw error;
  }
  const result = parseScores({ name, text: content.toString("utf8") }, columns);
  if (!result.ok) return failed(result.code, result.message);
  const scores = new Map([...result.scores].filter((entry): entry is [string, string] => entry[1] !== null));
  return { state: "succeeded", result: { scores, warnings: result.warnings } };
}
