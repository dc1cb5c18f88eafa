import { createRoute, lazyRouteComponent, notFound } from "@tanstack/react-router";
import { requireUser } from "../../app/require-user.ts";
import { rootRoute } from "../../app/root.tsx";
import { isUuid } from "../queries.ts";
import { groupQuery, ownGroupsQuery } from "./queries.ts";

const groupsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/worksheets/groups",
  beforeLoad: requireUser,
  loader: ({ context: { queryClient } }) => queryClient.ensureQueryData(ownGroupsQuery),
  component: lazyRouteComponent(() => import("./groups-page.tsx"), "GroupsPage"),
});

const groupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/worksheets/groups/$uuid",
  beforeLoad: async (page) => {
    if (!isUuid(page.params.uuid)) notFound({ throw: true });
    return requireUser(page);
  },
  loader: ({ context: { queryClient }, params: { uuid } }) => queryClient.ensureQueryData(groupQuery(uuid)),
  component: lazyRouteComponent(() => import("./group-page.tsx"), "GroupPage"),
});

export const groupRoutes = [groupsRoute, groupRoute];
