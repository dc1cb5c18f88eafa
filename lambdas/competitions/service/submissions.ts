import {
  countByStatus,
  listSubmissions,
  type ListedSubmission,
  type SubmissionFilter,
} from "../db/submission-lists.ts";
import { findSubmissions, type SubmissionRow } from "../db/submissions.ts";
import { findTaskDetails, type TaskDetail } from "../db/tasks.ts";
import type { SubmissionStatus } from "../rules/submission-status.ts";
import { may, permissions, type Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import type { Part } from "../../kernel/db/page.ts";
import { visibleSubmission, withFacts, type SubmissionWithFacts } from "./access.ts";
import { submissionSeenBy } from "./anonymity.ts";
import { failureOf } from "./failure.ts";
import { waitingReason } from "./waiting.ts";

export type { SubmissionRow };
export { submissionOrders } from "../db/submission-lists.ts";

/** A submission with what the viewer may see of it. */
export interface SeenSubmission extends SubmissionRow {
  /** Whether the viewer organizes its competition. */
  organized: boolean;
  task: TaskDetail | null;
}

type Wanted = Omit<SubmissionFilter, "viewerId" | "viewerIsSuperuser" | "viewerIsBot">;

function asFilter(actor: Actor, wanted: Wanted): SubmissionFilter {
  const user = actor.kind === "user" ? actor : null;
  return {
    ...wanted,
    viewerId: user?.id ?? null,
    viewerIsSuperuser: user?.isSuperuser ?? false,
    viewerIsBot: user?.isBot ?? false,
  };
}

/** A part of the submissions that the actor may see. */
export async function submissionsSeenBy(
  context: Context,
  actor: Actor,
  wanted: Wanted,
  part: Part,
): Promise<SeenSubmission[]> {
  return seenBy(context, actor, await listSubmissions(context.db, asFilter(actor, wanted), part));
}

/** The same with what the actor may do with each, how many submissions there are, and how many of them have each status. */
export async function pageOfSubmissions(context: Context, actor: Actor, wanted: Wanted, part: Part) {
  const filter = asFilter(actor, wanted);
  const listed = await listSubmissions(context.db, filter, part);
  const facts = new Map(
    (await withFacts(context, actor, listed)).map((one) => [one.submission.id, permissionsTo(actor, one)]),
  );
  const counts = await countByStatus(context.db, filter);
  const counted = ([status]: [SubmissionStatus, number]) =>
    wanted.statuses.length === 0 || wanted.statuses.includes(status);
  return {
    submissions: (await seenBy(context, actor, listed)).map((seen) => ({ seen, permissions: facts.get(seen.id)! })),
    count: [...counts].filter(counted).reduce((sum, [, number]) => sum + number, 0),
    counts: Object.fromEntries(counts),
  };
}

/** A submission that the actor may see, with why it waits or failed, its children, and what the actor may do with it. */
export async function waitingSubmission(context: Context, actor: Actor, id: number) {
  const { submission, facts } = await visibleSubmission(context, actor, id);
  const organized = may(actor, "competition.hiddenScores", facts.competition);
  const [seen] = await seenBy(context, actor, [{ ...submission, organized }]);
  return {
    submission: seen!,
    waiting: await waitingReason(context, submission),
    failure: await failureOf(context, submission, { withOutput: may(actor, "submission.logs", facts) }),
    runs: await seenBy(
      context,
      actor,
      (await findSubmissions(context.db, submission.children)).map((run) => ({ ...run, organized })),
    ),
    permissions: permissionsTo(actor, { submission, facts }),
  };
}

/** Where only organizers may know which submission is the best, others' permissions do not tell which is on the leaderboard. */
function permissionsTo(actor: Actor, { submission, facts }: SubmissionWithFacts) {
  const hidesPlace = submission.place_tells_of_scores && !may(actor, "competition.hiddenScores", facts.competition);
  return permissions(actor, "submission", hidesPlace ? { ...facts, on_leaderboard: false } : facts);
}

async function seenBy({ db }: Context, viewer: Actor, submissions: ListedSubmission[]): Promise<SeenSubmission[]> {
  const details = await findTaskDetails(db, [...new Set(submissions.flatMap(({ task_id }) => task_id ?? []))]);
  const tasks = new Map(details.map((task) => [task.id, task]));
  return submissions.map((submission) => ({
    ...submissionSeenBy(viewer, submission),
    task: (submission.task_id !== null && tasks.get(submission.task_id)) || null,
  }));
}
