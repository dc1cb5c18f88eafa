import { statusOfQueues, type QueueStatus } from "../db/queue-status.ts";
import { workersOfQueues, type WorkerRow } from "../db/workers.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import type { Part } from "../../kernel/db/page.ts";
import { listedQueues, shownHours, type QueueRow } from "./queues.ts";

/** A page of the queues that the actor runs, with what waits and runs there. Superusers get all queues. */
export async function queueStatus(
  context: Context,
  actor: UserActor,
  filter: { search?: string | undefined; id?: string | undefined },
  part: Part,
): Promise<{ count: number; rows: { queue: QueueRow; status: QueueStatus; workers: WorkerRow[] }[] }> {
  const order = { field: "name", descending: false } as const;
  const { count, rows } = await listedQueues(context, actor, { ...filter, includePublic: false, order }, part);
  const ids = rows.map(({ id }) => id);
  const statuses = await statusOfQueues(context.db, ids);
  const workers = await workersOfQueues(context.db, ids, shownHours);
  return {
    count,
    rows: rows.map((queue) => ({
      queue,
      status: statuses.get(queue.id)!,
      workers: workers.get(queue.id) ?? [],
    })),
  };
}
