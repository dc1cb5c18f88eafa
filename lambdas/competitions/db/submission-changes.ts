/** Writes submissions. A status changes only if the new one may follow the current one. */
import { sql, type Transaction } from "kysely";
import type { RunWarning } from "../rules/run-warnings.ts";
import { isFinal, statusesBefore, type ChildEnd, type SubmissionStatus } from "../rules/submission-status.ts";
import { countedRuns } from "./counted-runs.ts";
import type { ParticipantStatus } from "./participants.ts";
import type { Database } from "../../kernel/db/schema.ts";

type Tx = Transaction<Database>;

export interface NewSubmission {
  phaseId: number;
  ownerId: number;
  participantId: number;
  /** The organization for which its owner submits. */
  organizationId: number | null;
  dataId: number;
  /** Null for a parent. */
  taskId: number | null;
  parentId: number | null;
  hasChildren: boolean;
  factSheetAnswers: Record<string, unknown> | null;
  /** The queue to use instead of the competition's. */
  queueId?: string | null;
  isSpecificTaskRerun?: boolean;
  onLeaderboard?: boolean;
  migratedFromId?: number | null;
  /** The submission of which it is a rerun, or a rerun of a rerun. */
  firstRunId?: number | null;
  isKeptOff?: boolean;
  /** When its original was submitted. */
  submittedWhen?: Date;
}

export async function insertSubmission(tx: Tx, submission: NewSubmission): Promise<number> {
  const { id } = await tx
    .insertInto("submissions")
    .values({
      phase_id: submission.phaseId,
      owner_id: submission.ownerId,
      participant_id: submission.participantId,
      organization_id: submission.organizationId,
      data_id: submission.dataId,
      task_id: submission.taskId,
      parent_id: submission.parentId,
      has_children: submission.hasChildren,
      fact_sheet_answers: submission.factSheetAnswers && JSON.stringify(submission.factSheetAnswers),
      queue_id: submission.queueId ?? null,
      is_specific_task_re_run: submission.isSpecificTaskRerun ?? false,
      on_leaderboard: submission.onLeaderboard ?? false,
      migrated_from_id: submission.migratedFromId ?? null,
      first_run_id: submission.firstRunId ?? null,
      kept_off_leaderboard: submission.isKeptOff ?? false,
      ...(submission.submittedWhen ? { submitted_when: submission.submittedWhen } : {}),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/**
 * Records the jobs that run submissions. These become Submitted, and so do parents, which have no job. Returns how many
 * of them were still waiting to be started; the others are unchanged.
 */
export async function markStarted(tx: Tx, started: { submissionId: number; jobId: string | null }[]): Promise<number> {
  if (started.length === 0) return 0;
  const { rows } = await sql<{ id: number }>`
    update submissions s set job_id = run.job_id, status = 'Submitted'
    from unnest(${started.map((s) => s.submissionId)}::int[], ${started.map((s) => s.jobId)}::uuid[]) as run(id, job_id)
    where s.id = run.id and s.status = 'Submitting' and s.job_id is null
    returning s.id`.execute(tx);
  return rows.length;
}

/**
 * Locks a participant's row until the transaction ends, so that concurrent submissions are counted one at a time.
 * Returns the participant's status, or undefined if the participant was deleted.
 */
export async function lockParticipant(tx: Tx, participantId: number): Promise<ParticipantStatus | undefined> {
  const participant = await tx
    .selectFrom("participants")
    .select("status")
    .where("id", "=", participantId)
    .forUpdate()
    .executeTakeFirst();
  return participant?.status;
}

export interface StatusChange {
  status: SubmissionStatus;
  details: string | null;
  failureCode?: string | null;
  warnings?: RunWarning[];
  md5?: string | undefined;
}

const changedColumns = (change: StatusChange) => ({
  status: change.status,
  status_details: change.details,
  ...(change.failureCode === undefined ? {} : { failure_code: change.failureCode }),
  ...(change.warnings === undefined
    ? {}
    : {
        warnings: change.warnings.map(({ message }) => message),
        warning_details: JSON.stringify(change.warnings),
      }),
  ...(change.md5 === undefined ? {} : { md5: change.md5 }),
  ...(change.status === "Running" ? { started_when: sql<Date>`coalesce(started_when, now())` } : {}),
  ...(isFinal(change.status) ? { finished_when: sql<Date>`now()` } : {}),
});

/** Changes the status of a submission if the new one may follow the current one. Returns false if it may not. */
export async function setStatus(tx: Tx, submissionId: number, change: StatusChange): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("submissions")
    .set(changedColumns(change))
    .where("id", "=", submissionId)
    .where("status", "in", statusesBefore(change.status))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Like `setStatus`, for the submission that a job runs. Undefined if the status did not change. */
export async function setStatusOfJob(
  tx: Tx,
  jobId: string,
  change: StatusChange,
): Promise<{ parent_id: number | null } | undefined> {
  return tx
    .updateTable("submissions")
    .set(changedColumns(change))
    .where("job_id", "=", jobId)
    .where("status", "in", statusesBefore(change.status))
    .returning("parent_id")
    .executeTakeFirst();
}

/**
 * Locks a parent's row until the transaction ends, so that its children end one at a time, and returns their statuses.
 */
export async function lockFamily(tx: Tx, parentId: number): Promise<({ id: number } & ChildEnd)[]> {
  await tx.selectFrom("submissions").select("id").where("id", "=", parentId).forUpdate().execute();
  return tx
    .selectFrom("submissions as s")
    .leftJoin("tasks as t", "t.id", "s.task_id")
    .select(["s.id", "s.status", "s.status_details as details", "s.failure_code as failureCode", "t.name as task"])
    .where("s.parent_id", "=", parentId)
    .orderBy("s.id")
    .execute();
}

/** The children of a parent that count. */
export async function countedChildren(tx: Tx, parentId: number): Promise<number[]> {
  const { runs } = await tx
    .selectFrom("submissions as s")
    .select(countedRuns("s").as("runs"))
    .where("s.id", "=", parentId)
    .executeTakeFirstOrThrow();
  return runs;
}

/** The submissions that have jobs, with these: the given ones, or their children. */
export async function runsOf(tx: Tx, ids: number[]): Promise<{ id: number; job_id: string | null }[]> {
  return tx
    .selectFrom("submissions")
    .select(["id", "job_id"])
    .where((eb) => eb.or([eb("id", "in", ids), eb("parent_id", "in", ids)]))
    .where("has_children", "=", false)
    .orderBy("id")
    .execute();
}

/** Locks submissions and the children of parents among them, and returns them with their jobs and data. */
export async function lockFamilies(tx: Tx, ids: number[]) {
  if (ids.length === 0) return [];
  return tx
    .selectFrom("submissions")
    .select(["id", "parent_id", "job_id", "data_id", "on_leaderboard", "is_public"])
    .where((eb) => eb.or([eb("id", "in", ids), eb("parent_id", "in", ids)]))
    .orderBy("id")
    .forUpdate()
    .execute();
}

/**
 * Deletes submissions with their children and scores. Their jobs are kept as a record of usage, and what limits count is
 * kept as well.
 */
export async function deleteSubmissions(tx: Tx, ids: number[]): Promise<void> {
  await tx
    .insertInto("deleted_submissions")
    .columns(["id", "phase_id", "owner_id", "organization_id", "created_when"])
    .expression((eb) =>
      eb
        .selectFrom("submissions")
        .select(["id", "phase_id", "owner_id", "organization_id", "created_when"])
        .where("id", "in", ids)
        .where("parent_id", "is", null)
        .where("status", "!=", "Failed"),
    )
    .execute();
  await tx.deleteFrom("submissions").where("id", "in", ids).execute();
}

/** Marks submissions as soft-deleted, without their files. Returns false if one of them already was. */
export async function markSoftDeleted(tx: Tx, ids: number[]): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("submissions")
    .set({ is_soft_deleted: true, is_public: false, data_id: null, soft_deleted_when: sql<Date>`now()` })
    .where("id", "in", ids)
    .where("is_soft_deleted", "=", false)
    .executeTakeFirst();
  return numUpdatedRows === BigInt(ids.length);
}

/** Deletes submitted files that no submission uses any more, and returns the keys of their objects. */
export async function deleteUnusedSubmissionData(tx: Tx, dataIds: number[]): Promise<string[]> {
  if (dataIds.length === 0) return [];
  const rows = await tx
    .deleteFrom("datasets as d")
    .where("d.id", "in", dataIds)
    .where("d.type", "=", "submission")
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom("submissions as s").select("s.id").whereRef("s.data_id", "=", "d.id"))),
    )
    .returning(["d.object_key", "d.incoming_key"])
    .execute();
  return rows.flatMap((row) => [row.object_key, row.incoming_key].filter((key) => key !== null));
}

/** Makes a submission, its children and its file public or private. */
export async function setPublic(tx: Tx, id: number, isPublic: boolean): Promise<void> {
  await tx
    .updateTable("submissions")
    .set({ is_public: isPublic })
    .where((eb) => eb.or([eb("id", "=", id), eb("parent_id", "=", id)]))
    .execute();
  await tx
    .updateTable("datasets")
    .set({ is_public: isPublic })
    .where("id", "in", (eb) =>
      eb
        .selectFrom("submissions")
        .select("data_id")
        .where("id", "=", id)
        .where("data_id", "is not", null)
        .$narrowType<{ data_id: number }>(),
    )
    .execute();
}

/** Replaces the answers of a submission and its children. */
export async function setFactSheetAnswers(tx: Tx, id: number, answers: Record<string, unknown>): Promise<void> {
  await tx
    .updateTable("submissions")
    .set({ fact_sheet_answers: JSON.stringify(answers) })
    .where((eb) => eb.or([eb("id", "=", id), eb("parent_id", "=", id)]))
    .execute();
}
