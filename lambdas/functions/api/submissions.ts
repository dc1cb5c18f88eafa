import { invoiceRoute } from "../../competitions/api/routes/invoices.ts";
import { submissionResultRoutes } from "../../competitions/api/routes/submission-results.ts";
import { submissionRunRoutes } from "../../competitions/api/routes/submission-runs.ts";
import { submissionRoutes } from "../../competitions/api/routes/submissions.ts";
import type { TaggedRoutes } from "../openapi.ts";
import { serve } from "../serve.ts";

export const routes = {
  submissions: [...submissionRoutes, ...submissionRunRoutes, ...submissionResultRoutes, invoiceRoute],
} satisfies TaggedRoutes;

export const handler = serve(routes);
