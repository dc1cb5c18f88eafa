import { createRoute } from "@tanstack/react-router";
import { rootRoute } from "../app/root.tsx";
import { sessionQuery } from "../api/session.ts";
import { HomePage } from "./home-page.tsx";
import { endingSoonQuery, featuredQuery, ownLatestQuery } from "./queries.ts";

export const homeRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/",
    loader: ({ context: { queryClient } }) =>
      Promise.all([
        queryClient.ensureQueryData(featuredQuery),
        queryClient.ensureQueryData(endingSoonQuery),
        queryClient
          .ensureQueryData(sessionQuery)
          .then(({ user }) => user && queryClient.ensureQueryData(ownLatestQuery(user.username))),
      ]),
    component: HomePage,
  }),
];
