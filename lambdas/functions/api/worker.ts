import { area } from "../../http/area.ts";
import { workerRoutes } from "../../jobs/api/worker.ts";

export const handler = area(workerRoutes);
