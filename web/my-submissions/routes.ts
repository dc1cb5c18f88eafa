import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { sessionQuery } from "../api/session.ts";
import { oneOf, pageNumber, text, type Given } from "../app/search-params.ts";
import { competitionRoute } from "../competitions/routes.ts";
import { type Group, groups, type MineAddress, ownSubmissionsQuery } from "./queries.ts";

const mineRoute = createRoute({
  getParentRoute: () => competitionRoute,
  path: "/submissions",
  validateSearch: (given: Given): MineAddress => ({
    status: oneOf(given["status"], Object.keys(groups) as Group[]),
    phase: /^\d+$/.test(text(given["phase"]) ?? "") ? text(given["phase"]) : undefined,
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search: { status, phase, page } }) => ({ status, phase, page }),
  loader: async ({ context: { queryClient, competitionId }, deps }) => {
    const { user } = await queryClient.ensureQueryData(sessionQuery);
    if (user)
      await queryClient.ensureQueryData(ownSubmissionsQuery(user.username, { ...deps, competition: competitionId }));
  },
  component: lazyRouteComponent(() => import("./mine-page.tsx"), "MinePage"),
});

export const mineRoutes = [mineRoute];
