/** Links to the files, logs and results of submissions. */
import { findLeaderboard } from "../db/competitions.ts";
import type { SubmissionRow } from "../db/submissions.ts";
import { may, type Actor } from "../../policy/policy.ts";
import { fileName } from "../../kernel/objects/file-name.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { anySubmission, noSuchSubmission, submissionFor, submissionsFor } from "./access.ts";
import { artifactLinks } from "./artifacts.ts";
import { boardsSeenBy } from "./leaderboards.ts";

const linkSeconds = 3600;

/** The links of a submission that the actor may open, and the leaderboard of its competition if they may see it. */
export async function submissionDetails(context: Context, actor: Actor, id: number) {
  const { submission, facts } = await submissionFor(context, actor, id, "submission.details");
  const links = await linksOf(context, submission);
  const board = await findLeaderboard(context.db, submission.competition_id);
  return {
    submission,
    links: {
      ...links,
      prediction_result: may(actor, "submission.prediction", facts) ? links.prediction_result : null,
      scoring_result: may(actor, "submission.scoring", facts) ? links.scoring_result : null,
    },
    file: await fileLink(context, submission, submission.filename ?? "submission"),
    boards: boardsSeenBy(actor, facts.competition, board),
    withHiddenColumns: may(actor, "competition.hiddenScores", facts.competition),
  };
}

/** A link to the detailed results of a submission. */
export async function detailedResult(context: Context, actor: Actor, id: number): Promise<string> {
  const { submission, facts } = await anySubmission(context, actor, id);
  const isOpen = may(actor, "submission.detailedResult", facts);
  if (!isOpen && !may(actor, "submission.view", facts)) throw noSuchSubmission();
  if (!submission.detailed_results)
    throw new Refusal("not-found", "DETAILED_RESULTS_OFF", "This competition shows no detailed results.");
  if (!isOpen)
    throw new Refusal(
      "forbidden",
      "DETAILED_RESULTS_HIDDEN",
      "You may not see these detailed results. They are for approved participants of the competition.",
    );
  const { detailed_result } = await linksOf(context, submission);
  if (detailed_result === null)
    throw new Refusal("not-found", "NO_DETAILED_RESULT", "This submission has no detailed results.");
  return detailed_result;
}

/** Links to the files of submissions, with distinct names, and the ids of those whose file was deleted. */
export async function submittedFiles(
  context: Context,
  actor: Actor,
  ids: number[],
): Promise<{ files: { name: string; url: string }[]; without: number[] }> {
  const found = await submissionsFor(context, actor, ids, "submission.download");
  const files = await Promise.all(
    found.map(async ({ submission }) => {
      const { id, owner, phase_id, created_when, filename } = submission;
      const day = created_when.toISOString().slice(0, 10);
      const name = fileName(`${id}_${owner}_PhaseId${phase_id}_${day}_${filename ?? "submission"}`);
      return { id, name, url: await fileLink(context, submission, name) };
    }),
  );
  return {
    files: files.flatMap(({ name, url }) => (url === null ? [] : [{ name, url }])),
    without: files.flatMap(({ id, url }) => (url === null ? [id] : [])),
  };
}

const linksOf = (context: Context, { files_deleted, job_id }: SubmissionRow) =>
  artifactLinks(context, files_deleted ? null : job_id);

const fileLink = async ({ objects }: Context, { data_object_key: key }: SubmissionRow, downloadName: string) =>
  key === null ? null : objects.signGet({ bucket: "uploads", key }, { seconds: linkSeconds, downloadName });
