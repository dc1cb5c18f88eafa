import { workerRoutes } from "../../jobs/api/worker.ts";
import { authenticateWorker } from "../authenticate.ts";
import { jobOwners } from "../job-owners.ts";
import type { TaggedRoutes } from "../openapi.ts";
import { serve } from "../serve.ts";
import { contextOfWorkers } from "../worker-context.ts";

export const routes = { worker: workerRoutes(jobOwners) } satisfies TaggedRoutes;

export const handler = serve(routes, { currentContext: contextOfWorkers, authenticate: authenticateWorker });
