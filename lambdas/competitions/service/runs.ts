/** Creates the jobs of submissions. */
import { filesOfTasks, type PhaseAndCompetition } from "../db/competitions.ts";
import { findDatasetsById } from "../db/datasets.ts";
import { offeredProfiles } from "../../jobs/db/capacity-profiles.ts";
import { createJobs } from "../../jobs/db/jobs.ts";
import { queueForJobs, type RunQueue } from "../../jobs/db/served-queues.ts";
import { markStarted } from "../db/submission-changes.ts";
import { tasksById } from "../db/tasks.ts";
import type { OfferedProfiles } from "../../../contract/capacity-profile.ts";
import {
  compileSubmission,
  defaultLimits,
  effectiveNetwork,
  effectiveTimeLimit,
  queueCaps,
  type TaskArchives,
} from "../rules/compile-submission.ts";
import { groupKeyOf } from "../rules/group-key.ts";
import type { RunStep } from "../rules/run-steps.ts";
import type { JobSpec, ObjectRef } from "../../../contract/job.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { afterCommit, type Context } from "../../kernel/context.ts";
import { keepUpload } from "./keep-upload.ts";
import { submissionJobs } from "./submission-job-owner.ts";

/** What all jobs of a phase's submissions share. It is read once for any number of them. */
export interface RunPlan {
  queueId: string;
  /** Maximum size of a submission on the queue. */
  maxSubmissionBytes: number | null;
  groupKey: string;
  /** Id of the request that starts the runs. */
  correlationId: string | null;
  /** Describes the job that runs a submission's file on a task of the plan. */
  spec(taskId: number, submission: ObjectRef): JobSpec;
}

/**
 * Plans runs of submissions to a phase on some tasks. `queueId` replaces the competition's queue. Refused if one of the tasks
 * cannot run, or the queue accepts no jobs.
 */
export async function planRuns(
  context: Context,
  { phase, competition }: PhaseAndCompetition,
  taskIds: number[],
  queueId: string | null,
): Promise<RunPlan> {
  const { db, environment } = context;
  const queue = await queueForJobs(db, queueId ?? competition.queue_id);
  if (!queue.accepts_jobs)
    throw new Refusal(
      "forbidden",
      "QUEUE_DRAINED",
      "The queue of this competition takes no submissions at the moment. Ask its organizers.",
    );
  const tasks = new Map((await tasksById(db, taskIds)).map((task) => [task.id, task]));
  const archives = await archivesOf(context, taskIds);
  const profiles = profilesOf(queue, await offeredProfiles(db));
  const caps = queueCaps(queue, environment.MAX_EXECUTION_TIME_LIMIT);
  return {
    queueId: queue.id,
    maxSubmissionBytes: queue.max_upload_bytes,
    groupKey: groupKeyOf(competition.id),
    correlationId: context.correlationId,
    spec: (taskId, submission) =>
      compileSubmission({
        submission,
        task: archives.get(taskId)!,
        ingestionOnlyDuringScoring: tasks.get(taskId)!.ingestion_only_during_scoring,
        image: competition.docker_image,
        timeLimitSeconds: effectiveTimeLimit(phase.execution_time_limit, caps),
        network: effectiveNetwork(competition.enable_network, environment.ALLOW_NETWORK),
        liftTopFolders: competition.lift_top_folders,
        limits: defaultLimits,
        ...profiles,
        detailedResults: competition.enable_detailed_results,
      }),
  };
}

function profilesOf({ step_profiles: chosen }: RunQueue, profiles: OfferedProfiles) {
  if (chosen === null) return {};
  // A profile that no longer exists is reported while the job waits.
  const named = (step: RunStep) => {
    const name = chosen[step];
    return name === undefined ? null : { name, network: profiles[name]?.network ?? true };
  };
  return { profiles: { prediction: named("prediction"), scoring: named("scoring") } };
}

/** A submission to run. Its row is already stored. */
export interface Run {
  submissionId: number;
  taskId: number;
  ownerId: number;
  /** Key of its file in the uploads bucket. */
  dataKey: string;
}

/**
 * Creates a job for each run and rings for them. The submissions and `parents` become Submitted. Refused if another request has
 * started one of them meanwhile.
 */
export async function startRuns(
  tx: Tx,
  { log }: Context,
  plan: RunPlan,
  runs: Run[],
  parents: number[],
): Promise<void> {
  const jobs = await createJobs(
    tx,
    runs.map(({ taskId, ownerId, dataKey }) => ({
      queueId: plan.queueId,
      kind: submissionJobs.kind,
      spec: plan.spec(taskId, { bucket: "uploads", key: dataKey }),
      priority: 0,
      ownerKey: `user:${ownerId}`,
      groupKey: plan.groupKey,
      correlationId: plan.correlationId,
    })),
  );
  const started = await markStarted(tx, [
    ...runs.map(({ submissionId }, index) => ({ submissionId, jobId: jobs[index]! })),
    ...parents.map((submissionId) => ({ submissionId, jobId: null })),
  ]);
  if (started !== runs.length + parents.length)
    throw new Refusal("conflict", "STARTED_ALREADY", "This submission was started already.");
  afterCommit(tx, () => {
    for (const [index, { submissionId }] of runs.entries())
      log.with({ job: jobs[index]! }).info("job.created", { submission: submissionId, queue: plan.queueId });
  });
}

/** The archives of tasks by task id. Files that were uploaded after the task was made are kept first. */
async function archivesOf(context: Context, taskIds: number[]): Promise<Map<number, TaskArchives>> {
  const { db } = context;
  let files = await filesOfTasks(db, taskIds);
  const unkept = files.flatMap((file) => (file.is_kept ? [] : [file.dataset_id]));
  // A transaction that rolls back would not bring back the uploads. Plans in transactions are only checks.
  if (unkept.length > 0 && !db.isTransaction) {
    for (const dataset of await findDatasetsById(db, unkept)) await keepUpload(context, dataset);
    files = await filesOfTasks(db, taskIds);
  }
  return new Map(
    taskIds.map((id) => {
      const ref = (role: (typeof files)[number]["role"]): ObjectRef | null => {
        const file = files.find((candidate) => candidate.task_id === id && candidate.role === role);
        return file ? { bucket: "uploads", key: file.object_key } : null;
      };
      const scoringProgram = ref("scoring_program");
      if (!scoringProgram)
        throw new Refusal(
          "invalid",
          "NO_SCORING_PROGRAM",
          "A task of this phase has no scoring program. Tell the organizer.",
        );
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
