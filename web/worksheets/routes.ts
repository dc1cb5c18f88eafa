import { createRoute, lazyRouteComponent, notFound } from "@tanstack/react-router";
import { rootRoute } from "../app/root.tsx";
import { loadMath } from "../markup/math.ts";
import { bundleRoutes } from "./bundle/routes.ts";
import { dashboardRoutes } from "./dashboard/routes.ts";
import { groupRoutes } from "./groups/routes.ts";
import { isUuid, prefetchBlock, worksheetQuery } from "./queries.ts";

/** What these blocks show is there when the page shows, so that nothing moves. What is below them is loaded when it is looked at. */
const blocksAtFirst = 12;

const worksheetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/worksheets/$uuid",
  beforeLoad: ({ params }) => {
    if (!isUuid(params.uuid)) notFound({ throw: true });
  },
  loader: async ({ context: { queryClient }, params: { uuid } }) => {
    const { blocks } = await queryClient.ensureQueryData(worksheetQuery(uuid));
    await Promise.all([
      loadMath(...blocks.map((block) => (block.mode === "markup_block" ? block.text : null))),
      ...blocks.slice(0, blocksAtFirst).map((block) => prefetchBlock(queryClient, uuid, block)),
    ]);
  },
  component: lazyRouteComponent(() => import("./page/worksheet-page.tsx"), "WorksheetPage"),
});

export const worksheetRoutes = [...dashboardRoutes, worksheetRoute, ...bundleRoutes, ...groupRoutes];
