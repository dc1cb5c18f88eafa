import { area } from "./http/area.ts";
import { datasetRoutes } from "./routes/datasets.ts";
import { downloadRoutes } from "./routes/downloads.ts";
import { multipartRoutes } from "./routes/multipart.ts";
import { taskRoutes } from "./routes/tasks.ts";

export const handler = area([...datasetRoutes, ...multipartRoutes, ...downloadRoutes, ...taskRoutes]);
