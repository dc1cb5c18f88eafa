import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { ApiError } from "../api/client.ts";
import { sessionQuery } from "../api/session.ts";
import { rootRoute } from "../app/root.tsx";
import { oneOf, pageNumber, text, type Given } from "../app/search-params.ts";
import { loadMath } from "../markup/math.ts";
import { LoadError } from "../shell/load-error.tsx";
import * as competitions from "./competitions/queries.ts";
import * as logs from "./logs/queries.ts";
import * as notices from "./notices/queries.ts";
import * as storage from "./storage/queries.ts";
import { useTexts } from "./texts.ts";
import * as usage from "./usage/queries.ts";
import * as users from "./users/queries.ts";
import * as work from "./work/queries.ts";

/** Everything of the administration, for administrators. */
const adminRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/admin",
  beforeLoad: async ({ context }) => {
    const { permissions } = await context.queryClient.ensureQueryData(sessionQuery);
    if (!permissions.administer) throw new ApiError(403, { detail: useTexts.now().forbidden }, null);
  },
  component: lazyRouteComponent(() => import("./admin-layout.tsx"), "AdminLayout"),
  errorComponent: LoadError,
});

const indexRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: "/",
  beforeLoad: () => {
    redirect({ to: "/admin/usage/", replace: true, throw: true });
  },
});

/** Codabench's address of its analytics. */
const analyticsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/analytics",
  beforeLoad: () => {
    redirect({ to: "/admin/usage/", replace: true, throw: true });
  },
});

const usersRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: "/users",
  validateSearch: (given: Given): users.UserSearch => ({
    q: text(given["q"]),
    role: oneOf(given["role"], users.roles),
    state: oneOf(given["state"], users.states),
    sort: oneOf(given["sort"], users.orders),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, deps }) =>
    Promise.all([
      queryClient.ensureQueryData(users.usersQuery(deps)),
      queryClient.ensureQueryData(users.invitationsQuery),
    ]),
  component: lazyRouteComponent(() => import("./users/users-page.tsx"), "UsersPage"),
});

const userRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: "/users/$id",
  loader: ({ context, params }) => context.queryClient.ensureQueryData(users.userQuery(Number(params.id))),
  component: lazyRouteComponent(() => import("./users/user-page.tsx"), "UserPage"),
});

const competitionsRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: "/competitions",
  validateSearch: (given: Given): competitions.CompetitionSearch => ({
    q: text(given["q"]),
    show: oneOf(given["show"], competitions.kinds),
    sort: oneOf(given["sort"], competitions.orders),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => context.queryClient.ensureQueryData(competitions.competitionsQuery(deps)),
  component: lazyRouteComponent(() => import("./competitions/competitions-page.tsx"), "CompetitionsPage"),
});

const usageRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: "/usage",
  validateSearch: (given: Given): usage.UsageSearch => ({
    unit: oneOf(given["unit"], usage.units),
    from: usage.dayOf(given["from"]),
    to: usage.dayOf(given["to"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => context.queryClient.ensureQueryData(usage.usageQuery(deps)),
  component: lazyRouteComponent(() => import("./usage/usage-page.tsx"), "UsagePage"),
});

const storageRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: "/storage",
  validateSearch: (given: Given): storage.StorageSearch => ({
    by: oneOf(given["by"], ["competitions"]),
    q: text(given["q"]),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, deps }) =>
    Promise.all([
      queryClient.ensureQueryData(storage.storedQuery(deps)),
      queryClient.ensureQueryData(storage.historyQuery),
      queryClient.ensureQueryData(storage.inspectionsQuery),
      queryClient.ensureQueryData(storage.findingsQuery("orphan")),
      queryClient.ensureQueryData(storage.findingsQuery("missing")),
    ]),
  component: lazyRouteComponent(() => import("./storage/storage-page.tsx"), "StoragePage"),
});

const spendRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: "/spend",
  validateSearch: (given: Given): work.SpendSearch => ({
    days: oneOf(given["days"], work.spans),
    queue: text(given["queue"]),
  }),
  loaderDeps: ({ search: { days } }) => ({ days }),
  loader: ({ context: { queryClient }, deps }) =>
    Promise.all([queryClient.ensureQueryData(work.budgetQuery), queryClient.ensureQueryData(work.daysQuery(deps))]),
  component: lazyRouteComponent(() => import("./work/spend-page.tsx"), "SpendPage"),
});

const queuesRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: "/queues",
  validateSearch: (given: Given): work.QueueSearch => ({ q: text(given["q"]), page: pageNumber(given["page"]) }),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => context.queryClient.ensureQueryData(work.queuesQuery(deps)),
  component: lazyRouteComponent(() => import("./work/queues-page.tsx"), "QueuesPage"),
});

const hostsRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: "/hosts",
  loader: ({ context }) => context.queryClient.ensureQueryData(work.hostRequestsQuery),
  component: lazyRouteComponent(() => import("./work/hosts-page.tsx"), "HostsPage"),
});

const maintenanceRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: "/maintenance",
  loader: ({ context }) => context.queryClient.ensureQueryData(notices.maintenanceQuery),
  component: lazyRouteComponent(() => import("./notices/maintenance-page.tsx"), "MaintenancePage"),
});

const announcementsRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: "/announcements",
  validateSearch: (given: Given): { page?: number | undefined } => ({ page: pageNumber(given["page"]) }),
  loaderDeps: ({ search }) => search,
  loader: async ({ context, deps }) => {
    const { results } = await context.queryClient.ensureQueryData(notices.announcementsQuery(deps.page));
    await loadMath(...results.map(({ text }) => text));
  },
  component: lazyRouteComponent(() => import("./notices/announcements-page.tsx"), "AnnouncementsPage"),
});

const newsRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: "/news",
  validateSearch: (given: Given): { page?: number | undefined } => ({ page: pageNumber(given["page"]) }),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => context.queryClient.ensureQueryData(notices.newsQuery(deps.page)),
  component: lazyRouteComponent(() => import("./notices/news-page.tsx"), "NewsPage"),
});

const mailsRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: "/mails",
  validateSearch: (given: Given): logs.MailSearch => ({
    status: oneOf(given["status"], logs.statuses),
    q: text(given["q"]),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => context.queryClient.ensureQueryData(logs.mailsQuery(deps)),
  component: lazyRouteComponent(() => import("./logs/mails-page.tsx"), "MailsPage"),
});

const auditRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: "/audit",
  validateSearch: (given: Given): logs.AuditSearch => ({
    q: text(given["q"]),
    who: text(given["who"]),
    subject: oneOf(given["subject"], logs.subjects),
    since: text(given["since"]),
    until: text(given["until"]),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => context.queryClient.ensureQueryData(logs.auditQuery(deps)),
  component: lazyRouteComponent(() => import("./logs/audit-page.tsx"), "AuditPage"),
});

export const adminRoutes = [
  analyticsRoute,
  adminRoute.addChildren([
    indexRoute,
    usageRoute,
    storageRoute,
    spendRoute,
    queuesRoute,
    hostsRoute,
    maintenanceRoute,
    usersRoute,
    userRoute,
    mailsRoute,
    competitionsRoute,
    announcementsRoute,
    newsRoute,
    auditRoute,
  ]),
];
