import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext } from "@tanstack/react-router";
import { configQuery, sessionQuery } from "../api/session.ts";
import { loadAnnouncements } from "../notices/notices.tsx";
import { LoadError } from "../shell/load-error.tsx";
import { Shell } from "../shell/shell.tsx";

/** What every page stands in. It loads who is logged in, at the same time as pages load their data. */
export const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  loader: ({ context: { queryClient } }) =>
    Promise.all([
      queryClient.ensureQueryData(sessionQuery),
      queryClient.ensureQueryData(configQuery).then(loadAnnouncements),
    ]),
  component: Shell,
  errorComponent: LoadError,
});
