import { createRoute, lazyRouteComponent, notFound } from "@tanstack/react-router";
import { settingsRoute } from "../account/routes.ts";
import { requireUser } from "../app/require-user.ts";
import { rootRoute } from "../app/root.tsx";
import { pageNumber, text, type Given } from "../app/search-params.ts";
import { loadMath } from "../markup/math.ts";
import { historyQuery, membershipsQuery, organizationQuery } from "./queries.ts";

const requireId = ({ params }: { params: { id: string } }) => {
  if (!/^[1-9]\d{0,9}$/.test(params.id)) notFound({ throw: true });
};

const listRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/account/organizations",
  loader: ({ context }) => context.queryClient.ensureQueryData(membershipsQuery),
  component: lazyRouteComponent(() => import("./memberships-page.tsx"), "MembershipsPage"),
});

const createOrganizationRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/profiles/organization/create",
  component: lazyRouteComponent(() => import("./edit-organization-page.tsx"), "CreateOrganizationPage"),
});

const acceptRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/profiles/organization/accept_invite",
  validateSearch: (given: Given): { token?: string | undefined } => ({ token: text(given["token"]) }),
  beforeLoad: requireUser,
  loader: ({ context }) => context.queryClient.ensureQueryData(membershipsQuery),
  component: lazyRouteComponent(() => import("./accept-invite-page.tsx"), "AcceptInvitePage"),
});

const organizationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/profiles/organization/$id",
  beforeLoad: async (page) => {
    requireId(page);
    await requireUser(page);
  },
  loader: async ({ context, params }) => {
    const { description } = await context.queryClient.ensureQueryData(organizationQuery(Number(params.id)));
    await loadMath(description);
  },
  component: lazyRouteComponent(() => import("./organization-page.tsx"), "OrganizationPage"),
});

const historyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/profiles/organization/$id/history",
  validateSearch: (given: Given): { page?: number | undefined } => ({ page: pageNumber(given["page"]) }),
  beforeLoad: async (page) => {
    requireId(page);
    await requireUser(page);
  },
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, params, deps: { page = 1 } }) =>
    Promise.all([
      queryClient.ensureQueryData(organizationQuery(Number(params.id))),
      queryClient.ensureQueryData(historyQuery(Number(params.id), page)),
    ]),
  component: lazyRouteComponent(() => import("./history-page.tsx"), "HistoryPage"),
});

const editRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/profiles/organization/$id/edit",
  beforeLoad: requireId,
  loader: ({ context, params }) => context.queryClient.ensureQueryData(organizationQuery(Number(params.id))),
  component: lazyRouteComponent(() => import("./edit-organization-page.tsx"), "EditOrganizationPage"),
});

export const organizationRoutes = [acceptRoute, organizationRoute, historyRoute];

/** Pages that stand among the settings of an account. */
export const organizationSettings = [listRoute, createOrganizationRoute, editRoute];
