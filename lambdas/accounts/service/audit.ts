import { hasAuditEvents, insertAuditEvents, listAuditEvents, type AuditFilter } from "../db/audit.ts";
export type { AuditEventRow } from "../db/audit.ts";
import type { AuditEvent, AuditPlace } from "../rules/audit.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
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
export async function record(tx: Tx, { actor, reason }: Author, ...events: AuditEvent[]): Promise<void> {
  await insertAuditEvents(tx, { actorId: actor?.id ?? null, reason }, events);
}

/**
 * A part of the audit trail of a place, newest first, with the number of all its events. `requireReader` refuses those who
 * may not read it. Superusers also read the trail of what was deleted, which `requireReader` does not find.
 */
export async function readAuditTrail(
  { db }: Context,
  actor: UserActor,
  place: AuditPlace,
  requireReader: () => Promise<unknown>,
  filter: AuditFilter,
  part: { offset: number; limit: number },
) {
  const readsForPlatform = may(actor, "audit.ofPlatform", null) && (await hasAuditEvents(db, place));
  if (!readsForPlatform) await requireReader();
  return listAuditEvents(db, place, filter, part);
}
