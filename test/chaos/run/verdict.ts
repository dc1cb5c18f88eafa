/** What became of every submission, when all has ended. */
import { sql } from "kysely";
import type { Db } from "../../../lambdas/kernel/db/connection.ts";

/** A file that was sent, by its key. */
export interface Sent {
  answer: string;
  /** Null when the request had no answer: then the submission may exist or not, but not twice. */
  id: number | null;
}

export interface Verdict {
  lost: string[];
  doubled: string[];
  wrong: string[];
  /** What is left in the database that should have ended. */
  left: string[];
}

interface Row {
  id: number;
  key: string;
  status: string;
  details: string | null;
  scores: string[] | null;
  attempts: number;
  succeeded: number;
}

export async function judge(db: Db, sent: Map<string, Sent>): Promise<Verdict> {
  const { rows } = await sql<Row>`
    select s.id, d.key, s.status, s.status_details as details,
      (select array_agg(one.score order by one.column_id) from submission_scores one where one.submission_id = s.id) as scores,
      (select count(*)::int from attempts a where a.job_id = s.job_id) as attempts,
      (select count(*)::int from attempts a where a.job_id = s.job_id and a.outcome = 'succeeded') as succeeded
    from submissions s join datasets d on d.id = s.data_id`.execute(db);
  const byKey = Map.groupBy(rows, ({ key }) => key);
  const verdict: Verdict = { lost: [], doubled: [], wrong: [], left: [] };
  for (const [key, { answer, id }] of sent) {
    const found = byKey.get(key) ?? [];
    if (id !== null && !found.some((one) => one.id === id)) verdict.lost.push(`submission ${id} does not exist`);
    if (found.length > 1) verdict.doubled.push(`${key} is ${found.length} submissions`);
    for (const one of found) {
      const text = `submission ${one.id}, ${one.status} after ${one.attempts} attempts: ${one.details ?? ""}`;
      if (one.status !== "Finished") verdict.lost.push(text);
      else if (one.succeeded > 1 || one.scores?.length !== 1) verdict.doubled.push(text);
      else if (Number(one.scores[0]) !== Number(answer)) verdict.wrong.push(`${text}: ${one.scores[0]}, not ${answer}`);
    }
  }
  const { rows: left } = await sql<{ what: string; n: number }>`
    select 'open attempts' as what, count(*)::int as n from attempts where ended_when is null
    union all select 'jobs that are not over', count(*)::int from jobs where state in ('ready', 'leased')
    union all select 'messages not sent', count(*)::int from outbox where sent_when is null`.execute(db);
  verdict.left.push(...left.filter(({ n }) => n > 0).map(({ what, n }) => `${n} ${what}`));
  return verdict;
}

/** A blow, and what ran at that moment. */
export interface Moment {
  at: Date;
  jobs: string[];
}

/**
 * How long each blow was felt, in milliseconds: until all jobs that ran at its moment had ended, and a submission that was sent
 * later had its scores. Those after which none was sent are left out.
 */
export async function recoveries(db: Db, moments: Moment[]): Promise<number[]> {
  const felt: number[] = [];
  for (const { at, jobs } of moments) {
    const { rows } = await sql<{ over: Date | null; next: Date | null }>`
      select (select max(finished_when) from jobs where id = any(${jobs}::uuid[])) as over,
        (select min(finished_when) from submissions where created_when > ${at} and finished_when > ${at}) as next`.execute(
      db,
    );
    const { over, next } = rows[0]!;
    if (next) felt.push(Math.max(over?.getTime() ?? 0, next.getTime()) - at.getTime());
  }
  return felt.sort((one, other) => one - other);
}

export const percentile = (sorted: number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
