/** Submissions on the whole platform and where they run. */
import { sql } from "kysely";
import type { SubmissionStatus } from "../rules/submission-status.ts";
import type { Db } from "../../kernel/db/connection.ts";
import type { Part } from "../../kernel/db/page.ts";
import { countByStatus, countOf, firstIds, type SubmissionFilter } from "./submission-lists.ts";
import { isOrganized, latestFirst, notSearched, reachOf, type Found } from "./submission-sources.ts";

export interface StatusFilter {
  viewer: { id: number; isSuperuser: boolean };
  /** Any of these, if there are some. */
  statuses: SubmissionStatus[];
  /** Id of a queue. */
  queue?: string | undefined;
  /** The host of an attempt. */
  host?: string | undefined;
  /** Whether the children of submissions to several tasks are in the list beside their parents. */
  withChildren: boolean;
}

/**
 * A page of submissions, the latest first, and their total number: a person's own, those to competitions that they organize, and
 * those to competitions on queues that they run. Superusers get all. With a queue or host, at most `mostFound` are counted.
 */
export async function pageOfServerStatus(db: Db, { viewer, ...filter }: StatusFilter, part: Part) {
  const wanted: SubmissionFilter = {
    viewerId: viewer.id,
    viewerIsSuperuser: viewer.isSuperuser,
    viewerIsBot: false,
    statuses: filter.statuses,
    withSoftDeleted: false,
    withChildren: filter.withChildren,
    order: latestFirst,
  };
  const reach = await reachOf(db, wanted, { ofQueues: true });
  const scope = { reach, found: await whereRan(db, filter) };
  const count = countOf(await countByStatus(db, wanted, scope), wanted);
  const ids = count > part.offset ? await firstIds(db, wanted, scope, part) : [];
  const rows = await db
    .selectFrom("submissions as s")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .innerJoin("competitions as c", "c.id", "p.competition_id")
    .innerJoin("users as u", "u.id", "s.owner_id")
    .leftJoin("datasets as d", "d.id", "s.data_id")
    .leftJoin("jobs as j", "j.id", "s.job_id")
    .leftJoin("queues as q", "q.id", "j.queue_id")
    .leftJoin("attempts as a", "a.id", "j.attempt_id")
    .select([
      "s.id",
      "s.parent_id as parent",
      "c.id as competition",
      "c.title as competition_title",
      "p.id as phase",
      "p.name as phase_name",
      "s.status",
      "s.created_when",
      "s.started_when",
      "s.finished_when",
      sql<number | null>`d.file_size::float8`.as("file_size"),
      "q.name as queue",
      "a.host",
      // Who runs a queue does not organize the competition, whose leaderboard may be anonymous.
      sql<string | null>`case when not c.anonymous_leaderboard or s.owner_id = ${viewer.id}
        or ${isOrganized(reach)} then u.username end`.as("owner"),
      sql<boolean>`(s.owner_id = ${viewer.id} or ${isOrganized(reach)})`.as("is_yours"),
    ])
    .where(sql<boolean>`s.id = any(${ids}::int[])`)
    .orderBy("s.id", "desc")
    .execute();
  return { count, rows };
}

/** A host that ran more jobs is looked for in the order of the list. */
const mostOfHost = 10_000;

/** The submissions that ran on a queue and a host. */
async function whereRan(db: Db, { queue, host }: Pick<StatusFilter, "queue" | "host">): Promise<Found> {
  if (queue === undefined && host === undefined) return notSearched;
  const onQueue =
    queue === undefined ? sql`true` : sql`(select j.queue_id = ${queue} from jobs j where j.id = s.job_id)`;
  const onHost =
    host === undefined ? sql`true` : sql`(select bool_or(a.host = ${host}) from attempts a where a.job_id = s.job_id)`;
  const condition = sql<boolean>`coalesce(${onQueue} and ${onHost}, false)`;
  if (host === undefined) return { condition, candidates: null };
  const { rows } = await sql<{ job_id: string }>`
    select job_id from attempts where host = ${host} limit ${mostOfHost + 1}`.execute(db);
  const jobs = rows.map(({ job_id }) => job_id);
  const candidates = sql`select id from submissions where job_id = any(${jobs}::uuid[])`;
  return { condition, candidates: jobs.length > mostOfHost ? null : candidates };
}
