/** What the API says of competitions. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../api/client.ts";

/** `forum` is a field of Codabench that is always null. */
export type Competition = Omit<Shape<"Competition">, "forum">;
export type Phase = Competition["phases"][number];
export type Offered = Shape<"OfferedCompetition">;

export const states = ["open", "upcoming", "between", "ended"] as const;
export const orders = ["recent", "ends_soon", "popular", "with_most_submissions"] as const;

export interface ListSearch {
  q?: string | undefined;
  status?: (typeof states)[number] | undefined;
  type?: Offered["competition_type"] | undefined;
  sort?: (typeof orders)[number] | undefined;
  reward?: "yes" | undefined;
  mine?: "participating" | "organizing" | undefined;
  page?: number | undefined;
}

/** A page of published competitions. */
export const publicCompetitionsQuery = (search: ListSearch, pageSize = 20) =>
  queryOptions({
    queryKey: ["competitions", "public", search, pageSize],
    queryFn: () =>
      ask(
        api.GET("/api/competitions/public/", {
          params: {
            query: {
              page: search.page ?? 1,
              page_size: pageSize,
              ...(search.q && { search: search.q }),
              ...(search.status && { status: search.status }),
              ...(search.type && { type: search.type }),
              ...(search.sort && { ordering: search.sort }),
              ...(search.reward && { has_reward: true }),
              ...(search.mine === "participating" && { participating_in: true }),
              ...(search.mine === "organizing" && { organizing: true }),
            },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** One competition. `secretKey` stands in the link to a private one. */
export const competitionQuery = (id: number, secretKey?: string) =>
  queryOptions({
    queryKey: ["competition", id, secretKey ?? null],
    queryFn: () =>
      ask(
        api.GET("/api/competitions/{id}/", {
          params: { path: { id }, query: secretKey ? { secret_key: secretKey } : {} },
        }),
      ),
  });

/** Whether the reader may publish it, and nobody has. */
export const awaitsPublication = ({ published, permissions }: Competition): boolean => !published && permissions.edit;
