/** Lists submissions. */
import { sql } from "kysely";
import type { SubmissionStatus } from "../rules/submission-status.ts";
import type { Db } from "../../kernel/db/connection.ts";
import type { Part } from "../../kernel/db/page.ts";
import type { SubmissionFilter } from "./submission-filter.ts";
import {
  inOrder,
  isOrganized,
  latestFirst,
  matches,
  mostFound,
  notSearched,
  numbersOf,
  reachOf,
  searchFor,
  source,
  type Found,
  type Reach,
} from "./submission-sources.ts";
import { selectSubmissions, type SubmissionRow } from "./submissions.ts";

export { submissionOrders, type SubmissionFilter } from "./submission-filter.ts";

/** A submission in a list, with whether the viewer organizes its competition. */
export type ListedSubmission = SubmissionRow & { organized: boolean };

/** Whose submissions a list has, and what a search among them finds. */
export interface Scope {
  reach: Reach;
  found: Found;
}

export async function scopeOf(db: Db, filter: SubmissionFilter): Promise<Scope> {
  const reach = await reachOf(db, filter);
  return { reach, found: await searchFor(db, filter, reach) };
}

/** The part of a list of submissions that a person may see. */
export async function listSubmissions(
  db: Db,
  filter: SubmissionFilter,
  part: Part,
  scope?: Scope,
): Promise<ListedSubmission[]> {
  const known = scope ?? (await scopeOf(db, filter));
  const ids = await firstIds(db, filter, known, part);
  // Scores and children are read for what is shown only, not for what is skipped.
  const rows = await selectSubmissions(db)
    .select(isOrganized(known.reach).as("organized"))
    .where(sql<boolean>`s.id = any(${ids}::int[])`)
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** The ids of a part of a list. */
export async function firstIds(
  db: Db,
  filter: SubmissionFilter,
  { reach, found }: Scope,
  part: Part,
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select id from (${source(filter, reach, part, found)}) as one
    order by ${inOrder(filter.order, "key", "id")} offset ${part.offset} limit ${part.limit}`.execute(db);
  return rows.map(({ id }) => id);
}

/** How many submissions of a list have each status, whatever statuses the filter names. A search counts at most `mostFound`. */
export async function countByStatus(
  db: Db,
  filter: SubmissionFilter,
  scope?: Scope,
): Promise<Map<SubmissionStatus, number>> {
  const { reach, found } = scope ?? (await scopeOf(db, filter));
  const anyStatus = { ...filter, statuses: [], order: latestFirst };
  const { rows } = await (
    found === notSearched
      ? sql<{ status: SubmissionStatus; count: number }>`
          select s.status, sum(s.n)::int as count from (${numbersOf(filter, reach)}) as s
          where ${matches(anyStatus, reach, sql`not s.is_child`)}
          group by 1 having sum(s.n) > 0`
      : sql<{ status: SubmissionStatus; count: number }>`
          select s.status, count(*)::int as count
          from (${source(anyStatus, reach, { offset: 0, limit: mostFound }, found)}) as one join submissions s using (id)
          group by 1`
  ).execute(db);
  return new Map(rows.map(({ status, count }) => [status, count]));
}

/** How many submissions a list has. A search counts at most `mostFound`. */
export function countOf(
  counts: Map<SubmissionStatus, number>,
  { statuses }: Pick<SubmissionFilter, "statuses">,
): number {
  return [...counts].reduce(
    (sum, [status, count]) => (statuses.length === 0 || statuses.includes(status) ? sum + count : sum),
    0,
  );
}

/** Where a submission ran and what became of it. A parent has that of its children. */
export interface RunFacts {
  id: number;
  /** The machine of the latest attempt. */
  host: string | null;
  /** What the platform paid for all attempts, in millionths of a USD; null if none has ended. */
  microusd: number | null;
  /** The most memory that a program used, in bytes; null if no worker has measured it. */
  peak_memory: number | null;
  /** Bytes of its outputs and logs, as far as they have been counted. */
  stored_bytes: number;
  /** Why the first run that failed did so. */
  failure: string | null;
}

export async function runFacts(db: Db, ids: number[]): Promise<RunFacts[]> {
  const { rows } = await sql<RunFacts>`
    select s.id, run.host, run.microusd, run.peak_memory, (
      select sum(coalesce(k.output_bytes, 0) + coalesce(k.log_bytes, 0))::float8 from submissions k
      where k.id = s.id or k.parent_id = s.id) as stored_bytes, case when s.status = 'Failed' then (
      select coalesce(k.status_details, k.failure_code) from submissions k
      where (k.id = s.id or k.parent_id = s.id) and k.status = 'Failed'
      order by k.has_children, k.finished_when, k.id limit 1) end as failure
    from submissions s cross join lateral (
      select (array_agg(a.host order by a.started_when desc))[1] as host,
        (sum(a.cost_microusd) filter (where a.paid_by = 'platform'))::float8 as microusd,
        max((
          select max((step -> 'usage' ->> 'peakMemoryBytes')::float8)
          from jsonb_array_elements(coalesce(a.report -> 'steps', '[]')) as step)) as peak_memory
      from submissions k join attempts a on a.job_id = k.job_id where k.id = s.id or k.parent_id = s.id) as run
    where s.id = any(${ids}::int[])`.execute(db);
  return rows;
}
