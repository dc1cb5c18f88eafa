import { datasetRoutes } from "../../competitions/api/routes/datasets.ts";
import { downloadRoutes } from "../../competitions/api/routes/downloads.ts";
import { multipartRoutes } from "../../competitions/api/routes/multipart.ts";
import { taskRoutes } from "../../competitions/api/routes/tasks.ts";
import type { TaggedRoutes } from "../openapi.ts";
import { serve } from "../serve.ts";

export const routes = {
  datasets: [...datasetRoutes, ...multipartRoutes, ...downloadRoutes],
  tasks: taskRoutes,
} satisfies TaggedRoutes;

export const handler = serve(routes);
