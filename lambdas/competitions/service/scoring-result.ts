import { maxScoresBytes } from "../rules/compile-submission.ts";
import { artifacts, type AttemptReport, type Failure } from "../../../contract/job.ts";
import { missingScores, parseScores } from "../rules/scores.ts";
import type { Objects } from "../../kernel/objects/objects.ts";

/** How a run that ended is judged: failed with a reason, or with scores by column key. */
export interface ScoringResult {
  failure: Failure | null;
  scores: Map<string, string>;
  warnings: string[];
}

/** Reads the scores of a run. The platform parses them, never anything that ran beside them. */
export async function judgeScores(
  objects: Objects,
  attemptId: string,
  report: AttemptReport,
  columnKeys: string[],
): Promise<ScoringResult> {
  const failed = (code: Failure["code"], message: string): ScoringResult => ({
    failure: { code, message, step: "scoring" },
    scores: new Map(),
    warnings: [],
  });
  const collected = report.steps.find((step) => step.name === "scoring")?.collected ?? [];
  const name = (["scores.json", "scores.txt"] as const).find((candidate) => collected.includes(candidate));
  if (!name) return failed("NO_SCORES", missingScores);
  const key = artifacts.prefix(attemptId) + artifacts.collected("scoring", name);
  const text = (await objects.get({ bucket: "jobs", key }, maxScoresBytes)).toString("utf8");
  const result = parseScores({ name, text }, columnKeys);
  if (!result.ok) return failed(result.code, result.message);
  const scores = new Map([...result.scores].filter((entry): entry is [string, string] => entry[1] !== null));
  return { failure: null, scores, warnings: result.warnings };
}
