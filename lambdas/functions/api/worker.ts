import { workerRoutes } from "../../jobs/api/worker.ts";
import type { TaggedRoutes } from "../openapi.ts";
import { serve } from "../serve.ts";

export const routes = { worker: workerRoutes } satisfies TaggedRoutes;

export const handler = serve(routes);
