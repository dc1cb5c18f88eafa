import { noteHeard } from "../db/reachability.ts";
import { findWorkerToken } from "../db/workers.ts";
import type { WorkerActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { hashToken } from "../../kernel/secrets.ts";

/** The worker of a token, which has reached the platform. Refused if the token is unknown or revoked. */
export async function workerByToken({ db }: Context, token: string): Promise<WorkerActor> {
  const worker = await findWorkerToken(db, hashToken(token));
  if (!worker) throw new Refusal("unknown-worker", "BAD_TOKEN", "This worker token is unknown or was revoked.");
  await noteHeard(db);
  return { kind: "worker", ...worker };
}
