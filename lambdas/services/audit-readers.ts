import { hasAuditEvents } from "../db/audit.ts";
import type { AuditPlace } from "../domain/audit.ts";
import { may, type UserActor } from "../domain/policy.ts";
import { competitionFor, notAllowed } from "./access.ts";
import { organizationFor } from "./organizations.ts";
import type { Platform } from "./platform.ts";
import { runnableQueue } from "./queues.ts";

/** Refuses whoever may not read the audit trail of a place. That of one that was deleted stays for superusers. */
export async function requireAuditor(platform: Platform, actor: UserActor, place: AuditPlace): Promise<void> {
  const { competition, queue, organization } = place;
  if (may(actor, "audit.ofPlatform", null) && (await hasAuditEvents(platform.db, place))) return;
  if (competition !== undefined) await competitionFor(platform, actor, competition, "competition.audit");
  else if (queue !== undefined) await runnableQueue(platform, actor, queue);
  else if (organization !== undefined) await organizationFor(platform, actor, organization, "organization.edit");
  else if (!may(actor, "audit.ofPlatform", null)) throw notAllowed("superusers");
}
