import { area } from "./http/area.ts";
import { competitionAuditRoute, queueAuditRoute } from "./routes/competition-audit.ts";
import { competitionEditingRoutes } from "./routes/competition-editing.ts";
import { competitionListRoutes } from "./routes/competition-lists.ts";
import { competitionRoutes } from "./routes/competitions.ts";
import { dumpRoutes } from "./routes/dumps.ts";
import { grantRoutes } from "./routes/grants.ts";
import { leaderboardRoutes } from "./routes/leaderboards.ts";
import { participantRoutes } from "./routes/participants.ts";
import { phaseRoutes } from "./routes/phases.ts";
import { queueQuarantineRoutes } from "./routes/queue-quarantine.ts";
import { queueWorkerRoutes } from "./routes/queue-workers.ts";
import { queueRoutes } from "./routes/queues.ts";
import { teamRoutes } from "./routes/teams.ts";

export const handler = area([
  ...competitionListRoutes,
  ...competitionRoutes,
  ...competitionEditingRoutes,
  ...dumpRoutes,
  competitionAuditRoute,
  ...leaderboardRoutes,
  ...participantRoutes,
  ...teamRoutes,
  ...phaseRoutes,
  ...grantRoutes,
  ...queueRoutes,
  ...queueQuarantineRoutes,
  ...queueWorkerRoutes,
  queueAuditRoute,
]);
