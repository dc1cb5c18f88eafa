/** A line of ready jobs of many people on the default queue, and what a worker and those who wait do with it. */
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { claimJob } from "../../../lambdas/jobs/db/claims.ts";
import { queueLoads } from "../../../lambdas/jobs/db/served-queues.ts";
import { findOpenJob } from "../../../lambdas/jobs/service/open-job.ts";
import type { Db } from "../../../lambdas/kernel/db/connection.ts";

/** Adds the ready jobs from one number up to another, of people in turns. Some jobs of each person run and have run. */
export async function addReadyJobs(db: Db, { participants }: { participants: number }, from: number, to: number) {
  await sql
    .raw(
      `insert into jobs (id, queue_id, kind, spec, owner_key, group_key, created_when)
        select md5('ready' || n)::uuid, (select id from queues where is_default), 'submission', '{"steps": [{"name": "scoring"}]}',
          (n % ${participants})::text, (n % 10)::text, now() - interval '1 hour' + n * interval '1 ms'
        from generate_series(${from + 1}, ${to}) n`,
    )
    .execute(db);
  await sql.raw("vacuum analyze jobs").execute(db);
}

/** Adds queues on which nothing happens. */
export const addIdleQueues = (db: Db, count: number) =>
  sql
    .raw(
      `insert into queues (name, sqs_name)
        select 'idle ' || n, 'idle-' || n || '-' || ${count} from generate_series(1, ${count}) n`,
    )
    .execute(db);

const worker = {
  id: "bench",
  instance: "bench",
  host: "host",
  launcher: "docker",
  capabilities: { outlivesWorker: true },
  slots: 1000,
  version: "1",
};

/** What is measured of a line. */
export async function lineWork(db: Db): Promise<Record<string, () => Promise<void>>> {
  const { id: queue } = await db
    .selectFrom("queues")
    .select("id")
    .where("is_default", "=", true)
    .executeTakeFirstOrThrow();
  const last = async () =>
    (
      await sql<{ id: string }>`
        select id from jobs where queue_id = ${queue} and state = 'ready' order by created_when desc limit 1`.execute(
        db,
      )
    ).rows[0]!.id;
  const lastJob = await last();
  return {
    "claim a job": async () => {
      const job = await db.transaction().execute((tx) => claimJob(tx, queue, worker, ["submission"], 45));
      if (!job) throw new Error("nothing was claimed");
    },
    "say where the last job stands": async () => {
      const job = await findOpenJob(db, [lastJob]);
      if (job?.position == null) throw new Error("it stands nowhere");
    },
    "find the job of an attempt": async () => {
      await db.selectFrom("jobs").select("id").where("attempt_id", "=", randomUUID()).execute();
    },
    "count what waits, for scaler and metrics": async () => void (await queueLoads(db)),
  };
}
