import { createRoute, lazyRouteComponent, notFound } from "@tanstack/react-router";
import { requireUser } from "../app/require-user.ts";
import { rootRoute } from "../app/root.tsx";
import { oneOf, type Given } from "../app/search-params.ts";
import { competitionQuery } from "../competitions/queries.ts";
import { sections, type Section } from "./state/sections.ts";

const validateSearch = (given: Given): { section?: Section | undefined } => ({
  section: oneOf(given["section"], sections),
});

const loadCheck = async () => {
  const { problemsOf } = await import("./state/check.ts");
  return { check: problemsOf };
};

const createCompetitionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/competitions/create",
  beforeLoad: requireUser,
  validateSearch,
  loader: loadCheck,
  component: lazyRouteComponent(() => import("./create-page.tsx"), "CreatePage"),
});

const editRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/competitions/edit/$id",
  beforeLoad: async (page) => {
    if (!/^[1-9]\d{0,9}$/.test(page.params.id)) notFound({ throw: true });
    await requireUser(page);
  },
  validateSearch,
  loader: async ({ context: { queryClient }, params, cause }) => {
    // A form begins with what there is now. Going from section to section keeps it.
    const staleTime = cause === "enter" ? 0 : Infinity;
    await queryClient.fetchQuery({ ...competitionQuery(Number(params.id)), staleTime });
    return loadCheck();
  },
  component: lazyRouteComponent(() => import("./edit-page.tsx"), "EditPage"),
});

export const editorRoutes = [createCompetitionRoute, editRoute];
