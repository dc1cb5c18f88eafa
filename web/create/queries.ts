import { queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../api/client.ts";

export type Creation = Shape<"Creation">;
export type Problem = Creation["problems"][number];

/** What waits for a bundle before it is asked for again. */
const pollMs = 700;

/** How far a bundle is that the platform unpacks, until it has become a competition or was refused. */
export const creationQuery = (id: number) =>
  queryOptions({
    queryKey: ["creation", id],
    queryFn: () => ask(api.GET("/api/competitions/{id}/creation_status/", { params: { path: { id } } })),
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? false : pollMs),
  });

export const isOver = ({ status }: Pick<Creation, "status">) => status === "Finished" || status === "Failed";

/** One's own bundles that are no competition: on their way, or refused. */
export const creationsQuery = queryOptions({
  queryKey: ["creations"],
  queryFn: () => ask(api.GET("/api/competitions/creations/")),
  refetchInterval: ({ state }) => (state.data?.some((creation) => !isOver(creation)) ? 2000 : false),
});

const pageSize = 50;

/** What one organizes, also what is not published. */
export const organizedQuery = (page = 1) =>
  queryOptions({
    queryKey: ["competitions", "organized", page],
    queryFn: () =>
      ask(
        api.GET("/api/competitions/public/", {
          params: { query: { organizing: true, drafts: true, page, page_size: pageSize } },
        }),
      ),
  });

/** The most that the phases of a competition can cost. */
export const worstCaseQuery = (id: number) =>
  queryOptions({
    queryKey: ["competition", id, "worst-case"],
    queryFn: () => ask(api.GET("/api/competitions/{id}/worst_case/", { params: { path: { id } } })),
  });
