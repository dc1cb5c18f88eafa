import { createRoute, lazyRouteComponent, notFound, redirect } from "@tanstack/react-router";
import { loadMath } from "../markup/math.ts";
import { rootRoute } from "../app/root.tsx";
import { oneOf, pageNumber, text, type Given } from "../app/search-params.ts";
import { worstCaseQuery } from "../create/queries.ts";
import {
  awaitsPublication,
  competitionQuery,
  orders,
  publicCompetitionsQuery,
  states,
  type ListSearch,
} from "./queries.ts";

const listRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/competitions/public",
  validateSearch: (given: Given): ListSearch => ({
    q: text(given["q"]) ?? text(given["search"]),
    status: oneOf(given["status"], states),
    type: oneOf(given["type"], ["competition", "benchmark"]),
    sort: oneOf(given["sort"], orders),
    reward: oneOf(given["reward"], ["yes"]),
    mine: oneOf(given["mine"], ["participating", "organizing"]),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => context.queryClient.ensureQueryData(publicCompetitionsQuery(deps)),
  component: lazyRouteComponent(() => import("./list/list-page.tsx"), "ListPage"),
});

/** Codabench's address of its search. */
const searchRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/search",
  validateSearch: (given: Given) => ({ q: text(given["q"]) ?? text(given["search"]) }),
  beforeLoad: ({ search }) => {
    redirect({ to: "/competitions/public/", search: { q: search.q }, replace: true, throw: true });
  },
});

/** The tabs of Codabench's page of a competition, which bookmarks name after the `#`. */
const oldTabs: Record<string, string> = {
  "/results-tab": "leaderboard/",
  "/participate-tab": "submit/",
  "/phases-tab": "phases/",
  "/pages-tab": "",
};

/** What all pages of a competition stand in. Others add their pages as its children. */
export const competitionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/competitions/$id",
  validateSearch: (given: Given): { secret_key?: string | undefined } => ({ secret_key: text(given["secret_key"]) }),
  beforeLoad: ({ location, params }) => {
    if (!/^[1-9]\d{0,9}$/.test(params.id)) notFound({ throw: true });
    const tab = Object.hasOwn(oldTabs, location.hash) ? oldTabs[location.hash] : undefined;
    if (tab !== undefined)
      redirect({
        // One of the pages below this one.
        to: `/competitions/$id/${tab}` as "/competitions/$id/",
        params,
        search: ({ secret_key }: { secret_key?: string | undefined }) => ({ secret_key }),
        hash: "",
        replace: true,
        throw: true,
      });
    return { competitionId: Number(params.id) };
  },
  loaderDeps: ({ search }) => ({ secretKey: search.secret_key }),
  loader: async ({ context, deps }) => {
    const competition = await context.queryClient.ensureQueryData(
      competitionQuery(context.competitionId, deps.secretKey),
    );
    const { terms, pages, phases } = competition;
    await Promise.all([
      loadMath(terms, ...pages.map(({ content }) => content), ...phases.map(({ description }) => description)),
      awaitsPublication(competition) && context.queryClient.ensureQueryData(worstCaseQuery(competition.id)),
    ]);
  },
  component: lazyRouteComponent(() => import("./page/competition-layout.tsx"), "CompetitionLayout"),
});

const overviewRoute = createRoute({
  getParentRoute: () => competitionRoute,
  path: "/",
  validateSearch: (given: Given): { page?: number | undefined } => ({ page: pageNumber(given["page"]) }),
  component: lazyRouteComponent(() => import("./page/overview-page.tsx"), "OverviewPage"),
});

const filesRoute = createRoute({
  getParentRoute: () => competitionRoute,
  path: "/files",
  component: lazyRouteComponent(() => import("./page/files-page.tsx"), "FilesPage"),
});

const phasesRoute = createRoute({
  getParentRoute: () => competitionRoute,
  path: "/phases",
  component: lazyRouteComponent(() => import("./page/phases-page.tsx"), "PhasesPage"),
});

export const listRoutes = [listRoute, searchRoute];

/** The pages of a competition that are about the competition itself. */
export const competitionRoutes = [overviewRoute, filesRoute, phasesRoute];
