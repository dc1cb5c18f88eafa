import { sql, type Transaction } from "kysely";
import { artifacts } from "../../../contract/job.ts";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";

/**
 * Attempts at a job, oldest first. `files` is the prefix of what an attempt left: of the copies that nobody can replace, as soon
 * as its report has arrived.
 */
export async function attemptsOfJob(db: Db | Transaction<Database>, jobId: string) {
  const rows = await db
    .selectFrom("attempts")
    .select([
      "id",
      "kept_prefix",
      "number",
      "host",
      "launcher",
      "outcome",
      "failure",
      "report",
      "progress",
      "started_when",
      "ended_when",
      sql<number | null>`cost_microusd::float8`.as("cost_microusd"),
      "cost_lines",
      "paid_by",
    ])
    .where("job_id", "=", jobId)
    .orderBy("number")
    .execute();
  return rows.map(({ kept_prefix, ...attempt }) => ({
    ...attempt,
    files: kept_prefix ?? artifacts.prefix(attempt.id),
  }));
}

/** Ids of all attempts at some jobs. The keys of their objects contain these ids. */
export async function attemptIdsOfJobs(db: Db | Transaction<Database>, jobIds: string[]): Promise<string[]> {
  if (jobIds.length === 0) return [];
  const rows = await db.selectFrom("attempts").select("id").where("job_id", "in", jobIds).orderBy("id").execute();
  return rows.map((row) => row.id);
}
