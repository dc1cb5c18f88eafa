/** Requests to ECS to run steps of attempts. */
import { sql, type Transaction } from "kysely";
import type { Launch, StepName, StoppedEcsTask } from "../../../contract/job.ts";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";

const columns = ["step", "number", "request", "task_arn as taskArn", "stopped"] as const;

/** Launches of an attempt, ordered by number. */
export async function launchesOf(db: Db | Transaction<Database>, attemptId: string): Promise<Launch[]> {
  return db.selectFrom("launches").select(columns).where("attempt_id", "=", attemptId).orderBy("number").execute();
}

/**
 * Stores a launch, or adds its task to a stored launch. Returns the stored launch. The first stored request is kept, so that
 * every worker sends the same request.
 */
export async function keepLaunch(db: Db, attemptId: string, launch: Omit<Launch, "stopped">): Promise<Launch> {
  const { step, number, request, taskArn } = launch;
  return db
    .insertInto("launches")
    .values({ attempt_id: attemptId, step, number, request: JSON.stringify(request), task_arn: taskArn })
    .onConflict((conflict) =>
      conflict
        .columns(["attempt_id", "step", "number"])
        .doUpdateSet((eb) => ({ task_arn: eb.fn.coalesce("launches.task_arn", "excluded.task_arn") })),
    )
    .returning(columns)
    .executeTakeFirstOrThrow();
}

/** Stores why a task stopped. The first reason is kept. False if there is no such launch. */
export async function keepStop(
  db: Db,
  { attemptId, step, number, taskArn }: { attemptId: string; step: StepName; number: number; taskArn: string },
  stopped: StoppedEcsTask,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("launches")
    .set({
      stopped: sql<string>`coalesce(stopped, ${JSON.stringify(stopped)}::jsonb)`,
      // The worker may have ended after ECS answered and before it stored the task.
      task_arn: sql<string>`coalesce(task_arn, ${taskArn})`,
    })
    .where("attempt_id", "=", attemptId)
    .where("step", "=", step)
    .where("number", "=", number)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Those of some attempts that no longer hold a job. If a queue is given, attempts of other queues are left out. */
export async function abandonedAttempts(db: Db, queueId: string | null, attemptIds: string[]): Promise<string[]> {
  if (attemptIds.length === 0) return [];
  const rows = await db
    .selectFrom("jobs")
    .select("attempt_id")
    .where("attempt_id", "in", attemptIds)
    .where("state", "in", ["ready", "leased"])
    .execute();
  const held = new Set(rows.map((row) => row.attempt_id));
  if (queueId === null) return attemptIds.filter((id) => !held.has(id));
  // Workers of one queue must not stop attempts of another.
  const others = await db
    .selectFrom("attempts as a")
    .innerJoin("jobs as j", "j.id", "a.job_id")
    .select("a.id")
    .where("a.id", "in", attemptIds)
    .where("j.queue_id", "!=", queueId)
    .execute();
  for (const { id } of others) held.add(id);
  return attemptIds.filter((id) => !held.has(id));
}
