/** Queues, hosts and what they cost, of the whole platform. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../../api/client.ts";
import { only, pageSize } from "../parts/given.ts";

export type Queue = Shape<"QueueStatus">;
export type HostRequest = Shape<"CapacityRequest">;

export interface QueueSearch {
  q?: string | undefined;
  page?: number | undefined;
}

export const queuesQuery = ({ q, page = 1 }: QueueSearch) =>
  queryOptions({
    queryKey: ["admin", "queues", { q, page }],
    queryFn: () =>
      ask(api.GET("/api/queues/status/", { params: { query: { page, page_size: pageSize, ...only({ search: q }) } } })),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  });

export const hostRequestsQuery = queryOptions({
  queryKey: ["admin", "hosts"],
  queryFn: () => ask(api.GET("/api/queues/capacity_requests/")),
});

export const spans = ["7", "30", "90", "366"] as const;
export interface SpendSearch {
  /** 30 without it. */
  days?: (typeof spans)[number] | undefined;
  /** The id of a queue; all without it. */
  queue?: string | undefined;
}

export const daysQuery = ({ days = "30" }: SpendSearch) =>
  queryOptions({
    queryKey: ["admin", "budget", "days", days],
    queryFn: () => ask(api.GET("/api/budget/days/", { params: { query: { days: Number(days) } } })),
    placeholderData: keepPreviousData,
  });

export const budgetQuery = queryOptions({
  queryKey: ["admin", "budget"],
  queryFn: () => ask(api.GET("/api/budget/")),
});
