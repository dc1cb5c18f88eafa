/** The workers that can run a person's commands, as `cl workers` lists them. */
import { workersOfQueues } from "../../../jobs/db/workers.ts";
import type { Context } from "../../../kernel/context.ts";
import type { UserActor } from "../../../policy/policy.ts";
import { findBundles } from "../../db/bundles.ts";
import { runsOfWorkers, usableQueues } from "../../db/runs.ts";
import { permissionOnBundle } from "../../rules/permission.ts";
import { isRoot } from "../access.ts";

/** A worker that was not heard for longer is not listed. */
const recentSeconds = 120;

export interface ListedWorker {
  user_id: string | null;
  worker_id: string;
  group_uuid: null;
  /** The queue that it serves. Runs ask for it by `request_queue`. Null: the platform's. */
  tag: string | null;
  /** How many runs it takes at once: a worker gives each as many processors as it asks for. */
  cpus: number;
  cpus_in_use: number;
  gpus: number;
  gpus_in_use: number;
  memory_bytes: null;
  free_disk_bytes: null;
  /** Seconds since 1970. */
  checkin_time: number;
  run_uuids: string[];
  shared_file_system: false;
  tag_exclusive: boolean;
  exit_after_num_runs: number;
  is_terminating: false;
  preemptible: false;
  socket_id: number;
}

/** Workers of the queues that somebody may use. */
export async function listWorkers({ db, now }: Context, actor: UserActor): Promise<ListedWorker[]> {
  const queues = await usableQueues(db, actor.id, isRoot(actor));
  const byQueue = await workersOfQueues(
    db,
    queues.map(({ id }) => id),
    1,
  );
  const since = now().getTime() - recentSeconds * 1000;
  const found = queues.flatMap((queue) =>
    (byQueue.get(queue.id) ?? [])
      .filter(({ last_seen: seen }) => seen.getTime() >= since)
      .map((worker) => ({ queue, worker })),
  );
  const attempts = found.flatMap(({ worker }) => worker.running.map(({ attempt }) => attempt));
  const runs = await runsOfWorkers(db, attempts);
  const readable = (await findBundles(db, actor.id, [...runs.values()])).filter(
    (bundle) => permissionOnBundle(actor, bundle) > 0,
  );
  const isReadable = (run: string) => readable.some(({ uuid }) => uuid === run);
  return found.map(({ queue, worker }) => ({
    user_id: queue.owner_id === null ? null : String(queue.owner_id),
    worker_id: worker.id,
    group_uuid: null,
    tag: queue.is_default ? null : queue.name,
    cpus: worker.slots,
    cpus_in_use: worker.running.length,
    gpus: 0,
    gpus_in_use: 0,
    memory_bytes: null,
    free_disk_bytes: null,
    checkin_time: Math.floor(worker.last_seen.getTime() / 1000),
    run_uuids: worker.running.flatMap(({ attempt }) => runs.get(attempt) ?? []).filter(isReadable),
    shared_file_system: false,
    tag_exclusive: !queue.is_default,
    exit_after_num_runs: 999_999_999,
    is_terminating: false,
    preemptible: false,
    socket_id: 0,
  }));
}
