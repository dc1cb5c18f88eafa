import { noteHeard } from "../db/reachability.ts";
import { banSentence } from "../../accounts/rules/ban.ts";
import { findWorkerToken } from "../db/workers.ts";
import type { WorkerActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { hashToken } from "../../kernel/secrets.ts";

/**
 * The worker of a token, which has reached the platform. Refused if the token is unknown or revoked, or while the person who made
 * it is banned: otherwise they would still get other people's jobs.
 */
export async function workerByToken({ db }: Context, token: string): Promise<WorkerActor> {
  const worker = await findWorkerToken(db, hashToken(token));
  if (!worker) throw new Refusal("unknown-worker", "BAD_TOKEN", "This worker token is unknown or was revoked.");
  if (worker.ban)
    throw new Refusal("unknown-worker", "BANNED", banSentence(worker.ban, "The person who made this worker token"));
  await noteHeard(db);
  return { kind: "worker", queue: worker.queue };
}
