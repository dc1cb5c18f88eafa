/** What administrators tell everybody. */
import { queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../../api/client.ts";
import { pageSize } from "../parts/given.ts";

export type Announcement = Shape<"Announcement">;
export type News = Shape<"News">;

export const announcementsQuery = (page = 1) =>
  queryOptions({
    queryKey: ["admin", "announcements", page],
    queryFn: () => ask(api.GET("/api/announcements/", { params: { query: { all: true, page, page_size: pageSize } } })),
  });

export const newsQuery = (page = 1) =>
  queryOptions({
    queryKey: ["admin", "news", page],
    queryFn: () => ask(api.GET("/api/news/", { params: { query: { all: true, page, page_size: pageSize } } })),
  });

export const maintenanceQuery = queryOptions({
  queryKey: ["admin", "maintenance"],
  queryFn: () => ask(api.GET("/api/maintenance/")),
});
