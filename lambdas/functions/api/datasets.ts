import { datasetRoutes } from "../../competitions/api/routes/datasets.ts";
import { downloadRoutes } from "../../competitions/api/routes/downloads.ts";
import { multipartRoutes } from "../../competitions/api/routes/multipart.ts";
import { storageRoutes } from "../../competitions/api/routes/storage.ts";
import { storageAdminRoutes } from "../../competitions/api/routes/storage-admin.ts";
import { taskRoutes } from "../../competitions/api/routes/tasks.ts";
import { bundleDatasetRoutes } from "../../worksheets/api/bundle-datasets.ts";
import type { TaggedRoutes } from "../openapi.ts";
import { serve } from "../serve.ts";

export const routes = {
  datasets: [...datasetRoutes, ...bundleDatasetRoutes, ...multipartRoutes, ...downloadRoutes],
  tasks: taskRoutes,
  storage: [...storageRoutes, ...storageAdminRoutes],
} satisfies TaggedRoutes;

export const handler = serve(routes);
