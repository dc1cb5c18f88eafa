import {
  countByStatus,
  countOf,
  listSubmissions,
  runFacts,
  scopeOf,
  type ListedSubmission,
  type RunFacts,
  type SubmissionFilter,
} from "../db/submission-lists.ts";
import { findSubmissions, type SubmissionRow } from "../db/submissions.ts";
import { findTaskDetails, type TaskDetail } from "../db/tasks.ts";
import { latestStages } from "../../jobs/db/attempts.ts";
import { stepTimes, type StepTime } from "../../jobs/rules/step-times.ts";
import { may, permissions, type Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import type { Part } from "../../kernel/db/page.ts";
import { visibleSubmission, withFacts, type SubmissionWithFacts } from "./access.ts";
import { submissionSeenBy } from "./anonymity.ts";
import { failureOf } from "./failure.ts";
import { waitingReason } from "./waiting.ts";

export type { RunFacts, SubmissionRow };
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

/**
 * The same with what the actor may do with each, where those ran whose details they see, how many submissions there are, and how
 * many of them have each status.
 */
export async function pageOfSubmissions(context: Context, actor: Actor, wanted: Wanted, part: Part) {
  const filter = asFilter(actor, wanted);
  const scope = await scopeOf(context.db, filter);
  const counts = await countByStatus(context.db, filter, scope);
  const count = countOf(counts, filter);
  // Nothing is looked for where nothing is.
  const listed = count > part.offset ? await listSubmissions(context.db, filter, part, scope) : [];
  const facts = new Map(
    (await withFacts(context, actor, listed)).map((one) => [one.submission.id, permissionsTo(actor, one)]),
  );
  const detailed = listed.flatMap(({ id }) => (facts.get(id)?.details ? [id] : []));
  const ran = new Map(
    (detailed.length > 0 ? await runFacts(context.db, detailed) : []).map((run): [number, RunFacts] => [run.id, run]),
  );
  return {
    submissions: (await seenBy(context, actor, listed)).map((seen) => ({
      seen,
      permissions: facts.get(seen.id)!,
      run: ran.get(seen.id) ?? null,
    })),
    count,
    counts: Object.fromEntries(counts),
  };
}

/** A submission that the actor may see, with why it waits or failed, its children, and what the actor may do with it. */
export async function waitingSubmission(context: Context, actor: Actor, id: number) {
  const { submission, facts } = await visibleSubmission(context, actor, id);
  const organized = may(actor, "competition.hiddenScores", facts.competition);
  const [seen] = await seenBy(context, actor, [{ ...submission, organized }]);
  const children = await findSubmissions(context.db, submission.children);
  return {
    submission: seen!,
    waiting: await waitingReason(context, submission),
    failure: await failureOf(context, submission, { withOutput: may(actor, "submission.logs", facts) }),
    runs: await seenBy(
      context,
      actor,
      children.map((run) => ({ ...run, organized })),
    ),
    steps: await stepsOf(context, [submission, ...children]),
    permissions: permissionsTo(actor, { submission, facts }),
  };
}

/** When the steps of some runs began and ended, by the ids of the runs. */
async function stepsOf({ db }: Context, runs: SubmissionRow[]): Promise<Map<number, StepTime[]>> {
  const jobs = runs.flatMap(({ job_id }) => job_id ?? []);
  const times = new Map(
    (await latestStages(db, jobs)).map(({ job_id, stages, ended_when }) => [
      job_id,
      stepTimes(stages ?? {}, ended_when),
    ]),
  );
  return new Map(runs.flatMap(({ id, job_id }) => (job_id === null ? [] : [[id, times.get(job_id) ?? []] as const])));
}

/** Where only organizers may know which submission is the best, others' permissions do not tell which is on the leaderboard. */
function permissionsTo(actor: Actor, { submission, facts }: SubmissionWithFacts) {
  const hidesPlace = submission.place_tells_of_scores && !may(actor, "competition.hiddenScores", facts.competition);
  return permissions(actor, "submission", hidesPlace ? { ...facts, on_leaderboard: false } : facts);
}

/** Submissions that the viewer may see, with what they may see of each. */
export async function seenSubmissions(context: Pick<Context, "db">, viewer: Actor, submissions: SubmissionRow[]) {
  const organized = new Map(
    (await withFacts(context, viewer, submissions)).map(({ submission: { id }, facts }) => [
      id,
      may(viewer, "competition.hiddenScores", facts.competition),
    ]),
  );
  return seenBy(
    context,
    viewer,
    submissions.map((submission) => ({ ...submission, organized: organized.get(submission.id)! })),
  );
}

async function seenBy(
  { db }: Pick<Context, "db">,
  viewer: Actor,
  submissions: ListedSubmission[],
): Promise<SeenSubmission[]> {
  const details = await findTaskDetails(db, [...new Set(submissions.flatMap(({ task_id }) => task_id ?? []))]);
  const tasks = new Map(details.map((task) => [task.id, task]));
  return submissions.map((submission) => ({
    ...submissionSeenBy(viewer, submission),
    task: (submission.task_id !== null && tasks.get(submission.task_id)) || null,
  }));
}
