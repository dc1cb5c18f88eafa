import { area } from "../../http/area.ts";
import { submissionResultRoutes } from "../../competitions/api/routes/submission-results.ts";
import { submissionRunRoutes } from "../../competitions/api/routes/submission-runs.ts";
import { submissionRoutes } from "../../competitions/api/routes/submissions.ts";

export const handler = area([...submissionRoutes, ...submissionRunRoutes, ...submissionResultRoutes]);
