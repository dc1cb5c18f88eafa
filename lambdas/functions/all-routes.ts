import { routes as accounts } from "./api/accounts.ts";
import { routes as competitions } from "./api/competitions.ts";
import { routes as datasets } from "./api/datasets.ts";
import { routes as submissions } from "./api/submissions.ts";
import { routes as worker } from "./api/worker.ts";
import { routes as worksheets } from "./api/worksheets.ts";
import type { TaggedRoutes } from "./openapi.ts";

/** The routes of all areas, for the OpenAPI document. */
export const allRoutes = {
  ...accounts,
  ...competitions,
  ...datasets,
  ...submissions,
  ...worker,
  ...worksheets,
} satisfies TaggedRoutes;
