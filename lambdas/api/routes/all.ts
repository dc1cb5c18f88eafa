import type { Route } from "../http/route.ts";
import { organizationAuditRoute, platformAuditRoute } from "./account-audit.ts";
import { accountRoutes } from "./accounts.ts";
import { competitionAuditRoute, queueAuditRoute } from "./competition-audit.ts";
import { competitionEditingRoutes } from "./competition-editing.ts";
import { competitionListRoutes } from "./competition-lists.ts";
import { competitionRoutes } from "./competitions.ts";
import { datasetRoutes } from "./datasets.ts";
import { downloadRoutes } from "./downloads.ts";
import { dumpRoutes } from "./dumps.ts";
import { grantRoutes } from "./grants.ts";
import { leaderboardRoutes } from "./leaderboards.ts";
import { mailSettingRoutes } from "./mail-settings.ts";
import { multipartRoutes } from "./multipart.ts";
import { organizationRoutes } from "./organizations.ts";
import { participantRoutes } from "./participants.ts";
import { phaseRoutes } from "./phases.ts";
import { queueQuarantineRoutes } from "./queue-quarantine.ts";
import { queueWorkerRoutes } from "./queue-workers.ts";
import { queueRoutes } from "./queues.ts";
import { sessionRoutes } from "./sessions.ts";
import { submissionResultRoutes } from "./submission-results.ts";
import { submissionRunRoutes } from "./submission-runs.ts";
import { submissionRoutes } from "./submissions.ts";
import { taskRoutes } from "./tasks.ts";
import { teamRoutes } from "./teams.ts";
import { workerRoutes } from "./worker.ts";

/** Every route of the API by the part of the description it belongs to. */
export const allRoutes: Record<string, Route[]> = {
  accounts: [...accountRoutes, ...mailSettingRoutes, ...sessionRoutes, platformAuditRoute],
  organizations: [...organizationRoutes, organizationAuditRoute],
  competitions: [...competitionListRoutes, ...competitionRoutes, ...competitionEditingRoutes, ...dumpRoutes, competitionAuditRoute],
  phases: [...phaseRoutes, ...grantRoutes],
  participants: [...participantRoutes, ...teamRoutes],
  submissions: [...submissionRoutes, ...submissionRunRoutes, ...submissionResultRoutes],
  leaderboards: leaderboardRoutes,
  datasets: [...datasetRoutes, ...multipartRoutes, ...downloadRoutes],
  tasks: taskRoutes,
  queues: [...queueRoutes, ...queueQuarantineRoutes, ...queueWorkerRoutes, queueAuditRoute],
  worker: workerRoutes,
};
