import { sql, type Transaction } from "kysely";
import type { Failure } from "../../../contract/job.ts";
import type { Db } from "../../kernel/db/connection.ts";
import { ring } from "./jobs.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { lockFamily } from "../../competitions/db/submission-changes.ts";

/** Jobs whose tries the platform or its workers used up. Those of deleted submissions are nobody's any more. */

type Tx = Transaction<Database>;

export interface QuarantinedJob {
  id: string;
  quarantined_when: Date;
  failure: Failure;
  submission: number;
  competition: { id: number; title: string };
  /** Oldest first, with those of before a replay. */
  attempts: {
    id: string;
    number: number;
    host: string;
    launcher: string;
    outcome: string | null;
    failure: Failure | null;
    started_when: string;
    ended_when: string | null;
  }[];
}

/** What a job runs. */
export interface SubmissionOfJob {
  submission: number;
  competition: number;
}

function selectQuarantined(db: Db, queueId: string) {
  return db
    .selectFrom("jobs as j")
    .innerJoin("submissions as s", "s.job_id", "j.id")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .innerJoin("competitions as c", "c.id", "p.competition_id")
    .where("j.queue_id", "=", queueId)
    .where("j.quarantined_when", "is not", null)
    .where("s.is_soft_deleted", "=", false);
}

/** A page of what is quarantined on a queue, the latest first, and how much there is. */
export async function listQuarantined(
  db: Db,
  queueId: string,
  page: { offset: number; limit: number },
): Promise<{ count: number; jobs: QuarantinedJob[] }> {
  const { count } = await selectQuarantined(db, queueId)
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  const jobs = await selectQuarantined(db, queueId)
    .select([
      "j.id",
      "j.quarantined_when",
      "j.failure",
      "s.id as submission",
      sql<QuarantinedJob["competition"]>`json_build_object('id', c.id, 'title', c.title)`.as("competition"),
      sql<QuarantinedJob["attempts"]>`(
        select json_agg(json_build_object('id', a.id, 'number', a.number, 'host', a.host, 'launcher', a.launcher,
          'outcome', a.outcome, 'failure', a.failure, 'started_when', a.started_when, 'ended_when', a.ended_when) order by a.number)
        from attempts a where a.job_id = j.id)`.as("attempts"),
    ])
    .orderBy("j.quarantined_when", "desc")
    .orderBy("j.id")
    .offset(page.offset)
    .limit(page.limit)
    .$narrowType<{ quarantined_when: Date; failure: Failure }>()
    .execute();
  return { count: Number(count), jobs };
}

/**
 * Makes a quarantined job of a queue ready, with all its tries anew, and rings. Its submission waits again, and a parent
 * that was over runs again. Undefined when the queue has no such job in quarantine.
 */
export async function replayJob(tx: Tx, queueId: string, jobId: string): Promise<SubmissionOfJob | undefined> {
  const job = await tx
    .updateTable("jobs as j")
    .set((eb) => ({
      state: "ready" as const,
      quarantined_when: null,
      failure: null,
      finished_when: null,
      attempt_id: null,
      cancel_requested_when: null,
      released_attempts: eb.ref("j.attempt_number"),
      ready_when: sql<Date>`now()`,
      rung_when: sql<Date>`now()`,
    }))
    .from("submissions as s")
    .where("j.id", "=", jobId)
    .where("j.queue_id", "=", queueId)
    .where("j.quarantined_when", "is not", null)
    .whereRef("s.job_id", "=", "j.id")
    .where("s.is_soft_deleted", "=", false)
    .returning(["s.id as submission", "s.parent_id as parent", "j.correlation_id as correlationId"])
    .executeTakeFirst();
  if (!job) return undefined;
  // Jobs are locked before queues, queues before submissions as when a job is claimed, and parents before children.
  await ring(tx, queueId, job.correlationId);
  if (job.parent !== null) {
    await lockFamily(tx, job.parent);
    await reopen(tx, job.parent, "Running");
  }
  await reopen(tx, job.submission, "Submitted");
  return submissionOf(tx, jobId);
}

/** Takes a submission back that is over: the one thing that does, since a rerun is a submission of its own. */
async function reopen(tx: Tx, submissionId: number, status: "Submitted" | "Running"): Promise<void> {
  await tx
    .updateTable("submissions")
    .set({ status, status_details: null, failure_code: null, finished_when: null })
    .where("id", "=", submissionId)
    .where("status", "in", ["Finished", "Failed", "Cancelled"])
    .execute();
}

/** Takes a job of a queue out of quarantine: it stays failed. Undefined when the queue has no such job in quarantine. */
export async function dropQuarantined(tx: Tx, queueId: string, jobId: string): Promise<SubmissionOfJob | undefined> {
  const { numUpdatedRows } = await tx
    .updateTable("jobs")
    .set({ quarantined_when: null })
    .where("id", "=", jobId)
    .where("queue_id", "=", queueId)
    .where("quarantined_when", "is not", null)
    .executeTakeFirst();
  return numUpdatedRows === 1n ? submissionOf(tx, jobId) : undefined;
}

async function submissionOf(tx: Tx, jobId: string): Promise<SubmissionOfJob | undefined> {
  return tx
    .selectFrom("submissions as s")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .select(["s.id as submission", "p.competition_id as competition"])
    .where("s.job_id", "=", jobId)
    .executeTakeFirst();
}
