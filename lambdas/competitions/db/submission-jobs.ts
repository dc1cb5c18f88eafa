/** Submissions and the jobs that run them. */
import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { lockFamily } from "./submission-changes.ts";

type Tx = Transaction<Database>;

/** Ids of the jobs of a submission, or of a parent's children. */
export async function jobsOfSubmission(db: Db, submissionId: number): Promise<string[]> {
  const rows = await db
    .selectFrom("submissions")
    .select("job_id")
    .where((eb) => eb.or([eb("id", "=", submissionId), eb("parent_id", "=", submissionId)]))
    .execute();
  return rows.flatMap((row) => row.job_id ?? []);
}

/** The tasks of a submission's jobs, or those of a parent's children, by job. A deleted task is null. */
export async function tasksOfJobs(
  db: Db,
  submissionId: number,
): Promise<Map<string, { id: number; name: string } | null>> {
  const rows = await db
    .selectFrom("submissions as s")
    .leftJoin("tasks as t", "t.id", "s.task_id")
    .select(["s.job_id", "t.id", "t.name"])
    .where((eb) => eb.or([eb("s.id", "=", submissionId), eb("s.parent_id", "=", submissionId)]))
    .where("s.job_id", "is not", null)
    .orderBy("s.id")
    .execute();
  return new Map(rows.map(({ job_id, id, name }) => [job_id!, id === null || name === null ? null : { id, name }]));
}

/** The job of a submission and its status. Undefined if it was deleted; the job is null if its files were. */
export async function findRun(db: Db, submissionId: number) {
  return db
    .selectFrom("submissions")
    .select([
      "status",
      sql<string | null>`case when not is_soft_deleted and files_deleted_when is null then job_id end`.as("job"),
    ])
    .where("id", "=", submissionId)
    .executeTakeFirst();
}

/** The run that says why a submission failed: itself, or the first of its children that failed. */
export async function findFailedRun(db: Db, submissionId: number) {
  return db
    .selectFrom("submissions")
    .select(["id", "job_id", "failure_code", "status_details"])
    .where((eb) => eb.or([eb("id", "=", submissionId), eb("parent_id", "=", submissionId)]))
    .where("status", "=", "Failed")
    .orderBy("has_children")
    .orderBy("finished_when")
    .orderBy("id")
    .limit(1)
    .executeTakeFirst();
}

/** The queue that a submission will run on; null for the default one. */
export async function queueOfSubmission(db: Db, submissionId: number): Promise<string | null> {
  const named = await db
    .selectFrom("submissions as s")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .innerJoin("competitions as c", "c.id", "p.competition_id")
    .select((eb) => eb.fn.coalesce("s.queue_id", "c.queue_id").as("id"))
    .where("s.id", "=", submissionId)
    .executeTakeFirst();
  return named?.id ?? null;
}

/** Submissions by their jobs, with their competitions. Deleted ones are left out. */
export async function submissionsOfJobs(db: Db | Tx, jobIds: string[]) {
  if (jobIds.length === 0) return [];
  return db
    .selectFrom("submissions as s")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .innerJoin("competitions as c", "c.id", "p.competition_id")
    .select(["s.job_id as job", "s.id", "c.id as competition_id", "c.title"])
    .where("s.job_id", "in", jobIds)
    .where("s.is_soft_deleted", "=", false)
    .$narrowType<{ job: string }>()
    .execute();
}

/** Lets the submission of a job that is ready again wait again; a parent that had ended runs again. Undefined if it was deleted. */
export async function reopenSubmission(
  tx: Tx,
  jobId: string,
): Promise<{ id: number; competition: number } | undefined> {
  const submission = await tx
    .selectFrom("submissions as s")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .select(["s.id", "s.parent_id", "p.competition_id as competition"])
    .where("s.job_id", "=", jobId)
    .executeTakeFirst();
  if (!submission) return undefined;
  const { id, parent_id: parent, competition } = submission;
  // Parents are locked before children.
  if (parent !== null) {
    await lockFamily(tx, parent);
    await reopen(tx, parent, "Running");
  }
  await reopen(tx, id, "Submitted");
  return { id, competition };
}

/** Changes the status of a submission that has ended. Nothing else does so, because a rerun is a new submission. */
async function reopen(tx: Tx, submissionId: number, status: "Submitted" | "Running"): Promise<void> {
  await tx
    .updateTable("submissions")
    .set({
      ...{ status, status_details: null, failure_code: null, finished_when: null },
      ...{ warnings: [], warning_details: "[]" },
    })
    .where("id", "=", submissionId)
    .where("status", "in", ["Finished", "Failed", "Cancelled"])
    .execute();
}
