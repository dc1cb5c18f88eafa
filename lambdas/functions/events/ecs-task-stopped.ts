import type { EventBridgeEvent } from "aws-lambda";
import * as z from "zod";
import { keepable } from "../../../contract/keepable.ts";
import { findAttempt } from "../../jobs/db/jobs.ts";
import { keepStop } from "../../jobs/db/launches.ts";
import { currentContext } from "../context.ts";

/** The fields of an "ECS Task State Change" event that the handler reads. */
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

const launchName = /^([0-9a-f-]{36})\/([^/]+)\/(\d+)$/;

/**
 * Stores why one of our ECS tasks stopped, because ECS forgets it within an hour. The worker that watches the task, or
 * the worker that takes over when the lease expires, decides what follows.
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
  if (lastStatus !== "STOPPED" || attemptId === undefined || step === undefined) return;
  const { db, log } = currentContext();
  const stopped = keepable({
    code: stopCode ?? null,
    reason: stoppedReason,
    containers: containers.map(({ name, exitCode, reason }) => ({
      name,
      exitCode: exitCode ?? null,
      reason: reason ?? null,
    })),
  });
  const launch = { attemptId, step, number: Number(number), taskArn };
  if (!(await keepStop(db, launch, stopped))) {
    log.warn("task.unknown", { task: taskArn, startedBy });
    return;
  }
  const { jobId: job, correlationId } = (await findAttempt(db, attemptId))!;
  log
    .with({ correlationId, job, attempt: attemptId, step: launch.step, launch: launch.number })
    .info("task.stopped", { task: taskArn, code: stopped.code });
}
