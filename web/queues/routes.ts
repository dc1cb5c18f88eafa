import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../app/root.tsx";
import { oneOf, pageNumber, text, type Given } from "../app/search-params.ts";
import {
  budgetQuery,
  handOversQuery,
  hostOfferQuery,
  hostsQuery,
  isServedByPlatform,
  profilesQuery,
  quarantineQuery,
  queueAuditQuery,
  queueQuery,
  queuesQuery,
  registriesQuery,
  statusQuery,
  tokensQuery,
  views,
  type QueueAddress,
  type QueuesAddress,
} from "./queries.ts";

const queuesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/queues",
  validateSearch: (given: Given): QueuesAddress => ({
    q: text(given["q"]),
    show: oneOf(given["show"], ["all"]),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, deps }) =>
    Promise.all([queryClient.ensureQueryData(queuesQuery(deps)), queryClient.ensureQueryData(profilesQuery)]),
  component: lazyRouteComponent(() => import("./queues-page.tsx"), "QueuesPage"),
});

const queueRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/queues/$id",
  validateSearch: (given: Given): QueueAddress => ({
    view: oneOf(given["view"], views),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: async ({ context: { queryClient }, params: { id }, deps: { view, page } }) => {
    const queue = await queryClient.ensureQueryData(queueQuery(id));
    if (!queue.permissions.run) return;
    const { edit } = queue.permissions;
    await Promise.all([
      queryClient.ensureQueryData(statusQuery(id)),
      ...(view === undefined
        ? [
            queryClient.ensureQueryData(tokensQuery(id)),
            ...(edit ? [queryClient.ensureQueryData(quarantineQuery(id, page))] : []),
          ]
        : []),
      ...(view === "settings"
        ? [
            queryClient.ensureQueryData(registriesQuery(id)),
            queryClient.ensureQueryData(profilesQuery),
            queryClient.ensureQueryData(handOversQuery),
          ]
        : []),
      ...(view === "spending"
        ? [
            ...(isServedByPlatform(queue) ? [queryClient.ensureQueryData(budgetQuery(id))] : []),
            queryClient.ensureQueryData(hostsQuery(id)),
            queryClient.ensureQueryData(hostOfferQuery),
          ]
        : []),
      ...(view === "history" ? [queryClient.ensureQueryData(queueAuditQuery(id, page))] : []),
    ]);
  },
  component: lazyRouteComponent(() => import("./queue-page.tsx"), "QueuePage"),
});

export const queueRoutes = [queuesRoute, queueRoute];
