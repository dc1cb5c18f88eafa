import { createRoute, lazyRouteComponent, notFound } from "@tanstack/react-router";
import { ApiError } from "../api/client.ts";
import { rootRoute } from "../app/root.tsx";
import { text, type Given } from "../app/search-params.ts";
import { competitionQuery } from "../competitions/queries.ts";
import {
  chosenRun,
  detailedResultQuery,
  detailsQuery,
  invoiceQuery,
  isOverAsFarAsSeen,
  submissionQuery,
} from "./queries.ts";

export interface SubmissionAddress {
  secret_key?: string | undefined;
  /** The id of the run of one task. */
  run?: string | undefined;
  /** The container whose log is shown. */
  log?: string | undefined;
  digits?: "all" | undefined;
}

interface Ids {
  id: string;
  submission: string;
}

/** Both ids of an address, which anybody may have written. */
function idsOf({ params }: { params: Ids }) {
  for (const id of [params.id, params.submission]) if (!/^[1-9]\d{0,9}$/.test(id)) notFound({ throw: true });
  return { competitionId: Number(params.id), submissionId: Number(params.submission) };
}

const submissionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/competitions/$id/submissions/$submission",
  validateSearch: (given: Given): SubmissionAddress => ({
    secret_key: text(given["secret_key"]),
    run: text(given["run"]),
    log: text(given["log"]),
    digits: given["digits"] === "all" ? "all" : undefined,
  }),
  beforeLoad: idsOf,
  loaderDeps: ({ search }) => ({ secretKey: search.secret_key, run: search.run }),
  loader: async ({ context, deps }) => {
    const { queryClient, competitionId, submissionId } = context;
    const [submission] = await Promise.all([
      queryClient.ensureQueryData(submissionQuery(submissionId)),
      queryClient.ensureQueryData(competitionQuery(competitionId, deps.secretKey)),
    ]);
    // The address names another competition.
    if (submission.competition !== competitionId) notFound({ throw: true });
    const run = chosenRun(submission, deps.run);
    if (run && submission.permissions.details)
      await Promise.all([
        queryClient.ensureQueryData(detailsQuery(run.id, run.status)),
        queryClient.prefetchQuery(invoiceQuery(submissionId, submission.status)),
      ]);
  },
  component: lazyRouteComponent(() => import("./submission-page.tsx"), "SubmissionPage"),
});

/** Codabench's address of a page that explains scores. */
const detailedResultsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/competitions/$id/detailed_results/$submission",
  validateSearch: (given: Given): { secret_key?: string | undefined } => ({ secret_key: text(given["secret_key"]) }),
  beforeLoad: idsOf,
  loaderDeps: ({ search }) => ({ secretKey: search.secret_key }),
  loader: async ({ context, deps }) => {
    const { queryClient, competitionId, submissionId } = context;
    const detailed = async () => {
      const submission = submissionQuery(submissionId);
      await queryClient.prefetchQuery(submission);
      const isOver = isOverAsFarAsSeen(queryClient.getQueryData(submission.queryKey));
      await queryClient.ensureQueryData(detailedResultQuery(submissionId, isOver)).catch((error: unknown) => {
        // It may not be written yet.
        if (isOver || !(error instanceof ApiError && error.code === "NO_DETAILED_RESULT")) throw error;
      });
    };
    await Promise.all([queryClient.ensureQueryData(competitionQuery(competitionId, deps.secretKey)), detailed()]);
  },
  component: lazyRouteComponent(() => import("./detailed-results-page.tsx"), "DetailedResultsPage"),
});

export const submissionRoutes = [submissionRoute, detailedResultsRoute];
