import { findPhase } from "../db/competitions.ts";
import { findSubmissions, type SubmissionRow } from "../db/submissions.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { noSuchPhase } from "./access.ts";
import { record, type Author } from "../../accounts/service/audit.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { planRuns, startRuns } from "./runs.ts";

/**
 * Starts a submission that waits for an organizer, or all children of a parent. Refused if it was already started.
 * Returns the id of the started submission: the parent's if `named` is a child.
 */
export async function startWaiting(context: Context, by: Author, named: SubmissionRow): Promise<number> {
  const [submission] = named.parent === null ? [named] : await findSubmissions(context.db, [named.parent]);
  const phase = submission && (await findPhase(context.db, submission.phase_id));
  if (!phase) throw noSuchPhase();
  if (submission.status !== "Submitting" || submission.data_object_key === null)
    throw new Refusal("forbidden", "STARTED_ALREADY", "Only a submission with the status Submitting can be started.");
  const dataKey = submission.data_object_key;
  const runs = submission.has_children ? await findSubmissions(context.db, submission.children) : [submission];
  const toRun = runs.flatMap(({ id, task_id: taskId }) => (taskId === null ? [] : [{ submissionId: id, taskId }]));
  if (toRun.length < runs.length)
    throw new Refusal("not-found", "TASK_GONE", "This submission cannot run, because a task of it was deleted.");
  const plan = await planRuns(
    context,
    phase,
    toRun.map(({ taskId }) => taskId),
    submission.queue_id,
  );
  await transact(context, async (tx) => {
    await startRuns(
      tx,
      context,
      plan,
      toRun.map((run) => ({ ...run, ownerId: submission.owner_id, dataKey })),
      submission.has_children ? [submission.id] : [],
    );
    await record(tx, by, {
      place: { competition: submission.competition_id },
      kind: "submission.started",
      subject: submission.id,
      before: { status: "Submitting" },
      after: { status: "Submitted" },
    });
  });
  return submission.id;
}
