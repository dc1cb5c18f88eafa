import { sql } from "kysely";
import type { Db } from "./connection.ts";

/** What a role may do with a table: with all columns (`true`), or with some. */
export interface Grants {
  select?: true | string[];
  insert?: true;
  /** PostgreSQL also wants this, for one column at least, from whoever locks a row. */
  update?: true | string[];
  /** Almost everywhere, rows are deleted by others. */
  delete?: true;
}

/**
 * What the function for workers may read and write. It reads no mail address, no password, no login of a person, no file of
 * a bundle and no audit trail. Whoever gets into that function, or finds a way to make it run SQL, gets no more than this.
 * If code for workers needs more, add it here: every test with a worker and a PostgreSQL server fails without. Take a grant
 * away one release after the code that used it, because a rollback brings that code back.
 */
export const workerGrants: Record<string, Grants> = {
  worker_tokens: { select: true },
  workers: { select: true, insert: true, update: true },
  reachability: { select: true, update: true },
  jobs: { select: true, update: true },
  attempts: { select: true, insert: true, update: true },
  launches: { select: true, insert: true, update: ["task_arn"] },
  late_reports: { select: true, insert: true },
  questions: { select: true },
  outbox: { select: true, insert: true, update: ["sent_when"] },
  scaling: { select: true, update: ["open_jobs"] },
  capacity_profiles: { select: true },
  // What one step found out about a capacity provider, which all others use.
  capacity_providers: { select: true, insert: true, update: true, delete: true },
  capacity_requests: { select: ["id", "profile", "hosts", "state", "created_when"] },
  // Spent budgets stop jobs in the claim, and the end of an attempt adds to what was spent.
  budgets: { select: ["scope", "key", "monthly_microusd"] },
  spending: { select: true, insert: true, update: ["microusd"] },
  // The time of a step on a host is taken from what nobody was billed for.
  host_providers: { select: true, update: ["open_seconds"] },
  registry_logins: { select: ["queue_id", "registry", "sealed"] },
  // Locked, so that its limit of running jobs holds and nobody deletes it meanwhile.
  queues: { select: true, update: ["created_when"] },
  // Who owns a queue decides which capacity profiles it may use. A token of somebody who is banned opens nothing. The end of a
  // submission asks who wants mail about it.
  users: {
    select: [
      ...["id", "username", "is_superuser", "is_banned", "ban_reason", "banned_until"],
      "email_on_submission_finished",
    ],
  },
  submission_mails: { select: true, insert: true, update: ["ended_when", "mailed_when"] },
  competitions: { select: ["id", "title", "teams_share_limits"] },
  phases: { select: true },
  phase_tasks: { select: true },
  tasks: { select: true },
  // Locked, so that its columns stay while scores are stored.
  leaderboards: { select: true, update: ["id"] },
  leaderboard_columns: { select: true },
  // Locked, so that the rows of one person or team on a leaderboard change one after another.
  participants: { select: true, update: ["created_when"] },
  submissions: {
    select: true,
    update: [
      ...["status", "status_details", "failure_code", "warnings", "warning_details", "md5"],
      ...["started_when", "finished_when", "on_leaderboard", "output_bytes", "log_bytes"],
    ],
  },
  submission_scores: { select: true, insert: true, update: ["score"] },
  // Runs of worksheets.
  bundles: {
    select: ["id", "uuid", "owner_id", "job_id", "state", "metadata"],
    update: ["state", "metadata", "changed_when"],
  },
  // A submission that ends may get a row on a leaderboard, which the audit trail says.
  audit_events: { insert: true },
};

/** Gives a role exactly these rights, in a transaction of the caller. */
export async function grantRights(tx: Db, name: string, rights: Record<string, Grants>): Promise<void> {
  const role = sql.ref(name);
  await sql`revoke all on all tables in schema public from ${role}`.execute(tx);
  for (const [name, grants] of Object.entries(rights))
    for (const [right, columns] of Object.entries(grants) as [string, true | string[]][]) {
      const only = columns === true ? sql`` : sql`(${sql.join(columns.map((column) => sql.ref(column)))})`;
      await sql`grant ${sql.raw(right)} ${only} on ${sql.table(name)} to ${role}`.execute(tx);
    }
}
