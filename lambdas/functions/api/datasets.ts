import { area } from "../../http/area.ts";
import { datasetRoutes } from "../../competitions/api/routes/datasets.ts";
import { downloadRoutes } from "../../competitions/api/routes/downloads.ts";
import { multipartRoutes } from "../../competitions/api/routes/multipart.ts";
import { taskRoutes } from "../../competitions/api/routes/tasks.ts";

export const handler = area([...datasetRoutes, ...multipartRoutes, ...downloadRoutes, ...taskRoutes]);
