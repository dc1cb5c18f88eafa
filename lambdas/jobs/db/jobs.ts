/**
 * Jobs and their attempts. Every change of a job's state is one statement with a guard: it succeeds only if the job is in the
 * expected state and attempt.
 */
import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import { standardProfile } from "../../../contract/capacity-profile.ts";
import {
  isPlatformFailure,
  waitingForCapacity,
  type AttemptReport,
  type JobFailure,
  type JobSpec,
  type Progress,
  type WorkerIdentity,
} from "../../../contract/job.ts";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";
import type { JobState } from "./tables.ts";
import { ring, ringForGot, ringForLeft } from "./doorbells.ts";
import { profileOfStep } from "./places.ts";
import { waitsForAnother } from "./served-queues.ts";
import { sumOf, type CostLine, type Payer } from "../rules/cost.ts";
import { requireRunnable } from "../rules/job-spec.ts";

type Tx = Transaction<Database>;

export interface NewJob {
  queueId: string;
  /** Of its owner. */
  kind: string;
  spec: JobSpec;
  /** Decides between jobs that fairness ranks equally; the higher goes first. */
  priority: number;
  /** The person who owns the job. People take turns within a group. */
  ownerKey: string;
  /** The group that the job belongs to. Groups take turns within a queue. */
  groupKey: string;
  /** Id of the request that creates the job, for logs. */
  correlationId?: string | null;
}

/**
 * Stores ready jobs, and puts a doorbell for each into the outbox of the same transaction. Returns their ids in the same order.
 */
export async function createJobs(tx: Tx, jobs: NewJob[]): Promise<string[]> {
  for (const { spec } of jobs) requireRunnable(spec);
  const served = await servedAmong(
    tx,
    jobs.map(({ queueId }) => queueId),
  );
  const rows = jobs.map((job) => ({
    id: randomUUID(),
    queue_id: job.queueId,
    kind: job.kind,
    spec: JSON.stringify(job.spec),
    priority: job.priority,
    owner_key: job.ownerKey,
    group_key: job.groupKey,
    correlation_id: job.correlationId ?? null,
    profile: served.has(job.queueId) ? (job.spec.steps[0]?.profile ?? standardProfile) : null,
  }));
  for (let at = 0; at < rows.length; at += insertBatch)
    await tx
      .insertInto("jobs")
      .values(rows.slice(at, at + insertBatch))
      .execute();
  for (const [queueId, inQueue] of Map.groupBy(jobs, (job) => job.queueId))
    await ring(tx, queueId, ...inQueue.map((job) => job.correlationId ?? null));
  return rows.map((row) => row.id);
}

/** Those of some queues that the platform's workers serve. */
async function servedAmong(tx: Tx, queueIds: string[]): Promise<ReadonlySet<string>> {
  const rows = await tx
    .selectFrom("queues")
    .select("id")
    .where("id", "=", sql<string>`any(${[...new Set(queueIds)]}::uuid[])`)
    .where("step_profiles", "is not", null)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** Rows per insert. A statement may have 65535 values. */
const insertBatch = 500;

export interface AttemptRow {
  attemptId: string;
  jobId: string;
  kind: string;
  queueId: string;
  number: number;
  /** Whether the platform's own workers serve its queue. */
  isServedByPlatform: boolean;
  /** How many of the job's attempts do not count as tries. */
  releasedAttempts: number;
  host: string;
  outlivesWorker: boolean;
  /** Whether the job is still leased to this attempt. */
  current: boolean;
  /** How often another worker has continued it. */
  resumed: number;
  mustNotRunAgain: boolean;
  /** Whether a worker died while an earlier attempt ran. This one then runs alone on its worker. */
  suspect: boolean;
  spec: JobSpec;
  startedWhen: Date;
  /** Id of the request that created the job. */
  correlationId: string | null;
  /** Prefix of the copies of its files; null if there are none. */
  keptPrefix: string | null;
}

export async function findAttempt(db: Db | Tx, attemptId: string): Promise<AttemptRow | undefined> {
  const row = await db
    .selectFrom("attempts as a")
    .innerJoin("jobs as j", "j.id", "a.job_id")
    .innerJoin("queues as q", "q.id", "j.queue_id")
    .select([
      sql<boolean>`q.step_profiles is not null`.as("isServedByPlatform"),
      "a.id as attemptId",
      "a.job_id as jobId",
      "j.kind",
      "j.queue_id as queueId",
      "a.number",
      "j.released_attempts as releasedAttempts",
      "a.host",
      "a.outlives_worker as outlivesWorker",
      "a.resumed",
      "a.started_when as startedWhen",
      "a.kept_prefix as keptPrefix",
      "j.suspect",
      "j.spec",
      "j.correlation_id as correlationId",
      "j.state",
      "j.attempt_id as currentAttempt",
      "j.cancel_requested_when",
      "j.ending_message",
    ])
    .where("a.id", "=", attemptId)
    .executeTakeFirst();
  if (!row) return undefined;
  const { state, currentAttempt, cancel_requested_when, ending_message, ...attempt } = row;
  return {
    ...attempt,
    current: state === "leased" && currentAttempt === attemptId,
    mustNotRunAgain: cancel_requested_when !== null || ending_message !== null,
  };
}

/**
 * Locks the job of an attempt until the transaction ends, so that neither changes meanwhile. Returns false if the attempt no
 * longer holds the job. With `onlyExpired`, also returns false if the lease is valid, because a heartbeat may have extended it.
 */
export async function lockJobOf(
  tx: Tx,
  attemptId: string,
  { onlyExpired }: { onlyExpired: boolean },
): Promise<boolean> {
  const job = await tx
    .selectFrom("jobs")
    .select("id")
    .where("attempt_id", "=", attemptId)
    .where("state", "=", "leased")
    .$if(onlyExpired, (query) => query.where("lease_until", "<", sql<Date>`now()`))
    .forUpdate()
    .executeTakeFirst();
  return job !== undefined;
}

export interface Lease {
  leaseUntil: Date;
  cancelRequested: boolean;
  jobId: string;
  kind: string;
  queueId: string;
  /** Of the worker that holds it. */
  host: string;
}

/** Extends the lease of an attempt and stores its progress. Undefined if the attempt no longer holds its job. */
export async function extendLease(
  tx: Tx,
  attemptId: string,
  leaseSeconds: number,
  progress: Progress | null,
): Promise<Lease | undefined> {
  const step = progress?.step ?? null;
  const { rows } = await sql<Lease & { left: string | null; gotPlace: string | null }>`
    with before as (
      select j.profile, starts_with(a.progress->>'waiting', ${waitingForCapacity}) as waited
      from jobs j join attempts a on a.id = j.attempt_id where j.attempt_id = ${attemptId}
    ), extended as (
      update jobs j set
        lease_until = now() + make_interval(secs => ${leaseSeconds}),
        profile = case when j.profile is not null and ${step}::text is not null then ${profileOfStep(sql`j.spec`, step)}
          else j.profile end
      from attempts a
      where j.attempt_id = ${attemptId} and j.state = 'leased' and a.id = j.attempt_id
      returning j.id, j.kind, j.queue_id, j.lease_until, j.cancel_requested_when, a.host, j.profile
    ), noted as (
      update attempts set progress = ${progress && JSON.stringify(progress)}
      where ${progress !== null} and id = ${attemptId} and exists (select from extended)
    )
    select lease_until as "leaseUntil", cancel_requested_when is not null as "cancelRequested", id as "jobId",
      kind, queue_id as "queueId", host,
      case when before.profile <> extended.profile then before.profile end as left,
      case when before.waited and ${progress !== null} and not starts_with(${progress?.waiting ?? ""}, ${waitingForCapacity})
        then before.profile end as "gotPlace"
    from extended cross join before`.execute(tx);
  if (!rows[0]) return undefined;
  const { left, gotPlace, ...lease } = rows[0];
  await ringForLeft(tx, left);
  await ringForGot(tx, gotPlace);
  return lease;
}

/**
 * Ends an attempt and its job. A job that the platform failed to run is quarantined. If the attempt no longer holds the job,
 * changes nothing and returns false; the caller then stores the report with `recordLateReport`.
 */
export async function finishJob(
  tx: Tx,
  attemptId: string,
  state: Extract<JobState, "succeeded" | "failed" | "cancelled">,
  failure: JobFailure | null,
): Promise<boolean> {
  const job = await tx
    .updateTable("jobs")
    .set({
      state,
      lease_until: null,
      finished_when: sql<Date>`now()`,
      failure: failure && JSON.stringify(failure),
      quarantined_when: failure && isPlatformFailure(failure.code) ? sql<Date>`now()` : null,
    })
    .where("attempt_id", "=", attemptId)
    .where("state", "=", "leased")
    .returning(["queue_id", "suspect", "profile"])
    .executeTakeFirst();
  if (!job) return false;
  if (await waitsForAnother(tx, job)) await ring(tx, job.queue_id, null);
  await ringForLeft(tx, job.profile);
  return true;
}

/** Makes a job ready again for another attempt after `delaySeconds`, and rings. False as in `finishJob`. */
export async function returnJob(
  tx: Tx,
  attemptId: string,
  options: { delaySeconds: number; countsAsAttempt: boolean; becomesSuspect: boolean },
): Promise<boolean> {
  const { rows } = await sql<{
    queue_id: string;
    suspect: boolean;
    correlation_id: string | null;
    left: string | null;
  }>`
    with before as (select id, profile from jobs where attempt_id = ${attemptId} and state = 'leased')
    update jobs j set
      state = 'ready',
      lease_until = null,
      attempt_id = null,
      ready_when = now() + make_interval(secs => ${options.delaySeconds}),
      rung_when = now(),
      released_attempts = j.released_attempts + ${options.countsAsAttempt ? 0 : 1}::int,
      suspect = j.suspect or ${options.becomesSuspect},
      profile = case when j.profile is not null then ${profileOfStep(sql`j.spec`, null)} end
    from before
    where j.id = before.id and j.attempt_id = ${attemptId} and j.state = 'leased'
    returning j.queue_id, j.suspect, j.correlation_id, before.profile as left`.execute(tx);
  const [job] = rows;
  if (!job) return false;
  if (options.delaySeconds === 0 || (await waitsForAnother(tx, job))) await ring(tx, job.queue_id, job.correlation_id);
  await ringForLeft(tx, job.left);
  return true;
}

/** Makes a job ready for the next worker to continue the same attempt, and rings. False as in `finishJob`. */
export async function handOverJob(tx: Tx, attemptId: string): Promise<boolean> {
  const job = await tx
    .updateTable("jobs")
    .set({ state: "ready", lease_until: null, ready_when: sql<Date>`now()`, rung_when: sql<Date>`now()` })
    .where("attempt_id", "=", attemptId)
    .where("state", "=", "leased")
    .returning(["queue_id", "correlation_id"])
    .executeTakeFirst();
  if (job) await ring(tx, job.queue_id, job.correlation_id);
  return job !== undefined;
}

/** What an attempt cost, and who pays. */
export interface AttemptCost {
  lines: CostLine[];
  paidBy: Payer;
}

export async function closeAttempt(
  tx: Tx,
  attemptId: string,
  end: { outcome: string; failure: JobFailure | null; report: AttemptReport | null; cost: AttemptCost | null },
): Promise<void> {
  await tx
    .updateTable("attempts")
    .set({
      outcome: end.outcome,
      failure: end.failure && JSON.stringify(end.failure),
      report: end.report && JSON.stringify(end.report),
      cost_microusd: end.cost && sumOf(end.cost.lines),
      cost_lines: end.cost && JSON.stringify(end.cost.lines),
      paid_by: end.cost && end.cost.paidBy,
      ended_when: sql<Date>`now()`,
    })
    .where("id", "=", attemptId)
    .execute();
}

/** How often workers that could run no programs gave a job back. */
export async function countUnwellReturns(db: Db, jobId: string): Promise<number> {
  const { returns } = await db
    .selectFrom("attempts")
    .select((eb) => eb.fn.countAll<string>().as("returns"))
    .where("job_id", "=", jobId)
    .where("outcome", "=", "released")
    .where("failure", "is not", null)
    .executeTakeFirstOrThrow();
  return Number(returns);
}

/** Attempts that a worker left open when it last stopped, on one queue, or on any queue if `queueId` is null. */
export async function attemptsOfEarlierLife(db: Db, queueId: string | null, worker: WorkerIdentity): Promise<string[]> {
  const rows = await db
    .selectFrom("attempts as a")
    .innerJoin("jobs as j", "j.attempt_id", "a.id")
    .select("a.id")
    .where("a.worker_id", "=", worker.id)
    .where("a.worker_instance", "!=", worker.instance)
    .where("a.ended_when", "is", null)
    .where((eb) => (queueId === null ? eb.lit(true) : eb("j.queue_id", "=", queueId)))
    .where("j.state", "=", "leased")
    .execute();
  return rows.map((row) => row.id);
}

/** Kinds of open jobs, except the given ones. */
export async function otherOpenKinds(db: Db, kinds: string[]): Promise<string[]> {
  const rows = await db
    .selectFrom("jobs")
    .select("kind")
    .distinct()
    .where("state", "in", ["ready", "leased"])
    .where(sql<boolean>`kind <> all(${kinds}::text[])`)
    .orderBy("kind")
    .execute();
  return rows.map((row) => row.kind);
}
