import { organizationAuditRoute, platformAuditRoute } from "../../accounts/api/account-audit.ts";
import { accountRoutes } from "../../accounts/api/accounts.ts";
import { mailSettingRoutes } from "../../accounts/api/mail-settings.ts";
import { organizationRoutes } from "../../accounts/api/organizations.ts";
import { sessionRoutes } from "../../accounts/api/sessions.ts";
import type { TaggedRoutes } from "../openapi.ts";
import { serve } from "../serve.ts";

export const routes = {
  accounts: [...accountRoutes, ...mailSettingRoutes, ...sessionRoutes, platformAuditRoute],
  organizations: [...organizationRoutes, organizationAuditRoute],
} satisfies TaggedRoutes;

export const handler = serve(routes);
