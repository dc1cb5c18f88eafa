import type { Db } from "./connection.ts";

/** How many jobs of the default queue wait or run. */
export async function countOpenDefaultJobs(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom("jobs as j")
    .innerJoin("queues as q", "q.id", "j.queue_id")
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .where("q.is_default", "=", true)
    .where("j.state", "in", ["ready", "leased"])
    .executeTakeFirstOrThrow();
  return Number(count);
}
