import { createRoute, lazyRouteComponent, notFound } from "@tanstack/react-router";
import { rootRoute } from "../app/root.tsx";
import { oneOf, pageNumber, text, type Given } from "../app/search-params.ts";
import { loadMath } from "../markup/math.ts";
import {
  datasetOrders,
  datasetQuery,
  datasetsQuery,
  filesQuery,
  madeTypes,
  publicDatasetsQuery,
  runStatuses,
  runsQuery,
  storageQuery,
  taskQuery,
  tasksQuery,
  types,
  type DatasetsAddress,
  type PublicAddress,
  type RunsAddress,
  type TasksAddress,
} from "./queries.ts";

const datasetsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/datasets",
  validateSearch: (given: Given): DatasetsAddress => ({
    q: text(given["q"]),
    type: oneOf(given["type"], [...types, ...madeTypes]),
    sort: oneOf(given["sort"], datasetOrders),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, deps }) => queryClient.ensureQueryData(datasetsQuery(deps)),
  component: lazyRouteComponent(() => import("./datasets-page.tsx"), "DatasetsPage"),
});

const publicDatasetsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/datasets/public",
  validateSearch: (given: Given): PublicAddress => ({
    q: text(given["q"]),
    sort: oneOf(given["sort"], ["most_downloaded"]),
    licensed: oneOf(given["licensed"], ["yes"]),
    verified: oneOf(given["verified"], ["yes"]),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, deps }) => queryClient.ensureQueryData(publicDatasetsQuery(deps)),
  component: lazyRouteComponent(() => import("./public-datasets-page.tsx"), "PublicDatasetsPage"),
});

const datasetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/datasets/$id",
  loader: async ({ context: { queryClient }, params: { id } }) => {
    const { description } = await queryClient.ensureQueryData(datasetQuery(id));
    await loadMath(description ?? "");
  },
  component: lazyRouteComponent(() => import("./dataset-page.tsx"), "DatasetPage"),
});

const tasksRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/tasks",
  validateSearch: (given: Given): TasksAddress => ({
    q: text(given["q"]),
    show: oneOf(given["show"], ["all"]),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, deps }) => queryClient.ensureQueryData(tasksQuery(deps)),
  component: lazyRouteComponent(() => import("./tasks-page.tsx"), "TasksPage"),
});

const taskRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/tasks/$id",
  beforeLoad: ({ params: { id } }) => {
    if (!/^[1-9]\d{0,9}$/.test(id)) notFound({ throw: true });
  },
  loader: async ({ context: { queryClient }, params: { id } }) => {
    const { description } = await queryClient.ensureQueryData(taskQuery(Number(id)));
    await loadMath(description ?? "");
  },
  component: lazyRouteComponent(() => import("./task-page.tsx"), "TaskPage"),
});

const storageRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/storage",
  validateSearch: (given: Given): { page?: number | undefined } => ({ page: pageNumber(given["page"]) }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, deps: { page } }) =>
    Promise.all([queryClient.ensureQueryData(storageQuery), queryClient.ensureQueryData(filesQuery(page))]),
  component: lazyRouteComponent(() => import("./storage-page.tsx"), "StoragePage"),
});

const serverStatusRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/server_status",
  validateSearch: (given: Given): RunsAddress => ({
    status: oneOf(given["status"], runStatuses),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, deps }) => queryClient.ensureQueryData(runsQuery(deps)),
  component: lazyRouteComponent(() => import("./server-status-page.tsx"), "ServerStatusPage"),
});

export const resourceRoutes = [
  datasetsRoute,
  publicDatasetsRoute,
  datasetRoute,
  tasksRoute,
  taskRoute,
  storageRoute,
  serverStatusRoute,
];
