import { hasAuditEvents, insertAuditEvents, listAuditEvents, type AuditFilter } from "../db/audit.ts";
export type { AuditEventRow } from "../db/audit.ts";
import type { AuditEvent, AuditPlace } from "../rules/audit.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { notAllowed } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";

/** The author of a change, with the reason they gave. */
export interface Author {
  /** Null for the platform itself. */
  actor: Pick<UserActor, "id" | "impersonatedBy"> | null;
  reason: string | null;
}

/** The author of a change that a user makes. */
export type UserAuthor = Author & { actor: UserActor };

/** The author of changes that the platform makes by its own rules. */
export const thePlatform: Author = { actor: null, reason: null };

/** Adds events to the audit trail, in the transaction of the change, so that both are committed or neither. */
export async function record(tx: Tx, { actor, reason }: Author, ...events: AuditEvent[]): Promise<void> {
  await insertAuditEvents(
    tx,
    { actorId: actor?.id ?? null, impersonatorId: actor?.impersonatedBy?.id ?? null, reason },
    events,
  );
}

/** Events of all places, newest first, with their total number, for administrators. */
export function readWholeAuditTrail(
  { db }: Context,
  actor: UserActor,
  filter: AuditFilter,
  part: { offset: number; limit: number },
) {
  if (!may(actor, "audit.ofPlatform", null)) throw notAllowed("superusers");
  return listAuditEvents(db, "everywhere", filter, part);
}

/**
 * Reads part of the audit trail of a place, newest first, with the number of all its events. `requireReader` refuses
 * actors who may not read it. Superusers may also read the trail of deleted objects, which `requireReader` cannot find.
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
