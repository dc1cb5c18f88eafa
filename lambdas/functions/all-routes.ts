import type { Route } from "../http/route.ts";
import { organizationAuditRoute, platformAuditRoute } from "../accounts/api/account-audit.ts";
import { accountRoutes } from "../accounts/api/accounts.ts";
import { competitionAuditRoute, queueAuditRoute } from "../competitions/api/routes/competition-audit.ts";
import { competitionEditingRoutes } from "../competitions/api/routes/competition-editing.ts";
import { competitionListRoutes } from "../competitions/api/routes/competition-lists.ts";
import { competitionRoutes } from "../competitions/api/routes/competitions.ts";
import { datasetRoutes } from "../competitions/api/routes/datasets.ts";
import { downloadRoutes } from "../competitions/api/routes/downloads.ts";
import { dumpRoutes } from "../competitions/api/routes/dumps.ts";
import { grantRoutes } from "../competitions/api/routes/grants.ts";
import { leaderboardRoutes } from "../competitions/api/routes/leaderboards.ts";
import { mailSettingRoutes } from "../accounts/api/mail-settings.ts";
import { multipartRoutes } from "../competitions/api/routes/multipart.ts";
import { organizationRoutes } from "../accounts/api/organizations.ts";
import { participantRoutes } from "../competitions/api/routes/participants.ts";
import { phaseRoutes } from "../competitions/api/routes/phases.ts";
import { queueQuarantineRoutes } from "../jobs/api/queue-quarantine.ts";
import { queueWorkerRoutes } from "../jobs/api/queue-workers.ts";
import { queueRoutes } from "../competitions/api/routes/queues.ts";
import { sessionRoutes } from "../accounts/api/sessions.ts";
import { submissionResultRoutes } from "../competitions/api/routes/submission-results.ts";
import { submissionRunRoutes } from "../competitions/api/routes/submission-runs.ts";
import { submissionRoutes } from "../competitions/api/routes/submissions.ts";
import { taskRoutes } from "../competitions/api/routes/tasks.ts";
import { teamRoutes } from "../competitions/api/routes/teams.ts";
import { workerRoutes } from "../jobs/api/worker.ts";
import { jobOwners } from "./job-owners.ts";

/** Every route of the API by the part of the description it belongs to. */
export const allRoutes: Record<string, Route[]> = {
  accounts: [...accountRoutes, ...mailSettingRoutes, ...sessionRoutes, platformAuditRoute],
  organizations: [...organizationRoutes, organizationAuditRoute],
  competitions: [
    ...competitionListRoutes,
    ...competitionRoutes,
    ...competitionEditingRoutes,
    ...dumpRoutes,
    competitionAuditRoute,
  ],
  phases: [...phaseRoutes, ...grantRoutes],
  participants: [...participantRoutes, ...teamRoutes],
  submissions: [...submissionRoutes, ...submissionRunRoutes, ...submissionResultRoutes],
  leaderboards: leaderboardRoutes,
  datasets: [...datasetRoutes, ...multipartRoutes, ...downloadRoutes],
  tasks: taskRoutes,
  queues: [...queueRoutes, ...queueQuarantineRoutes(jobOwners), ...queueWorkerRoutes, queueAuditRoute],
  worker: workerRoutes(jobOwners),
};
