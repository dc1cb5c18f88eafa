import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../app/root.tsx";
import { pageNumber, type Given } from "../app/search-params.ts";
import { loadMath } from "../markup/math.ts";
import { newsQuery } from "./queries.ts";

const newsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/news",
  validateSearch: (given: Given): { page?: number | undefined } => ({ page: pageNumber(given["page"]) }),
  loaderDeps: ({ search }) => search,
  loader: async ({ context, deps }) => {
    const { results } = await context.queryClient.ensureQueryData(newsQuery(deps.page));
    await loadMath(...results.map(({ text }) => text));
  },
  component: lazyRouteComponent(() => import("./news-page.tsx"), "NewsPage"),
});

export const noticeRoutes = [newsRoute];
