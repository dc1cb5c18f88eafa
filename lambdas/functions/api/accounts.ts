import { organizationAuditRoute, platformAuditRoute } from "../../accounts/api/account-audit.ts";
import { accountRoutes } from "../../accounts/api/accounts.ts";
import { configRoute } from "../../accounts/api/config.ts";
import { confirmAddressRoutes } from "../../accounts/api/confirm-address.ts";
import { loginRoutes } from "../../accounts/api/logins.ts";
import { mailSettingRoutes } from "../../accounts/api/mail-settings.ts";
import { organizationRoutes } from "../../accounts/api/organizations.ts";
import { passwordRoutes } from "../../accounts/api/passwords.ts";
import { webSessionRoutes } from "../../accounts/api/session.ts";
import { sessionRoutes } from "../../accounts/api/sessions.ts";
import { secondFactorRoutes } from "../../accounts/api/second-factor.ts";
import { signInRoutes } from "../../accounts/api/sign-in.ts";
import { signUpRoutes } from "../../accounts/api/sign-up.ts";
import { tokenPageRoutes } from "../../accounts/api/token-page.ts";
import { approveWhitelisted } from "../../competitions/service/participation.ts";
import type { TaggedRoutes } from "../openapi.ts";
import { serve } from "../serve.ts";

export const routes = {
  accounts: [
    ...accountRoutes,
    ...confirmAddressRoutes(approveWhitelisted),
    ...mailSettingRoutes,
    ...sessionRoutes,
    ...webSessionRoutes,
    ...loginRoutes,
    ...passwordRoutes,
    ...signInRoutes,
    ...secondFactorRoutes,
    ...signUpRoutes,
    ...tokenPageRoutes,
    configRoute,
    platformAuditRoute,
  ],
  organizations: [...organizationRoutes, organizationAuditRoute],
} satisfies TaggedRoutes;

export const handler = serve(routes);
