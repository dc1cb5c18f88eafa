/** What the platform needs to know about queues to add jobs to them and to claim jobs. */
import { sql, type Transaction } from "kysely";
import { waitingForCapacity } from "../../../contract/job.ts";
import { withoutPlace } from "./places.ts";
import type { ProfileUser, QueueCapacity } from "../rules/capacity.ts";
import type { QueueLoad } from "../rules/queue-load.ts";
import type { Db } from "../../kernel/db/connection.ts";
import { isAffordable } from "./budgets.ts";
import type { Database } from "../../kernel/db/schema.ts";

type Tx = Transaction<Database>;

/** A queue that the platform's workers serve. */
export interface ServedQueue extends QueueCapacity {
  id: string;
  sqs_name: string;
  /** The person who chose its profiles. */
  owner: ProfileUser;
}

const owner = sql<ProfileUser>`case when u.id is not null
  then json_build_object('username', u.username, 'isSuperuser', u.is_superuser) end`.as("owner");

/** Queues that the platform's own workers serve. */
export async function queuesOfPlatform(db: Db): Promise<ServedQueue[]> {
  return db
    .selectFrom("queues as q")
    .leftJoin("users as u", "u.id", "q.owner_id")
    .select(["q.id", "q.sqs_name", "q.step_profiles", owner])
    .where("q.deleted_when", "is", null)
    .where("q.step_profiles", "is not", null)
    .orderBy("q.created_when")
    .orderBy("q.id")
    .execute();
}

/**
 * The load of every queue with open jobs or with jobs quarantined in the last day. Jobs that a budget stops are left out. Older quarantined jobs are left out, so that
 * they do not raise alarms forever.
 */
export async function queueLoads(db: Db): Promise<QueueLoad[]> {
  // Each of the three conditions has its own index.
  const { rows } = await sql<QueueLoad>`
    with ${withoutPlace}
    select q.sqs_name as "queue", q.step_profiles, q.max_running as "maxRunning", ${owner},
      count(*) filter (where j.state in ('ready', 'leased'))::int as open,
      count(*) filter (where j.state = 'leased')::int as running,
      count(*) filter (where j.state = 'ready' and j.ready_when <= now())::int as ready,
      coalesce(extract(epoch from now() - min(j.ready_when) filter (
        where j.state = 'ready' and j.ready_when <= now() and without_place.id is null)), 0)::float8 as "oldestReadySeconds",
      count(without_place.id)::int as "withoutPlace",
      count(*) filter (where j.state = 'leased' and starts_with(a.progress->>'waiting', ${waitingForCapacity}))::int
        as "withoutCapacity",
      count(*) filter (where j.quarantined_when is not null)::int as quarantined
    from jobs j
    join queues q on q.id = j.queue_id
    left join attempts a on a.id = j.attempt_id
    left join without_place on without_place.id = j.id
    left join users u on u.id = q.owner_id
    where q.deleted_when is null and ((j.state = 'ready' and ${isAffordable}) or j.state = 'leased' or j.quarantined_when > now() - interval '1 day')
    group by q.id, u.id
    order by q.sqs_name`.execute(db);
  return rows;
}

/** What new jobs need to know about their queue. */
export interface RunQueue extends QueueCapacity {
  id: string;
  is_default: boolean;
  max_step_seconds: number | null;
  max_upload_bytes: number | null;
  accepts_jobs: boolean;
}

/** The queue for new jobs: the given one, or the default queue if none is given or it was deleted. */
export async function queueForJobs(db: Db, id: string | null): Promise<RunQueue> {
  return db
    .selectFrom("queues")
    .select([
      "id",
      "is_default",
      "step_profiles",
      "max_step_seconds",
      sql<number | null>`max_upload_bytes::float8`.as("max_upload_bytes"),
      "accepts_jobs",
    ])
    .where((eb) => eb.or([eb("id", "=", id), eb("is_default", "=", true)]))
    .where("deleted_when", "is", null)
    .orderBy("is_default")
    .limit(1)
    .executeTakeFirstOrThrow();
}

/** Whether a queue has reached its limit of running jobs. A queue with a limit stays locked until the transaction ends. */
export async function isFull(tx: Tx, id: string): Promise<boolean> {
  const limited = await tx
    .selectFrom("queues")
    .select("max_running")
    .where("id", "=", id)
    .where("max_running", "is not", null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!limited) return false;
  // A second statement, so that it sees claims that were committed while the first waited for the lock.
  const { running } = await tx
    .selectFrom("jobs")
    .select((eb) => eb.fn.countAll<string>().as("running"))
    .where("queue_id", "=", id)
    .where("state", "=", "leased")
    .executeTakeFirstOrThrow();
  return Number(running) >= limited.max_running!;
}

/**
 * Whether a job waits that can start now that another has ended: on a queue that limits running jobs, or because one of the two
 * runs alone.
 */
export async function waitsForAnother(tx: Tx, ended: { queue_id: string; suspect: boolean }): Promise<boolean> {
  const { rows } = await sql`
    select from jobs j join queues q on q.id = j.queue_id
    where q.id = ${ended.queue_id} and j.state = 'ready' and j.ready_when <= now()
      and (q.max_running is not null or j.suspect or ${ended.suspect})
    limit 1`.execute(tx);
  return rows.length > 0;
}
