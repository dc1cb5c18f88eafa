import * as z from "zod";
import { may } from "../../policy/policy.ts";
import { notAllowed } from "../../kernel/refusal.ts";
import { organizationFor } from "../service/organizations.ts";
import { idParams } from "../../http/fields.ts";
import { auditRoute } from "./audit.ts";

export const organizationAuditRoute = auditRoute({
  path: "/api/organizations/{id}/",
  what: "an organization and who is in it",
  who: "owner and managers",
  params: idParams,
  place: ({ id }) => ({ organization: id }),
  requireReader: (context, actor, { id }) => organizationFor(context, actor, id, "organization.edit"),
});

export const platformAuditRoute = auditRoute({
  path: "/api/",
  what: "the platform itself: accounts with a role, and data that no competition had",
  who: "superusers",
  params: z.object({}),
  place: () => ({}),
  requireReader: (_, actor) =>
    may(actor, "audit.ofPlatform", null) ? Promise.resolve() : Promise.reject(notAllowed("superusers")),
});
