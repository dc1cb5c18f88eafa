import { createRoute, lazyRouteComponent, notFound } from "@tanstack/react-router";
import { rootRoute } from "../../app/root.tsx";
import { oneOf, text, type Given } from "../../app/search-params.ts";
import { isUuid } from "../queries.ts";
import { firstBytes, previewOf } from "./files/kinds.ts";
import {
  beginningQuery,
  bundleQuery,
  filesQuery,
  lastLinesQuery,
  saysWhy,
  streamNames,
  type BundleAddress,
} from "./queries.ts";
import { hasFiles } from "./types.ts";

const bundleRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/bundles/$uuid",
  validateSearch: (given: Given): BundleAddress => ({
    path: text(given["path"]),
    log: oneOf(given["log"], streamNames),
  }),
  beforeLoad: ({ params }) => {
    if (!isUuid(params.uuid)) notFound({ throw: true });
  },
  loaderDeps: ({ search: { path = "" } }) => ({ path }),
  loader: async ({ context: { queryClient }, params: { uuid }, deps: { path } }) => {
    const bundle = await queryClient.ensureQueryData(bundleQuery(uuid));
    const files = async () => {
      if (!hasFiles(bundle)) return;
      const info = await queryClient.ensureQueryData(filesQuery(bundle, path));
      if (info?.type === "file" && info.size > 0 && previewOf(bundle, path, info) !== "image")
        await queryClient.prefetchQuery(beginningQuery(bundle, path, firstBytes));
    };
    const printed =
      bundle.bundle_type === "run" && hasFiles(bundle) && queryClient.prefetchQuery(filesQuery(bundle, ""));
    await Promise.all([files(), printed, saysWhy(bundle) && queryClient.prefetchQuery(lastLinesQuery(bundle))]);
  },
  component: lazyRouteComponent(() => import("./bundle-page.tsx"), "BundlePage"),
});

export const bundleRoutes = [bundleRoute];
