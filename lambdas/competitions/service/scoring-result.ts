import { maxScoresBytes } from "../rules/compile-submission.ts";
import { artifacts, type AttemptReport } from "../../../contract/job.ts";
import type { JobEnd } from "../../jobs/service/job-owner.ts";
import { missingScores, parseScores, type ScoreColumn, type ScoreWarning } from "../rules/scores.ts";
import type { Objects } from "../../kernel/objects/objects.ts";

/** The scores of a run by column key, with warnings. */
export interface ScoringResult {
  scores: Map<string, string>;
  warnings: ScoreWarning[];
}

/** Reads the scores of a run whose programs succeeded. The platform parses the file, so programs cannot interfere. */
export async function judgeScores(
  objects: Objects,
  attemptId: string,
  report: AttemptReport,
  columns: readonly ScoreColumn[],
): Promise<Exclude<JobEnd<ScoringResult>, { state: "cancelled" }>> {
  const failed = (code: "NO_SCORES" | "BAD_SCORES", message: string) =>
    ({ state: "failed", failure: { code, message, step: "scoring" } }) as const;
  const collected = report.steps.find((step) => step.name === "scoring")?.collected ?? [];
  const name = (["scores.json", "scores.txt"] as const).find((candidate) => collected.includes(candidate));
  if (!name) return failed("NO_SCORES", missingScores);
  const key = artifacts.prefix(attemptId) + artifacts.collected("scoring", name);
  const text = (await objects.get({ bucket: "jobs", key }, maxScoresBytes)).toString("utf8");
  const result = parseScores({ name, text }, columns);
  if (!result.ok) return failed(result.code, result.message);
  const scores = new Map([...result.scores].filter((entry): entry is [string, string] => entry[1] !== null));
  return { state: "succeeded", result: { scores, warnings: result.warnings } };
}
