import type { Transaction } from "kysely";
import { defaultQueueId, filesOfTasks, findQueue, type PhaseAndCompetition } from "../db/competitions.ts";
import { createJobs } from "../db/jobs.ts";
import type { Database } from "../db/schema.ts";
import { markStarted } from "../db/submission-changes.ts";
import { tasksById } from "../db/tasks.ts";
import { compileSubmission, defaultLimits, effectiveNetwork, effectiveTimeLimit, type TaskArchives } from "../domain/compile-submission.ts";
import type { JobSpec, ObjectRef } from "../domain/job.ts";
import { Refusal } from "../domain/refusal.ts";
import type { Platform } from "./platform.ts";

/** Making jobs of submissions. */

/** What the jobs of a phase's submissions are made of, read once for any number of them. */
export interface RunPlan {
  queueId: string;
  groupKey: string;
  /** The job of a submission's file on a task of the plan. */
  spec(taskId: number, submission: ObjectRef): JobSpec;
}

/**
 * Plans runs of submissions to a phase on some tasks. `queueId` sends them to another queue than the competition's.
 * Refused when one of the tasks cannot run.
 */
export async function planRuns(
  platform: Platform,
  { phase, competition }: PhaseAndCompetition,
  taskIds: number[],
  queueId: string | null,
): Promise<RunPlan> {
  const { db, environment } = platform;
  const wanted = queueId ?? competition.queue_id;
  const queue = wanted === null ? undefined : await findQueue(db, wanted);
  const tasks = new Map((await tasksById(db, taskIds)).map((task) => [task.id, task]));
  const archives = await archivesOf(platform, taskIds);
  const cap = !queue || queue.is_default ? environment.MAX_EXECUTION_TIME_LIMIT : null;
  return {
    queueId: queue?.id ?? (await defaultQueueId(db)),
    groupKey: `competition:${competition.id}`,
    spec: (taskId, submission) =>
      compileSubmission({
        submission,
        task: archives.get(taskId)!,
        ingestionOnlyDuringScoring: tasks.get(taskId)!.ingestion_only_during_scoring,
        image: competition.docker_image,
        timeLimitSeconds: effectiveTimeLimit(phase.execution_time_limit, cap),
        network: effectiveNetwork(competition.enable_network, environment.ALLOW_NETWORK),
        limits: defaultLimits,
        ...(queue ? { profiles: { prediction: queue.prediction_profile, scoring: queue.scoring_profile } } : {}),
        detailedResults: competition.enable_detailed_results,
      }),
  };
}

/** A submission that is to run: its row exists and waits. */
export interface Run {
  submissionId: number;
  taskId: number;
  ownerId: number;
  /** Key of its file in the uploads bucket. */
  dataKey: string;
}

/**
 * Makes a job for each run and rings for them; their submissions are Submitted from then on, as are `parents`. Refused
 * when one of them was started by somebody else meanwhile.
 */
export async function startRuns(
  tx: Transaction<Database>,
  plan: RunPlan,
  runs: Run[],
  parents: number[],
): Promise<void> {
  const jobs = await createJobs(
    tx,
    runs.map(({ taskId, ownerId, dataKey }) => ({
      queueId: plan.queueId,
      spec: plan.spec(taskId, { bucket: "uploads", key: dataKey }),
      priority: 0,
      ownerKey: `user:${ownerId}`,
      groupKey: plan.groupKey,
    })),
  );
  const started = await markStarted(tx, [
    ...runs.map(({ submissionId }, index) => ({ submissionId, jobId: jobs[index]! })),
    ...parents.map((submissionId) => ({ submissionId, jobId: null })),
  ]);
  if (started !== runs.length + parents.length)
    throw new Refusal("conflict", "STARTED_ALREADY", "This submission was started already.");
}

/** The archives of tasks by task id. */
async function archivesOf({ db }: Platform, taskIds: number[]): Promise<Map<number, TaskArchives>> {
  const files = await filesOfTasks(db, taskIds);
  return new Map(
    taskIds.map((id) => {
      const ref = (role: (typeof files)[number]["role"]): ObjectRef | null => {
        const file = files.find((candidate) => candidate.task_id === id && candidate.role === role);
        return file ? { bucket: "uploads", key: file.object_key } : null;
      };
      const scoringProgram = ref("scoring_program");
      if (!scoringProgram)
        throw new Refusal("invalid", "NO_SCORING_PROGRAM", "A task of this phase has no scoring program. Tell the organizer.");
      return [
        id,
        {
          scoringProgram,
          ingestionProgram: ref("ingestion_program"),
          inputData: ref("input_data"),
          referenceData: ref("reference_data"),
        },
      ];
    }),
  );
}
