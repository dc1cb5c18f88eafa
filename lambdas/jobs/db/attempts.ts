import { sql, type Transaction } from "kysely";
import { artifacts, type JobSpec, type Progress, type Step, type ObjectRef } from "../../../contract/job.ts";
import { stageKey } from "../rules/step-times.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";

const selectAttempts = (db: Db | Transaction<Database>) =>
  db
    .selectFrom("attempts")
    .select(["id", "job_id", "kept_prefix", "number", "host", "launcher", "outcome", "failure", "report", "progress"])
    .select(["stages", "started_when", "ended_when", "cost_lines", "paid_by"])
    .select(sql<number | null>`cost_microusd::float8`.as("cost_microusd"));

const withFiles = <Row extends { id: string; kept_prefix: string | null }>({ kept_prefix, ...attempt }: Row) => ({
  ...attempt,
  files: kept_prefix ?? artifacts.prefix(attempt.id),
});

/**
 * Attempts at a job, oldest first. `files` is the prefix of what an attempt left: of the copies that nobody can replace, as soon
 * as its report has arrived.
 */
export async function attemptsOfJob(db: Db | Transaction<Database>, jobId: string) {
  return (await selectAttempts(db).where("job_id", "=", jobId).orderBy("number").execute()).map(withFiles);
}

/** The latest attempt at each of some jobs. */
export async function latestAttempts(db: Db, jobIds: string[]) {
  if (jobIds.length === 0) return [];
  const rows = await selectAttempts(db)
    .distinctOn("job_id")
    .where("job_id", "in", jobIds)
    .orderBy("job_id")
    .orderBy("number", "desc")
    .execute();
  return rows.map(withFiles);
}

/** The attempt that holds a job, and its step that runs or is next; null if the job does not run. */
export async function runningStep(
  db: Db,
  jobId: string,
): Promise<{ attempt: string; step: Step<ObjectRef> | undefined } | null> {
  const row = await db
    .selectFrom("jobs as j")
    .innerJoin("attempts as a", "a.id", "j.attempt_id")
    .select(["a.id", "a.progress", "j.spec"])
    .where("j.id", "=", jobId)
    .where("j.state", "=", "leased")
    .executeTakeFirst();
  if (!row) return null;
  const { steps }: JobSpec = row.spec;
  return { attempt: row.id, step: steps.find(({ name }) => name === row.progress?.step) };
}

/** Notes when stages of steps were reported, unless they were before. */
export async function recordStages(tx: Tx, attemptId: string, reached: readonly Progress[]): Promise<void> {
  const keys = [...new Set(reached.map(stageKey))];
  if (keys.length === 0) return;
  await sql`
    update attempts set stages = (select jsonb_object_agg(key, now()) from unnest(${keys}::text[]) key) || coalesce(stages, '{}')
    where id = ${attemptId} and not coalesce(stages, '{}') ?& ${keys}::text[]`.execute(tx);
}

/** When stages of the latest attempt at each of some jobs were reported. */
export async function latestStages(db: Db, jobIds: string[]) {
  if (jobIds.length === 0) return [];
  return db
    .selectFrom("attempts")
    .distinctOn("job_id")
    .select(["job_id", "stages", "ended_when"])
    .where("job_id", "in", jobIds)
    .orderBy("job_id")
    .orderBy("number", "desc")
    .execute();
}

/** Ids of all attempts at some jobs. The keys of their objects contain these ids. */
export async function attemptIdsOfJobs(db: Db | Transaction<Database>, jobIds: string[]): Promise<string[]> {
  if (jobIds.length === 0) return [];
  const rows = await db.selectFrom("attempts").select("id").where("job_id", "in", jobIds).orderBy("id").execute();
  return rows.map((row) => row.id);
}
