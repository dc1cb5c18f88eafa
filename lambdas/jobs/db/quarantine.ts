/** Quarantined jobs: the platform failed to run them in every try, and the owner of their queue decides what to do. */
import { sql, type Transaction } from "kysely";
import type { JobFailure } from "../../../contract/job.ts";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { profileOfStep } from "./places.ts";
import { ring } from "./doorbells.ts";

type Tx = Transaction<Database>;

export interface QuarantinedJob {
  id: string;
  kind: string;
  quarantined_when: Date;
  failure: JobFailure;
  /** Oldest first, including those before a replay. */
  attempts: {
    id: string;
    number: number;
    host: string;
    launcher: string;
    outcome: string | null;
    failure: JobFailure | null;
    started_when: string;
    ended_when: string | null;
  }[];
}

const selectQuarantined = (db: Db, queueId: string) =>
  db.selectFrom("jobs as j").where("j.queue_id", "=", queueId).where("j.quarantined_when", "is not", null);

/** A page of a queue's quarantined jobs, the latest first, and their total number. */
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
      "j.kind",
      "j.quarantined_when",
      "j.failure",
      sql<QuarantinedJob["attempts"]>`(
        select json_agg(json_build_object('id', a.id, 'number', a.number, 'host', a.host, 'launcher', a.launcher,
          'outcome', a.outcome, 'failure', a.failure, 'started_when', a.started_when, 'ended_when', a.ended_when) order by a.number)
        from attempts a where a.job_id = j.id)`.as("attempts"),
    ])
    .orderBy("j.quarantined_when", "desc")
    .orderBy("j.id")
    .offset(page.offset)
    .limit(page.limit)
    .$narrowType<{ quarantined_when: Date; failure: JobFailure }>()
    .execute();
  return { count: Number(count), jobs };
}

/**
 * Makes a quarantined job of a queue ready with a full number of tries, and rings. Returns its kind; undefined if the queue has
 * no such job in quarantine.
 */
export async function replayJob(tx: Tx, queueId: string, jobId: string): Promise<string | undefined> {
  const job = await tx
    .updateTable("jobs")
    .set((eb) => ({
      state: "ready" as const,
      quarantined_when: null,
      failure: null,
      finished_when: null,
      attempt_id: null,
      cancel_requested_when: null,
      released_attempts: eb.ref("attempt_number"),
      ready_when: sql<Date>`now()`,
      rung_when: sql<Date>`now()`,
      profile: sql<string>`case when profile is not null then ${profileOfStep(sql`spec`, null)} end`,
    }))
    .where("id", "=", jobId)
    .where("queue_id", "=", queueId)
    .where("quarantined_when", "is not", null)
    .returning(["kind", "correlation_id as correlationId"])
    .executeTakeFirst();
  if (job) await ring(tx, queueId, job.correlationId);
  return job?.kind;
}

/** Removes a job of a queue from quarantine; it stays failed. Returns the same as `replayJob`. */
export async function dropQuarantined(tx: Tx, queueId: string, jobId: string): Promise<string | undefined> {
  const job = await tx
    .updateTable("jobs")
    .set({ quarantined_when: null })
    .where("id", "=", jobId)
    .where("queue_id", "=", queueId)
    .where("quarantined_when", "is not", null)
    .returning("kind")
    .executeTakeFirst();
  return job?.kind;
}

/** Removes jobs without an owner from quarantine, so that nobody can replay them. */
export async function forgetQuarantined(tx: Tx, jobIds: string[]): Promise<void> {
  if (jobIds.length === 0) return;
  await tx
    .updateTable("jobs")
    .set({ quarantined_when: null })
    .where("id", "in", jobIds)
    .where("quarantined_when", "is not", null)
    .execute();
}
