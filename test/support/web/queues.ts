/** Fills a queue without running anything, for tests of how it looks. */
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { Competition } from "../../../client/api-client.ts";
import { seeWorker } from "../../../lambdas/jobs/db/workers.ts";
import type { Context } from "../../../lambdas/kernel/context.ts";

/** Lets workers of a queue be seen: one runs a job, one takes none, and one was last seen a while ago. */
export async function seeWorkers({ db }: Context, queueId: string): Promise<void> {
  const worker = (host: string) => ({
    id: host,
    instance: randomUUID(),
    host,
    launcher: "docker",
    slots: 2,
    version: "0.9.0",
    capabilities: { outlivesWorker: false },
  });
  await seeWorker(db, [queueId], worker("gpu-lab-01"), null);
  await seeWorker(db, [queueId], worker("gpu-lab-02"), "Its disk is nearly full: 1.2 GB are free.");
  await seeWorker(db, [queueId], worker("gpu-lab-03"), null);
  await sql`update workers set last_seen = now() - interval '41 minutes' where id = 'gpu-lab-03'`.execute(db);
}

/** Adds jobs of submissions to a queue: some wait, one runs, many have ended in the last day, and two are quarantined. */
export async function fillQueue({ db }: Context, { phases }: Competition, queueId: string): Promise<void> {
  const phase = phases[0]!.id;
  await sql`
    with numbered as (
      select gen_random_uuid() as id, n,
        case when n <= 14 then 'ready' when n = 15 then 'leased' when n % 11 = 0 or n > 90 then 'failed' else 'succeeded' end as state
      from generate_series(1, 92) n
    ), added as (
      insert into jobs (id, queue_id, kind, state, spec, priority, owner_key, group_key, ready_when, finished_when, failure,
        quarantined_when, attempt_number, lease_until)
      select id, ${queueId}, 'submission', state, '{"steps": []}', 0, 'participant', ${phase}::text,
        now() - make_interval(mins => n), case when n > 15 then now() - make_interval(mins => (n - 16) * 18) end,
        case when state = 'failed' then jsonb_build_object('code', 'WORKER_LOST', 'message',
          case when n = 91 then 'The disk of gpu-lab-02 is full.' else 'The worker was lost.' end, 'step', 'scoring') end,
        case when n > 90 then now() - make_interval(mins => (n - 90) * 9) end, case when n > 14 then 3 else 0 end,
        case when state = 'leased' then now() + interval '1 hour' end
      from numbered returning id, state, quarantined_when
    ), tried as (
      insert into attempts (id, job_id, number, worker_id, worker_instance, host, launcher, outlives_worker, ended_when, outcome)
      select gen_random_uuid(), added.id, tries, 'gone', 'gone', 'gpu-lab-02', 'docker', false, now(), 'failed'
      from added, generate_series(1, 3) tries where added.quarantined_when is not null
    )
    insert into submissions (phase_id, owner_id, participant_id, status, task_id, data_id, job_id)
    select ${phase}, pa.user_id, pa.id, 'Failed', pt.task_id, (select min(id) from datasets), added.id
    from added, (select p.* from participants p join phases ph using (competition_id) where ph.id = ${phase} limit 1) pa,
      (select task_id from phase_tasks where phase_id = ${phase} limit 1) pt
    where added.quarantined_when is not null`.execute(db);
  await sql`
    with leased as (select id from jobs where queue_id = ${queueId} and state = 'leased'), begun as (
      insert into attempts (id, job_id, number, worker_id, worker_instance, host, launcher, outlives_worker, started_when, progress)
      select gen_random_uuid(), leased.id, 1, w.id, w.instance, w.host, w.launcher, false, now() - interval '4 minutes',
        '{"step": "scoring", "stage": "running"}'::jsonb
      from leased, workers w where w.queue_id = ${queueId} and w.id = 'gpu-lab-01' returning id, job_id
    )
    update jobs set attempt_id = begun.id, leased_when = now() - interval '4 minutes'
    from begun where jobs.id = begun.job_id`.execute(db);
}
