import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { pageNumber, text, type Given } from "../app/search-params.ts";
import { competitionQuery } from "../competitions/queries.ts";
import { competitionRoute } from "../competitions/routes.ts";
import { boardQuery, defaultPhase, historyQuery, ownRowQuery, type BoardAddress } from "./queries.ts";
import { BoardError } from "./board-error.tsx";

const leaderboardRoute = createRoute({
  getParentRoute: () => competitionRoute,
  path: "/leaderboard",
  validateSearch: (given: Given): BoardAddress => ({
    phase: text(given["phase"]),
    board: text(given["board"]),
    q: text(given["q"]),
    sort: text(given["sort"]),
    hide: text(given["hide"]),
    digits: given["digits"] === "all" ? "all" : undefined,
    plot: text(given["plot"]),
    page: pageNumber(given["page"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: async ({ context, deps }) => {
    const { queryClient, competitionId } = context;
    const secretKey = deps.secret_key;
    const competition = await queryClient.ensureQueryData(competitionQuery(competitionId, secretKey));
    const phase = defaultPhase(competition, deps.phase);
    if (!phase) return;
    const board = await queryClient.ensureQueryData(boardQuery(phase.id, deps, secretKey));
    const shown = new Set(board.submissions.map(({ id }) => id));
    const [own] = board.mine;
    await Promise.all([
      queryClient.ensureQueryData(historyQuery(phase.id, deps, board, secretKey)),
      ...(own && !shown.has(own.id) ? [queryClient.ensureQueryData(ownRowQuery(phase.id, deps, secretKey))] : []),
    ]);
  },
  component: lazyRouteComponent(() => import("./leaderboard-page.tsx"), "LeaderboardPage"),
  errorComponent: BoardError,
});

export const leaderboardRoutes = [leaderboardRoute];
