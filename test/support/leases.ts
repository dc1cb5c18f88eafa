import { sql } from "kysely";
import type { Db } from "../../lambdas/kernel/db/connection.ts";

/** Moves the times at which workers and the sweeper reached the platform into the past. The argument is in seconds. */
export async function reached(
  db: Db,
  ago: { heardSince: number; heard: number; sweptSince?: number; swept?: number },
): Promise<void> {
  const { heardSince, heard, sweptSince = 0, swept = 0 } = ago;
  const before = (seconds: number) => sql<Date>`now() - make_interval(secs => ${seconds})`;
  await db
    .updateTable("reachability")
    .set({
      heard_since: before(heardSince),
      heard_when: before(heard),
      swept_since: before(sweptSince),
      swept_when: before(swept),
    })
    .execute();
}

/** Lets leases run out, of one job or of all, on a platform that workers have reached for an hour. */
export async function expireLeases(db: Db, jobId?: string): Promise<void> {
  await reached(db, { heardSince: 3600, heard: 0 });
  await db
    .updateTable("jobs")
    .set({ lease_until: sql<Date>`now() - interval '1 second'` })
    .where("state", "=", "leased")
    .$if(jobId !== undefined, (query) => query.where("id", "=", jobId!))
    .execute();
}
