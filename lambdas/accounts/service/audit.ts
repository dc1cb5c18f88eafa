import type { Transaction } from "kysely";
import { hasAuditEvents, insertAuditEvents } from "../db/audit.ts";
import type { Database } from "../../kernel/db/schema.ts";
import type { AuditEvent, AuditPlace } from "../rules/audit.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";

/** Who changes something, and why they say they do. */
export interface Author {
  /** Null is the platform itself. */
  actor: Pick<UserActor, "id"> | null;
  reason: string | null;
}

/** Somebody who changes something that not everybody may. */
export type UserAuthor = Author & { actor: UserActor };

/** The platform changes something by itself, as its rules say. */
export const thePlatform: Author = { actor: null, reason: null };

/** Adds to the audit trail what a transaction changes. It is called in that transaction, so that both stay or neither does. */
export async function record(
  tx: Transaction<Database>,
  { actor, reason }: Author,
  ...events: AuditEvent[]
): Promise<void> {
  await insertAuditEvents(tx, { actorId: actor?.id ?? null, reason }, events);
}

/** Whether somebody reads a trail for the platform: also that of what was deleted, which nobody else has. */
export async function readsForPlatform({ db }: Context, actor: UserActor, place: AuditPlace): Promise<boolean> {
  return may(actor, "audit.ofPlatform", null) && (await hasAuditEvents(db, place));
}
