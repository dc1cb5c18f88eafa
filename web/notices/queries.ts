import { queryOptions } from "@tanstack/react-query";
import { api, ask } from "../api/client.ts";

export const newsPageSize = 10;

/** A page of the news that everybody reads. */
export const newsQuery = (page = 1) =>
  queryOptions({
    queryKey: ["news", page],
    queryFn: () => ask(api.GET("/api/news/", { params: { query: { page, page_size: newsPageSize } } })),
  });
