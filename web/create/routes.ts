import type { QueryClient } from "@tanstack/react-query";
import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { sessionQuery } from "../api/session.ts";
import { rootRoute } from "../app/root.tsx";
import { pageNumber, type Given } from "../app/search-params.ts";
import { creationQuery, creationsQuery, organizedQuery } from "./queries.ts";

/** Where somebody who is not logged in does that first. */
async function forMembers({
  context,
  location,
}: {
  context: { queryClient: QueryClient };
  location: { href: string };
}) {
  const { user } = await context.queryClient.ensureQueryData(sessionQuery);
  if (!user) redirect({ to: "/accounts/login/", search: { next: location.href }, replace: true, throw: true });
}

const organizedRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/competitions",
  beforeLoad: forMembers,
  validateSearch: (given: Given): { page?: number | undefined } => ({ page: pageNumber(given["page"]) }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, deps }) =>
    Promise.all([queryClient.ensureQueryData(organizedQuery(deps.page)), queryClient.fetchQuery(creationsQuery)]),
  component: lazyRouteComponent(() => import("./organized-page.tsx"), "OrganizedPage"),
});

const uploadRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/competitions/upload",
  beforeLoad: forMembers,
  validateSearch: (given: Given): { creation?: number | undefined } => {
    const creation = Number(given["creation"]);
    return { creation: Number.isInteger(creation) && creation > 0 ? creation : undefined };
  },
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, deps: { creation } }) =>
    creation === undefined ? null : queryClient.ensureQueryData(creationQuery(creation)),
  component: lazyRouteComponent(() => import("./upload-page.tsx"), "UploadPage"),
});

export const createRoutes = [organizedRoute, uploadRoute];
