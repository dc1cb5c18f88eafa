import { area } from "./http/area.ts";
import { workerRoutes } from "./routes/worker.ts";

export const handler = area(workerRoutes);
