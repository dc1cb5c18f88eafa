import { area } from "../../http/area.ts";
import { accountRoutes } from "../../accounts/api/accounts.ts";
import { organizationAuditRoute, platformAuditRoute } from "../../accounts/api/account-audit.ts";
import { mailSettingRoutes } from "../../accounts/api/mail-settings.ts";
import { organizationRoutes } from "../../accounts/api/organizations.ts";
import { sessionRoutes } from "../../accounts/api/sessions.ts";

export const handler = area([
  ...accountRoutes,
  ...mailSettingRoutes,
  ...organizationRoutes,
  ...sessionRoutes,
  organizationAuditRoute,
  platformAuditRoute,
]);
