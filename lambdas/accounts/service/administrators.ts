import { notAllowed } from "../../kernel/refusal.ts";
import { may, type Actor } from "../../policy/policy.ts";

/** Refuses everybody who does not administer the platform. */
export function requireAdministrator(actor: Actor): void {
  if (!may(actor, "platform.administer", null)) throw notAllowed("superusers");
}
