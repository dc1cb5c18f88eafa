/** Runs and their jobs. */
import { sql } from "kysely";
import type { AttemptReport, JobFailure } from "../../../contract/job.ts";
import type { JobState } from "../../jobs/db/tables.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { BundleState } from "../rules/bundle.ts";
import type { Metadata } from "../rules/metadata.ts";
import type { RunBounds } from "../rules/run-end.ts";

/** Runs of a person that hold or wait for a worker of the platform. */
export async function countStarted(tx: Tx, ownerId: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from bundles b join jobs j on j.id = b.job_id join queues q on q.id = j.queue_id
    where b.owner_id = ${ownerId} and b.state not in ('ready', 'failed', 'killed') and b.type = 'run'
      and j.state in ('ready', 'leased') and q.step_profiles is not null`.execute(tx);
  return rows[0]!.count;
}

/**
 * The next run of a person that waits for one of theirs to end: the highest priority first, negative ones last. Not one whose
 * reason to wait begins as given.
 */
export async function nextWaiting(tx: Tx, ownerId: number, otherReason: string): Promise<string | undefined> {
  const { rows } = await sql<{ uuid: string }>`
    select b.uuid from bundles b
    where b.owner_id = ${ownerId} and b.type = 'run' and b.state = 'staged' and b.job_id is null
      and not starts_with(coalesce(b.metadata ->> 'staged_status', ''), ${otherReason})
    order by coalesce((b.metadata ->> 'request_priority')::numeric, 0) desc, b.id limit 1`.execute(tx);
  return rows[0]?.uuid;
}

/** Runs whose start, or whose end, should have been seen to by now. */
export async function stalledRuns(
  tx: Tx,
  seconds: number,
  limit: number,
): Promise<{ uuid: string; state: BundleState }[]> {
  // Those that are returned go to the end, so that none that never succeeds keeps others from their turn.
  const { rows } = await sql<{ uuid: string; state: BundleState }>`
    update bundles set changed_when = now() where id in (
      select b.id from bundles b
      where b.type = 'run' and b.changed_when < now() - make_interval(secs => ${seconds})
        and ((b.state = 'staged' and b.job_id is null) or b.state = 'finalizing')
      order by (b.state = 'finalizing') desc, b.changed_when, b.id limit ${limit})
    returning uuid, state`.execute(tx);
  return rows;
}

/** Gives a staged run its job. False if it has one, or has ended. */
export async function setJob(
  tx: Tx,
  uuid: string,
  jobId: string,
  bounds: RunBounds,
  metadata: Metadata,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("bundles")
    .set({
      job_id: jobId,
      bounds: JSON.stringify(bounds),
      metadata: sql<string>`metadata || ${JSON.stringify(metadata)}::jsonb`,
      changed_when: sql<Date>`now()`,
    })
    .where("uuid", "=", uuid)
    .where("state", "=", "staged")
    .where("job_id", "is", null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Notes what a run that has not ended does. Returns its owner and uuid; undefined if it has, or there is none. */
export async function setRunState(
  tx: Tx,
  jobId: string,
  state: BundleState,
  metadata: Metadata,
): Promise<{ uuid: string; owner_id: number } | undefined> {
  return tx
    .updateTable("bundles")
    .set({
      state,
      metadata: sql<string>`metadata || ${JSON.stringify(metadata)}::jsonb`,
      changed_when: sql<Date>`now()`,
    })
    .where("job_id", "=", jobId)
    .where("state", "not in", ["ready", "failed", "killed", "finalizing"])
    .returning(["uuid", "owner_id"])
    .executeTakeFirst();
}

/** How the job of a run ended, with its last attempt. */
export interface EndedJob {
  id: string;
  state: JobState;
  failure: JobFailure | null;
  report: AttemptReport | null;
  /** The last attempt; null if there was none. */
  attempt: string | null;
  keptPrefix: string | null;
  startedWhen: Date | null;
  isServedByPlatform: boolean;
  bounds: RunBounds;
}

export async function endedJobOf(db: Db, uuid: string): Promise<EndedJob | undefined> {
  return db
    .selectFrom("bundles as b")
    .innerJoin("jobs as j", "j.id", "b.job_id")
    .innerJoin("queues as q", "q.id", "j.queue_id")
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom("attempts as a")
          .select(["a.id", "a.report", "a.kept_prefix", "a.started_when"])
          .whereRef("a.job_id", "=", "j.id")
          .orderBy("a.number", "desc")
          .limit(1)
          .as("a"),
      (join) => join.onTrue(),
    )
    .select(sql<RunBounds>`b.bounds`.as("bounds"))
    .select(["j.id", "j.state", "j.failure", "a.report", "a.id as attempt", "a.kept_prefix as keptPrefix"])
    .select(["a.started_when as startedWhen", sql<boolean>`q.step_profiles is not null`.as("isServedByPlatform")])
    .where("b.uuid", "=", uuid)
    .where("b.state", "=", "finalizing")
    .executeTakeFirst();
}

export async function addRunSeconds(tx: Tx, ownerId: number, uuid: string, seconds: number): Promise<void> {
  await tx.insertInto("run_seconds").values({ user_id: ownerId, bundle_uuid: uuid, seconds }).execute();
}

/** The runs of jobs. */
export async function runsOfJobs(
  db: Db | Tx,
  jobIds: string[],
): Promise<{ job: string; uuid: string; name: string }[]> {
  if (jobIds.length === 0) return [];
  const rows = await db
    .selectFrom("bundles as b")
    .select(["b.job_id", "b.uuid", sql<string>`coalesce(b.metadata ->> 'name', '')`.as("name")])
    .where("b.job_id", "in", jobIds)
    .execute();
  return rows.map(({ job_id, ...run }) => ({ job: job_id!, ...run }));
}

const usableBy = (userId: number) =>
  sql<boolean>`(q.is_default or q.is_public or q.owner_id = ${userId} or exists (
    select from queue_organizers o where o.queue_id = q.id and o.user_id = ${userId}))`;

/** The queue with a name that a person may use: their own, one they organize, or a public one. */
export async function queueNamed(db: Db, userId: number, name: string): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select q.id from queues q
    where q.name = ${name} and q.deleted_when is null and ${usableBy(userId)}
    order by (q.owner_id = ${userId}) desc nulls last, exists (
      select from queue_organizers o where o.queue_id = q.id and o.user_id = ${userId}) desc, q.is_default desc, q.created_when
    limit 1`.execute(db);
  return rows[0]?.id;
}

/** The uuids of the runs of some attempts. */
export async function runsOfWorkers(db: Db, attempts: string[]): Promise<Map<string, string>> {
  if (attempts.length === 0) return new Map();
  const rows = await db
    .selectFrom("attempts as a")
    .innerJoin("bundles as b", "b.job_id", "a.job_id")
    .select(["a.id", "b.uuid"])
    .where("a.id", "in", attempts)
    .execute();
  return new Map(rows.map(({ id, uuid }) => [id, uuid]));
}

/** The queues that a person may use, at most 100; all of them for administrators. */
export async function usableQueues(
  db: Db,
  userId: number,
  all: boolean,
): Promise<{ id: string; name: string; owner_id: number | null; is_default: boolean }[]> {
  const { rows } = await sql<{ id: string; name: string; owner_id: number | null; is_default: boolean }>`
    select q.id, q.name, q.owner_id, q.is_default from queues q
    where q.deleted_when is null and (${all} or ${usableBy(userId)})
    order by q.is_default desc, q.created_when, q.id limit 100`.execute(db);
  return rows;
}
