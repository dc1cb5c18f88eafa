import { sql, type Transaction } from "kysely";
import type { ProfileUser, QueueCapacity } from "../rules/capacity.ts";
import type { QueueLoad } from "../rules/queue-load.ts";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";

/** Queues as those see them who put jobs into them and take them out. */

type Tx = Transaction<Database>;

/** A queue with whose choice its profiles are. */
export interface ServedQueue extends QueueCapacity {
  id: string;
  sqs_name: string;
  owner: ProfileUser;
}

const owner = sql<ProfileUser>`case when u.id is not null
  then json_build_object('username', u.username, 'isSuperuser', u.is_superuser) end`.as("owner");

/** Queues that the platform's own workers serve. */
export async function queuesOfPlatform(db: Db): Promise<ServedQueue[]> {
  return db
    .selectFrom("queues as q")
    .leftJoin("users as u", "u.id", "q.owner_id")
    .select(["q.id", "q.sqs_name", "q.prediction_profile", "q.scoring_profile", owner])
    .where("q.deleted_when", "is", null)
    .where("q.prediction_profile", "is not", null)
    .orderBy("q.created_when")
    .orderBy("q.id")
    .execute();
}

/**
 * What every queue has to do that has open jobs, or newly quarantined ones: those of the last day, so that one which nobody
 * ever looks at is not counted for ever.
 */
export async function queueLoads(db: Db): Promise<QueueLoad[]> {
  // Conditions that each have an index of their own.
  const { rows } = await sql<QueueLoad>`
    select q.sqs_name as "queue", q.prediction_profile, q.scoring_profile, q.max_running as "maxRunning", ${owner},
      count(*) filter (where j.state in ('ready', 'leased'))::int as open,
      count(*) filter (where j.state = 'leased')::int as running,
      count(*) filter (where j.state = 'ready' and j.ready_when <= now())::int as ready,
      coalesce(extract(epoch from now() - min(j.ready_when) filter (where j.state = 'ready' and j.ready_when <= now())), 0)::float8
        as "oldestReadySeconds",
      count(*) filter (where j.quarantined_when is not null)::int as quarantined
    from jobs j
    join queues q on q.id = j.queue_id
    left join users u on u.id = q.owner_id
    where q.deleted_when is null and (j.state = 'ready' or j.state = 'leased' or (j.quarantined_when > now() - interval '1 day'
      and not exists (select from submissions s where s.job_id = j.id and s.is_soft_deleted)))
    group by q.id, u.id
    order by q.sqs_name`.execute(db);
  return rows;
}

export interface RunQueue extends QueueCapacity {
  id: string;
  is_default: boolean;
  max_step_seconds: number | null;
  max_submission_bytes: number | null;
  accepts_jobs: boolean;
}

/** The queue that new jobs go to: the one named, or the default one if none is or it is gone. */
export async function queueForJobs(db: Db, id: string | null): Promise<RunQueue> {
  return db
    .selectFrom("queues")
    .select([
      "id",
      "is_default",
      "prediction_profile",
      "scoring_profile",
      "max_step_seconds",
      sql<number | null>`max_submission_bytes::float8`.as("max_submission_bytes"),
      "accepts_jobs",
    ])
    .where((eb) => eb.or([eb("id", "=", id), eb("is_default", "=", true)]))
    .where("deleted_when", "is", null)
    .orderBy("is_default")
    .limit(1)
    .executeTakeFirstOrThrow();
}

/** Whether the queue that a submission will go to takes jobs. */
export async function mayStart(db: Db, submissionId: number): Promise<boolean> {
  const named = await db
    .selectFrom("submissions as s")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .innerJoin("competitions as c", "c.id", "p.competition_id")
    .select((eb) => eb.fn.coalesce("s.queue_id", "c.queue_id").as("id"))
    .where("s.id", "=", submissionId)
    .executeTakeFirst();
  return (await queueForJobs(db, named?.id ?? null)).accepts_jobs;
}

/** Whether a queue runs as many jobs as it may. If it has such a limit, nobody else can claim of it until the transaction ends. */
export async function isFull(tx: Tx, id: string): Promise<boolean> {
  const limited = await tx
    .selectFrom("queues")
    .select("max_running")
    .where("id", "=", id)
    .where("max_running", "is not", null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!limited) return false;
  // A statement of its own: it sees what was claimed while the lock was waited for.
  const { running } = await tx
    .selectFrom("jobs")
    .select((eb) => eb.fn.countAll<string>().as("running"))
    .where("queue_id", "=", id)
    .where("state", "=", "leased")
    .executeTakeFirstOrThrow();
  return Number(running) >= limited.max_running!;
}

/** Whether a job waits on a queue that only runs so many at a time, so that the end of one is another's beginning. */
export async function waitsForAnother(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql`
    select from queues q where q.id = ${id} and q.max_running is not null
      and exists (select from jobs j where j.queue_id = q.id and j.state = 'ready' and j.ready_when <= now())`.execute(
    tx,
  );
  return rows.length > 0;
}
