import { noticeRoutes } from "../../accounts/api/announcements.ts";
import { wholeAuditRoute } from "../../accounts/api/audit.ts";
import { mailLogRoutes } from "../../accounts/api/mail-log.ts";
import { maintenanceRoutes } from "../../accounts/api/maintenance.ts";
import { organizationAuditRoute, platformAuditRoute } from "../../accounts/api/account-audit.ts";
import { accountRoutes } from "../../accounts/api/accounts.ts";
import { configRoute } from "../../accounts/api/config.ts";
import { confirmAddressRoutes } from "../../accounts/api/confirm-address.ts";
import { handOverRoutes } from "../../accounts/api/hand-overs.ts";
import { leavingRoutes } from "../../accounts/api/leaving.ts";
import { impersonationRoutes } from "../../accounts/api/impersonation.ts";
import { loginRoutes } from "../../accounts/api/logins.ts";
import { notificationRoutes } from "../../accounts/api/notifications.ts";
import { organizationRoutes } from "../../accounts/api/organizations.ts";
import { passkeyRoutes } from "../../accounts/api/passkeys.ts";
import { passwordRoutes } from "../../accounts/api/passwords.ts";
import { webSessionRoutes } from "../../accounts/api/session.ts";
import { sessionRoutes } from "../../accounts/api/sessions.ts";
import { secondFactorRoutes } from "../../accounts/api/second-factor.ts";
import { signInRoutes } from "../../accounts/api/sign-in.ts";
import { invitationRoutes } from "../../accounts/api/invitations.ts";
import { administrationRoutes } from "../../competitions/api/routes/administration.ts";
import { userRoutes } from "../../competitions/api/routes/users.ts";
import { profileRoute } from "../../competitions/api/routes/profiles.ts";
import { unsubscribeRoutes } from "../../accounts/api/unsubscribe.ts";
import { approveWhitelisted } from "../../competitions/service/participation.ts";
import { belongings, handOverKinds } from "../belongings.ts";
import type { TaggedRoutes } from "../openapi.ts";
import { serve } from "../serve.ts";

export const routes = {
  accounts: [
    ...accountRoutes,
    ...confirmAddressRoutes(approveWhitelisted),
    ...notificationRoutes,
    ...unsubscribeRoutes,
    ...sessionRoutes,
    ...webSessionRoutes,
    ...loginRoutes,
    ...passwordRoutes,
    ...leavingRoutes(belongings),
    ...handOverRoutes(handOverKinds),
    ...passkeyRoutes,
    ...signInRoutes,
    ...secondFactorRoutes,
    ...invitationRoutes,
    profileRoute,
    configRoute,
  ],
  organizations: [...organizationRoutes, organizationAuditRoute],
  administration: [
    ...userRoutes,
    ...administrationRoutes,
    ...impersonationRoutes,
    ...noticeRoutes,
    ...maintenanceRoutes,
    ...mailLogRoutes,
    platformAuditRoute,
    wholeAuditRoute,
  ],
} satisfies TaggedRoutes;

export const handler = serve(routes);
