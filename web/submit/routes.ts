import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { sessionQuery } from "../api/session.ts";
import { text, type Given } from "../app/search-params.ts";
import { competitionQuery } from "../competitions/queries.ts";
import { competitionRoute } from "../competitions/routes.ts";
import { ownSubmissionsQuery } from "../my-submissions/queries.ts";
import { beforeQuery, canSubmitQuery, organizationsQuery, phaseToSubmitTo, quotaQuery } from "./queries.ts";

const submitRoute = createRoute({
  getParentRoute: () => competitionRoute,
  path: "/submit",
  validateSearch: (given: Given): { phase?: string | undefined } => ({ phase: text(given["phase"]) }),
  loaderDeps: ({ search }) => search,
  loader: async ({ context: { queryClient, competitionId }, deps }) => {
    const [competition, { user }] = await Promise.all([
      queryClient.ensureQueryData(competitionQuery(competitionId, deps.secret_key)),
      queryClient.ensureQueryData(sessionQuery),
    ]);
    const phase = phaseToSubmitTo(competition, deps.phase);
    if (!phase || !user || competition.participant_status !== "approved") return;
    await Promise.all([
      queryClient.ensureQueryData(beforeQuery(phase.id, deps.secret_key)),
      // Whether somebody may submit changes with time and with every submission.
      queryClient.fetchQuery({ ...canSubmitQuery(phase.id), staleTime: 0 }),
      queryClient.ensureQueryData(quotaQuery),
      queryClient.ensureQueryData(organizationsQuery),
      queryClient.ensureQueryData(ownSubmissionsQuery(user.username, { competition: competitionId, size: 3 })),
    ]);
  },
  component: lazyRouteComponent(() => import("./submit-page.tsx"), "SubmitPage"),
});

export const submitRoutes = [submitRoute];
