import { area } from "../../http/area.ts";
import { workerRoutes } from "../../jobs/api/worker.ts";
import { jobOwners } from "../job-owners.ts";

export const handler = area(workerRoutes(jobOwners));
