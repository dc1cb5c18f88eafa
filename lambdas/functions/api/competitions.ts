import { analyticsRoute } from "../../competitions/api/routes/analytics.ts";
import { beforeSubmittingRoute } from "../../competitions/api/routes/before-submitting.ts";
import { competitionAuditRoute, queueAuditRoute } from "../../competitions/api/routes/competition-audit.ts";
import { competitionCostRoutes } from "../../competitions/api/routes/competition-costs.ts";
import { competitionEditingRoutes } from "../../competitions/api/routes/competition-editing.ts";
import { competitionListRoutes } from "../../competitions/api/routes/competition-lists.ts";
import { competitionRoutes } from "../../competitions/api/routes/competitions.ts";
import { dumpRoutes } from "../../competitions/api/routes/dumps.ts";
import { exportRoute } from "../../competitions/api/routes/exports.ts";
import { grantRoutes } from "../../competitions/api/routes/grants.ts";
import { leaderboardRoutes } from "../../competitions/api/routes/leaderboards.ts";
import { moderationRoutes } from "../../competitions/api/routes/moderation.ts";
import { participantRoutes } from "../../competitions/api/routes/participants.ts";
import { phaseRoutes } from "../../competitions/api/routes/phases.ts";
import { queueRoutes } from "../../competitions/api/routes/queues.ts";
import { participantStorageRoute } from "../../competitions/api/routes/storage.ts";
import { storageAnalyticsRoutes } from "../../competitions/api/routes/storage-analytics.ts";
import { serverStatusRoute } from "../../competitions/api/routes/server-status.ts";
import { teamRoutes } from "../../competitions/api/routes/teams.ts";
import { postRoutes } from "../../forum/api/posts.ts";
import { threadRoutes } from "../../forum/api/threads.ts";
import { platformBudgetRoutes, queueBudgetRoutes } from "../../jobs/api/budgets.ts";
import { capacityRequestRoutes } from "../../jobs/api/capacity-requests.ts";
import { queueQuarantineRoutes } from "../../jobs/api/queue-quarantine.ts";
import { queueRegistryRoutes } from "../../jobs/api/queue-registries.ts";
import { queueStatusRoute } from "../../jobs/api/queue-status.ts";
import { queueWorkerRoutes } from "../../jobs/api/queue-workers.ts";
import { jobOwners } from "../job-owners.ts";
import type { TaggedRoutes } from "../openapi.ts";
import { serve } from "../serve.ts";

export const routes = {
  competitions: [
    ...competitionListRoutes,
    ...competitionRoutes,
    ...competitionEditingRoutes,
    ...competitionCostRoutes,
    ...dumpRoutes,
    participantStorageRoute,
    ...storageAnalyticsRoutes,
    ...moderationRoutes,
    competitionAuditRoute,
  ],
  phases: [...phaseRoutes, beforeSubmittingRoute, ...grantRoutes],
  participants: [...participantRoutes, ...teamRoutes],
  leaderboards: leaderboardRoutes,
  forum: [...threadRoutes, ...postRoutes],
  queues: [
    ...queueRoutes,
    queueStatusRoute,
    ...queueQuarantineRoutes(jobOwners),
    ...queueWorkerRoutes,
    ...queueRegistryRoutes,
    ...capacityRequestRoutes,
    ...queueBudgetRoutes,
    ...platformBudgetRoutes,
    queueAuditRoute,
  ],
  platform: [analyticsRoute, exportRoute, serverStatusRoute],
} satisfies TaggedRoutes;

export const handler = serve(routes);
