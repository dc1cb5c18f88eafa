import type { EventBridgeEvent } from "aws-lambda";
import * as z from "zod";
import { findAttempt } from "../../jobs/db/jobs.ts";
import { keepStop } from "../../jobs/db/launches.ts";
import { currentContext } from "../../kernel/context.ts";

/** The part of an "ECS Task State Change" that is read. */
const detailSchema = z.object({
  taskArn: z.string(),
  lastStatus: z.string(),
  startedBy: z.string().optional(),
  stopCode: z.string().optional(),
  stoppedReason: z.string().optional(),
  containers: z
    .array(z.object({ name: z.string(), exitCode: z.int().optional(), reason: z.string().optional() }))
    .default([]),
});

const launchName = /^([0-9a-f-]{36})\/(prediction|scoring)\/(\d+)$/;

/**
 * Keeps why a task of ours stopped: the cluster itself forgets it within the hour. Nothing else follows from it. The worker
 * that watches the task judges it, and if there is none, the one that goes on with the attempt when its lease runs out.
 */
export async function handler(event: EventBridgeEvent<"ECS Task State Change", unknown>): Promise<void> {
  const {
    taskArn,
    lastStatus,
    startedBy = "",
    stopCode,
    stoppedReason = "",
    containers,
  } = detailSchema.parse(event.detail);
  const [, attemptId, step, number] = launchName.exec(startedBy) ?? [];
  if (lastStatus !== "STOPPED" || attemptId === undefined) return;
  const { db, log } = currentContext();
  const stopped = {
    code: stopCode ?? null,
    reason: stoppedReason,
    containers: containers.map(({ name, exitCode, reason }) => ({
      name,
      exitCode: exitCode ?? null,
      reason: reason ?? null,
    })),
  };
  const launch = { attemptId, step: step as "prediction" | "scoring", number: Number(number), taskArn };
  if (!(await keepStop(db, launch, stopped))) {
    log.warn("task.unknown", { task: taskArn, startedBy });
    return;
  }
  const { jobId: job, correlationId } = (await findAttempt(db, attemptId))!;
  log
    .with({ correlationId, job, attempt: attemptId, step: launch.step, launch: launch.number })
    .info("task.stopped", { task: taskArn, code: stopped.code });
}
