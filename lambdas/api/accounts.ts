import { area } from "./http/area.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { organizationAuditRoute, platformAuditRoute } from "./routes/account-audit.ts";
import { mailSettingRoutes } from "./routes/mail-settings.ts";
import { organizationRoutes } from "./routes/organizations.ts";
import { sessionRoutes } from "./routes/sessions.ts";

export const handler = area([
  ...accountRoutes,
  ...mailSettingRoutes,
  ...organizationRoutes,
  ...sessionRoutes,
  organizationAuditRoute,
  platformAuditRoute,
]);
