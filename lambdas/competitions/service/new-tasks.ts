/** Runs submissions to several tasks of a phase on tasks that the phase gets later. */
import { parentsToRun } from "../db/change-competition.ts";
import { findPhase } from "../db/competitions.ts";
import { insertSubmission } from "../db/submission-changes.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { enqueue } from "../../kernel/db/outbox.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { planRuns, startRuns, type Run } from "./runs.ts";

/** Maximum number of submissions that one message runs on new tasks. They take a few seconds. */
const maxAtOnce = 1000;

/** What remains to be run: the submissions of a phase, on tasks that it got. */
export interface NewTasks {
  phase: number;
  tasks: number[];
}

/**
 * Lets the submissions that ran on several tasks of a phase run on its new tasks once the transaction has committed, however
 * many they are. Refused if they cannot run.
 */
export async function runOnNewTasksLater(tx: Tx, context: Context, phaseId: number, taskIds: number[]): Promise<void> {
  const [first] = await parentsToRun(tx, phaseId, taskIds, 1);
  const phase = first && (await findPhase(tx, phaseId));
  if (!phase) return;
  await planRuns({ ...context, db: tx }, phase, taskIds, null);
  await continueLater(tx, context, { phase: phaseId, tasks: taskIds });
}

const continueLater = (tx: Tx, { environment, correlationId }: Context, rest: NewTasks) =>
  enqueue(tx, environment.CONTROL_QUEUE, correlationId, { type: "run-new-tasks", ...rest });

/**
 * Runs submissions on new tasks, unless they ran on them when the phase had these before. Their existing results are kept.
 * Does nothing for tasks that the phase no longer has, or if it is called again.
 */
export async function runOnNewTasks(context: Context, { phase: phaseId, tasks: taskIds }: NewTasks): Promise<void> {
  const phase = await findPhase(context.db, phaseId);
  if (!phase) return;
  const plan = await planRuns(context, phase, taskIds, null);
  await transact(context, async (tx) => {
    const parents = await parentsToRun(tx, phaseId, taskIds, maxAtOnce);
    const runs: Run[] = [];
    for (const parent of parents)
      for (const taskId of parent.missing_tasks) {
        const submissionId = await insertSubmission(tx, {
          phaseId,
          ownerId: parent.owner_id,
          participantId: parent.participant_id,
          organizationId: parent.organization_id,
          dataId: parent.data_id,
          taskId,
          parentId: parent.id,
          hasChildren: false,
          factSheetAnswers: parent.fact_sheet_answers,
          onLeaderboard: parent.on_leaderboard,
          submittedWhen: parent.submitted_when,
        });
        if (parent.status !== "Submitting")
          runs.push({ submissionId, taskId, ownerId: parent.owner_id, dataKey: parent.object_key });
      }
    await startRuns(tx, context, plan, runs, []);
    if (parents.length === maxAtOnce) await continueLater(tx, context, { phase: phaseId, tasks: taskIds });
  });
}
