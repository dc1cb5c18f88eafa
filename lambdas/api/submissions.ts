import { area } from "./http/area.ts";
import { submissionResultRoutes } from "./routes/submission-results.ts";
import { submissionRunRoutes } from "./routes/submission-runs.ts";
import { submissionRoutes } from "./routes/submissions.ts";

export const handler = area([...submissionRoutes, ...submissionRunRoutes, ...submissionResultRoutes]);
