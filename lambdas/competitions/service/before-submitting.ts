/** What a participant wants to know before a submission: how long it will wait, on what it runs, and how many are left. */
import { findPhase } from "../db/competitions.ts";
import { findAllowance } from "../db/grants.ts";
import { offeredProfiles } from "../../jobs/db/capacity-profiles.ts";
import { queueForJobs } from "../../jobs/db/served-queues.ts";
import { queueWait } from "../../jobs/db/usual-wait.ts";
import { effectiveTimeLimit, queueCaps } from "../rules/compile-submission.ts";
import { leftSubmissions } from "../rules/limits.ts";
import type { Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { noSuchPhase, visibleCompetition } from "./access.ts";

/** Waits of longer ago say little. */
const lately = 7 * 24 * 3_600_000;

/** Tells it for a phase that the actor may see, with the queue of its competition as it is now. */
export async function beforeSubmitting(context: Context, actor: Actor, phaseId: number, givenKey: string | null) {
  const { db, environment } = context;
  const found = await findPhase(db, phaseId);
  if (!found) throw noSuchPhase();
  await visibleCompetition(context, actor, found.competition.id, givenKey);
  const now = context.now();
  const queue = await queueForJobs(db, found.competition.queue_id);
  const profiles = await offeredProfiles(db);
  const caps = queueCaps(queue, environment.MAX_EXECUTION_TIME_LIMIT);
  const allowance = await findAllowance(db, found.phase, actor.kind === "user" ? actor.id : null, now);
  return {
    allowance,
    left: leftSubmissions(allowance, now),
    acceptsJobs: queue.accepts_jobs,
    maxSubmissionBytes: queue.max_upload_bytes,
    timeLimitSeconds: effectiveTimeLimit(found.phase.execution_time_limit, caps),
    wait: await queueWait(db, queue.id, new Date(now.getTime() - lately)),
    /** By step, the capacity profile of the platform's workers; null on machines of the queue's owner. */
    machines:
      queue.step_profiles &&
      Object.entries(queue.step_profiles).map(([step, name]) => ({ step, name, profile: profiles[name] ?? null })),
  };
}
