/** What people have used of their quotas. */
import { usageOf } from "../../competitions/service/quota.ts";
import type { UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { Context } from "../../kernel/context.ts";
import { findPeople } from "../db/people.ts";
import { runSecondsOf } from "../db/quota.ts";
import { durationText, sizeText } from "../rules/quantities.ts";

export interface Usage {
  disk_quota: number;
  disk_used: number;
  time_quota: number;
  time_used: number;
  parallel_run_quota: number;
}

/** What a person has used, and may use. There is one quota of storage, for worksheets and everything else. */
export async function usageOfPerson(context: Pick<Context, "environment">, db: Db | Tx, id: number): Promise<Usage> {
  const [person] = await findPeople(db, [id]);
  const { used, quota } = await usageOf(context, db, id);
  const { timeQuotaSeconds, parallelRuns } = context.environment.WORKSHEETS;
  return {
    disk_quota: quota,
    disk_used: used,
    time_quota: person?.time_quota_seconds ?? timeQuotaSeconds,
    time_used: Math.floor(await runSecondsOf(db, id)),
    parallel_run_quota: person?.parallel_run_quota ?? parallelRuns,
  };
}

/** Refuses a new bundle of somebody who has used up the time or the storage. */
export async function requireQuotaLeft(
  context: Pick<Context, "environment">,
  db: Db | Tx,
  actor: UserActor,
): Promise<void> {
  const usage = await usageOfPerson(context, db, actor.id);
  const ratio = (text: (amount: number) => string, used: number, quota: number) =>
    `${text(used)} / ${text(quota)} (${quota === 0 ? "100.0" : ((100 * used) / quota).toFixed(1)}%)`;
  if (usage.time_used >= usage.time_quota)
    throw new Refusal(
      "invalid",
      "TIME_QUOTA_EXCEEDED",
      `Out of time quota: ${ratio(durationText, usage.time_used, usage.time_quota)}`,
    );
  if (usage.disk_used >= usage.disk_quota)
    throw new Refusal(
      "invalid",
      "QUOTA_EXCEEDED",
      `Out of disk quota: ${ratio(sizeText, usage.disk_used, usage.disk_quota)}`,
    );
}
