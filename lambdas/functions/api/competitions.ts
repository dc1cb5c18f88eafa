import { competitionAuditRoute, queueAuditRoute } from "../../competitions/api/routes/competition-audit.ts";
import { competitionCostRoutes } from "../../competitions/api/routes/competition-costs.ts";
import { competitionEditingRoutes } from "../../competitions/api/routes/competition-editing.ts";
import { competitionListRoutes } from "../../competitions/api/routes/competition-lists.ts";
import { competitionRoutes } from "../../competitions/api/routes/competitions.ts";
import { dumpRoutes } from "../../competitions/api/routes/dumps.ts";
import { grantRoutes } from "../../competitions/api/routes/grants.ts";
import { leaderboardRoutes } from "../../competitions/api/routes/leaderboards.ts";
import { participantRoutes } from "../../competitions/api/routes/participants.ts";
import { phaseRoutes } from "../../competitions/api/routes/phases.ts";
import { queueRoutes } from "../../competitions/api/routes/queues.ts";
import { teamRoutes } from "../../competitions/api/routes/teams.ts";
import { platformBudgetRoutes, queueBudgetRoutes } from "../../jobs/api/budgets.ts";
import { capacityRequestRoutes } from "../../jobs/api/capacity-requests.ts";
import { queueQuarantineRoutes } from "../../jobs/api/queue-quarantine.ts";
import { queueRegistryRoutes } from "../../jobs/api/queue-registries.ts";
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
    competitionAuditRoute,
  ],
  phases: [...phaseRoutes, ...grantRoutes],
  participants: [...participantRoutes, ...teamRoutes],
  leaderboards: leaderboardRoutes,
  queues: [
    ...queueRoutes,
    ...queueQuarantineRoutes(jobOwners),
    ...queueWorkerRoutes,
    ...queueRegistryRoutes,
    ...capacityRequestRoutes,
    ...queueBudgetRoutes,
    ...platformBudgetRoutes,
    queueAuditRoute,
  ],
} satisfies TaggedRoutes;

export const handler = serve(routes);
