import { listSubmissions, type SubmissionFilter, type SubmissionRow } from "../db/submissions.ts";
import { findTaskDetails, type TaskDetail } from "../db/tasks.ts";
import { may, type Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { visibleSubmission } from "./access.ts";
import { submissionSeenBy } from "./anonymity.ts";
import { waitingReason, type Waiting } from "./waiting.ts";

export type { SubmissionRow };

/** A submission with what the viewer may see of it. */
export interface SeenSubmission extends SubmissionRow {
  /** Whether the viewer organizes its competition. */
  organized: boolean;
  task: TaskDetail | null;
}

/** The newest submissions that the actor may see. */
export async function submissionsSeenBy(
  context: Context,
  actor: Actor,
  filter: Omit<SubmissionFilter, "viewerId" | "viewerIsSuperuser" | "viewerIsBot">,
): Promise<SeenSubmission[]> {
  const user = actor.kind === "user" ? actor : null;
  const found = await listSubmissions(context.db, {
    ...filter,
    viewerId: user?.id ?? null,
    viewerIsSuperuser: user?.isSuperuser ?? false,
    viewerIsBot: user?.isBot ?? false,
  });
  return seenBy(context, actor, found);
}

/** A submission that the actor may see, with the reason why it waits. */
export async function waitingSubmission(
  context: Context,
  actor: Actor,
  id: number,
): Promise<{ submission: SeenSubmission; waiting: Waiting }> {
  const { submission, facts } = await visibleSubmission(context, actor, id);
  const organized = may(actor, "competition.hiddenScores", facts.competition);
  const [seen] = await seenBy(context, actor, [{ ...submission, organized }]);
  return { submission: seen!, waiting: await waitingReason(context, submission) };
}

async function seenBy(
  { db }: Context,
  viewer: Actor,
  submissions: (SubmissionRow & { organized: boolean })[],
): Promise<SeenSubmission[]> {
  const details = await findTaskDetails(db, [...new Set(submissions.flatMap(({ task_id }) => task_id ?? []))]);
  const tasks = new Map(details.map((task) => [task.id, task]));
  return submissions.map((submission) => ({
    ...submissionSeenBy(viewer, submission),
    task: (submission.task_id !== null && tasks.get(submission.task_id)) || null,
  }));
}
