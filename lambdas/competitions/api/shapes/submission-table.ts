import type { Actor } from "../../../policy/policy.ts";
import { csv } from "../../../http/csv.ts";
import type { SeenSubmission } from "../../service/submissions.ts";
import { shownSubmission } from "./submission.ts";

/**
 * Submissions as a table, with a column for each key of a leaderboard's columns. A parent has the scores computed over
 * its children, which have rows of their own.
 */
export function submissionTable(submissions: SeenSubmission[], viewer: Actor, places: Map<number, number>): string {
  const shown = submissions.map((submission) => shownSubmission(submission, viewer));
  const keys = [...new Set(shown.flatMap(({ scores }) => scores.map(({ column_key }) => column_key)))];
  const scoreOf = ({ scores }: (typeof shown)[number], key: string) => {
    const [score, ...others] = scores.filter(({ column_key }) => column_key === key);
    return score && others.length === 0 ? score.score : null;
  };
  return csv([
    [
      ...["Submission ID", "File Name", "Owner", "Created When", "Status", "Phase"],
      ...["Parent ID", "Task", "Place", ...keys.map((key) => `Score: ${key}`)],
    ],
    ...shown.map((one) => [
      ...[one.id, one.filename, one.owner, one.created_when.toISOString(), one.status, one.phase_name],
      ...[one.parent, one.task?.name ?? null, places.get(one.id) ?? null, ...keys.map((key) => scoreOf(one, key))],
    ]),
  ]);
}
