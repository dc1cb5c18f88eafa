import { createRoute, lazyRouteComponent, notFound, redirect } from "@tanstack/react-router";
import { requireUser } from "../app/require-user.ts";
import { rootRoute } from "../app/root.tsx";
import { pageNumber, text, type Given } from "../app/search-params.ts";
import { competitionRoute } from "../competitions/routes.ts";
import { loadMath } from "../markup/math.ts";
import { postsQuery, reportsQuery, threadQuery, threadsQuery, type ForumAddress } from "./queries.ts";

const forumRoute = createRoute({
  getParentRoute: () => competitionRoute,
  path: "/forum",
  validateSearch: (given: Given): ForumAddress => ({ q: text(given["q"]), page: pageNumber(given["page"]) }),
  loaderDeps: ({ search: { q, page, secret_key } }) => ({ address: { q, page }, secretKey: secret_key }),
  loader: ({ context, deps }) =>
    context.queryClient.ensureQueryData(threadsQuery(context.competitionId, deps.address, deps.secretKey)),
  component: lazyRouteComponent(() => import("./forum-page.tsx"), "ForumPage"),
});

const newThreadRoute = createRoute({
  getParentRoute: () => competitionRoute,
  path: "/forum/new",
  beforeLoad: requireUser,
  component: lazyRouteComponent(() => import("./new-thread-page.tsx"), "NewThreadPage"),
});

const reportsRoute = createRoute({
  getParentRoute: () => competitionRoute,
  path: "/forum/reports",
  validateSearch: (given: Given): { page?: number | undefined } => ({ page: pageNumber(given["page"]) }),
  beforeLoad: requireUser,
  loaderDeps: ({ search: { page } }) => ({ page }),
  loader: async ({ context, deps }) => {
    const { results } = await context.queryClient.ensureQueryData(reportsQuery(context.competitionId, deps.page));
    await loadMath(...results.map(({ text }) => text));
  },
  component: lazyRouteComponent(() => import("./reports-page.tsx"), "ReportsPage"),
});

const isId = (text: string) => /^[1-9]\d{0,9}$/.test(text);

const threadRoute = createRoute({
  getParentRoute: () => competitionRoute,
  path: "/forum/$thread",
  validateSearch: (given: Given): { page?: number | undefined } => ({ page: pageNumber(given["page"]) }),
  beforeLoad: ({ params }) => {
    if (!isId(params.thread)) notFound({ throw: true });
  },
  loaderDeps: ({ search: { page, secret_key } }) => ({ page, secretKey: secret_key }),
  loader: async ({ context: { queryClient, competitionId }, params, deps }) => {
    const thread = Number(params.thread);
    const [{ results }] = await Promise.all([
      queryClient.ensureQueryData(postsQuery(competitionId, thread, deps.page, deps.secretKey)),
      queryClient.ensureQueryData(threadQuery(competitionId, thread, deps.secretKey)),
      // They say what the reader may do in the forum.
      queryClient.ensureQueryData(threadsQuery(competitionId, {}, deps.secretKey)),
    ]);
    await loadMath(...results.map(({ text }) => text));
  },
  component: lazyRouteComponent(() => import("./thread-page.tsx"), "ThreadPage"),
});

export const forumRoutes = [forumRoute, newThreadRoute, reportsRoute, threadRoute];

/** Codabench's addresses of a forum, which has the id of its competition here. */
export const forumRedirects = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/forums/$id",
    beforeLoad: ({ params }) =>
      redirect({ to: "/competitions/$id/forum/", params, search: {}, replace: true, throw: true }),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/forums/$id/$thread",
    beforeLoad: ({ params }) =>
      redirect({ to: "/competitions/$id/forum/$thread/", params, search: {}, replace: true, throw: true }),
  }),
];
