import { notifyManager, QueryClient } from "@tanstack/react-query";
import { createRouter, parseSearchWith, stringifySearchWith } from "@tanstack/react-router";
import { ApiError } from "../api/client.ts";
import { LoadError } from "../shell/load-error.tsx";
import { NotFound } from "../shell/not-found.tsx";
import { rootRoute } from "./root.tsx";
import { routes } from "./routes.ts";

// A button is off as soon as it was clicked, so that the second click of a double click does not send the same again. By default the
// page learns only a task later that something is on its way.
notifyManager.setScheduler(queueMicrotask);

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What was refused is refused again. What did not arrive is tried again.
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
    },
  },
});

export const router = createRouter({
  routeTree: rootRoute.addChildren(routes),
  context: { queryClient },
  defaultPreload: "intent",
  // Queries know how old their data is.
  defaultPreloadStaleTime: 0,
  // A page that takes long is announced, and until then the one before stays.
  defaultPendingMs: 1000,
  defaultErrorComponent: LoadError,
  defaultNotFoundComponent: NotFound,
  trailingSlash: "always",
  scrollRestoration: true,
  // Every value is a text, so that people can write addresses by hand, and bookmarks of Codabench keep their meaning.
  parseSearch: parseSearchWith((value) => value),
  stringifySearch: stringifySearchWith(String),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
