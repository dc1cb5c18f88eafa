/** What is stored, by whom, and what nothing refers to. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask } from "../../api/client.ts";
import { only, pageSize } from "../parts/given.ts";

export interface StorageSearch {
  /** By person without it. */
  by?: "competitions" | undefined;
  /** Part of a username. */
  q?: string | undefined;
  page?: number | undefined;
}

/** A person or a competition, and what belongs to it. */
export interface Stored {
  id: number;
  name: string;
  /** Of a competition. */
  organizer: string | null;
  /** Of a person. */
  quota: number | null;
  datasets: number;
  submissions: number;
}

export const storedQuery = ({ by, q, page = 1 }: StorageSearch) =>
  queryOptions({
    queryKey: ["admin", "storage", by ?? "people", q, page],
    queryFn: async () => {
      if (by === "competitions") {
        const { results, ...rest } = await ask(
          api.GET("/api/storage/competitions/", { params: { query: { page, page_size: pageSize } } }),
        );
        const rows = results.map(
          ({ id, title, organizer, datasets_bytes: datasets, submissions_bytes: submissions }): Stored => ({
            ...{ id, name: title, organizer, quota: null, datasets, submissions },
          }),
        );
        return { ...rest, rows };
      }
      const { results, ...rest } = await ask(
        api.GET("/api/storage/people/", { params: { query: { page, page_size: pageSize, ...only({ search: q }) } } }),
      );
      const rows = results.map(
        ({ id, username, quota_bytes: quota, datasets_bytes: datasets, submissions_bytes: submissions }): Stored => ({
          ...{ id, name: username, organizer: null, quota, datasets, submissions },
        }),
      );
      return { ...rest, rows };
    },
    placeholderData: keepPreviousData,
  });

/** The weeks of the last year. */
export const historyQuery = queryOptions({
  queryKey: ["admin", "storage", "history"],
  queryFn: async () => {
    const yearAgo = new Date(Date.now() - 365 * 24 * 3600 * 1000).toISOString().slice(0, 10);
    const { storage_usage_history: history } = await ask(
      api.GET("/api/analytics/storage_usage_history/", { params: { query: { start_date: yearAgo } } }),
    );
    return Object.entries(history)
      .map(([week, usage]) => ({ week, ...usage }))
      .toSorted((a, b) => a.week.localeCompare(b.week));
  },
});

export const inspectionsQuery = queryOptions({
  queryKey: ["admin", "storage", "inspections"],
  queryFn: () => ask(api.GET("/api/storage/inspections/")),
  // An inspection and a deletion go on in the background.
  refetchInterval: ({ state: { data } }) =>
    data?.running || (data?.finished?.deletion_asked_when && !data.finished.deletion_finished_when) ? 3000 : false,
});

export const findingsQuery = (kind: "orphan" | "missing") =>
  queryOptions({
    queryKey: ["admin", "storage", "findings", kind],
    queryFn: () => ask(api.GET("/api/storage/findings/", { params: { query: { kind, page_size: 20 } } })),
  });
