import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { sessionQuery } from "../../api/session.ts";
import { rootRoute } from "../../app/root.tsx";
import { oneOf, pageNumber, text, type Given } from "../../app/search-params.ts";
import { worksheetSearchQuery } from "../queries.ts";
import { kinds } from "./keywords.ts";
import {
  accountQuery,
  bundleListQuery,
  bundlesOf,
  lists,
  pageOf,
  personQuery,
  worksheetsOf,
  type DashboardAddress,
} from "./queries.ts";

const dashboardRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/worksheets",
  validateSearch: (given: Given): DashboardAddress => ({
    q: text(given["q"]),
    kind: oneOf(given["kind"], kinds),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: async ({ context: { queryClient }, deps }) => {
    const { user } = await queryClient.ensureQueryData(sessionQuery);
    if (deps.q !== undefined)
      return void (await (deps.kind === "bundles"
        ? queryClient.ensureQueryData(bundleListQuery(pageOf(deps)))
        : queryClient.ensureQueryData(worksheetSearchQuery(pageOf(deps)))));
    if (!user)
      return void (await Promise.all([
        queryClient.ensureQueryData(lists.publicWorksheets),
        queryClient.ensureQueryData(lists.publicBundles),
      ]));
    await Promise.all([
      queryClient.ensureQueryData(lists.worksheets),
      queryClient.ensureQueryData(lists.shared),
      queryClient.ensureQueryData(lists.working),
      queryClient.ensureQueryData(lists.recent),
      queryClient.ensureQueryData(accountQuery),
    ]);
  },
  component: lazyRouteComponent(() => import("./dashboard-page.tsx"), "DashboardPage"),
});

const userRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/worksheets/users/$name",
  loader: async ({ context: { queryClient }, params: { name } }) => {
    await Promise.all([
      queryClient.ensureQueryData(personQuery(name)),
      queryClient.ensureQueryData(worksheetsOf(name)),
      queryClient.ensureQueryData(bundlesOf(name)),
    ]);
  },
  component: lazyRouteComponent(() => import("./user-page.tsx"), "UserPage"),
});

export const dashboardRoutes = [dashboardRoute, userRoute];
