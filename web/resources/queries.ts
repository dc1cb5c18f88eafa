/** What the API says of datasets, tasks, storage and runs. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../api/client.ts";

export type Dataset = Shape<"Dataset">;
export type OneDataset = Shape<"OneDataset">;
export type TaskDetail = Shape<"TaskDetail">;
export type Run = Shape<"ServerStatus">;

export const pageSize = 20;

/** The types of files, in the order in which people are offered them. */
export const types = [
  "public_data",
  "input_data",
  "reference_data",
  "scoring_program",
  "ingestion_program",
  "starting_kit",
  "solution",
] as const satisfies Dataset["type"][];
/** They are made by other means. */
export const madeTypes = ["competition_bundle", "submission"] as const satisfies Dataset["type"][];

export const datasetOrders = ["name", "-name", "type", "-type", "file_size", "-file_size", "id"] as const;

export interface DatasetsAddress {
  q?: string | undefined;
  type?: (typeof types)[number] | (typeof madeTypes)[number] | undefined;
  sort?: (typeof datasetOrders)[number] | undefined;
  page?: number | undefined;
}

const groups = { submission: "submission", competition_bundle: "bundle" } as const;

/** A page of the reader's own files: data and programs, unless a type is chosen. */
export const datasetsQuery = ({ q, type, sort, page = 1 }: DatasetsAddress) =>
  queryOptions({
    queryKey: ["datasets", q ?? "", type ?? "", sort ?? "", page],
    queryFn: () =>
      ask(
        api.GET("/api/datasets/", {
          params: {
            query: {
              _type: type === "submission" || type === "competition_bundle" ? groups[type] : "dataset",
              page,
              page_size: pageSize,
              ...(q && { search: q }),
              ...(type && { type }),
              ...(sort && { ordering: sort }),
            },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** All of the reader's files of a type, and public ones, for choosing one. */
export const choicesQuery = (type: Dataset["type"]) =>
  queryOptions({
    queryKey: ["datasets", "choices", type],
    queryFn: () =>
      ask(api.GET("/api/datasets/", { params: { query: { _type: "dataset", _public: true, type, page_size: 1000 } } })),
  });

export interface PublicAddress {
  q?: string | undefined;
  sort?: "most_downloaded" | undefined;
  licensed?: "yes" | undefined;
  verified?: "yes" | undefined;
  page?: number | undefined;
}

export const publicDatasetsQuery = ({ q, sort, licensed, verified, page = 1 }: PublicAddress) =>
  queryOptions({
    queryKey: ["datasets", "public", q ?? "", sort ?? "", licensed ?? "", verified ?? "", page],
    queryFn: () =>
      ask(
        api.GET("/api/datasets/public/", {
          params: {
            query: {
              page,
              page_size: pageSize,
              ...(q && { search: q }),
              ...(sort && { ordering: sort }),
              ...(licensed && { has_license: true }),
              ...(verified && { is_verified: true }),
            },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const datasetQuery = (id: string) =>
  queryOptions({
    queryKey: ["dataset", id],
    queryFn: () => ask(api.GET("/api/datasets/{id}/", { params: { path: { id } } })),
  });

export interface TasksAddress {
  q?: string | undefined;
  show?: "all" | undefined;
  page?: number | undefined;
}

export const tasksQuery = ({ q, show, page = 1 }: TasksAddress) =>
  queryOptions({
    queryKey: ["tasks", q ?? "", show ?? "", page],
    queryFn: () =>
      ask(
        api.GET("/api/tasks/", {
          params: { query: { page, page_size: pageSize, public: show === "all", ...(q && { search: q }) } },
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const taskQuery = (id: number) =>
  queryOptions({
    queryKey: ["task", id],
    queryFn: () => ask(api.GET("/api/tasks/{id}/", { params: { path: { id } } })),
  });

export const storageQuery = queryOptions({
  queryKey: ["storage"],
  queryFn: () => ask(api.GET("/api/storage/")),
});

export type Storage = Awaited<ReturnType<NonNullable<typeof storageQuery.queryFn>>>;

export const cleanups = [
  "unused_datasets_programs",
  "unused_tasks",
  "unused_submissions",
  "failed_submissions",
  "unused_starting_kits",
  "unused_competition_bundles_and_dumps",
  "old_outputs",
] as const;
export type Cleanup = (typeof cleanups)[number];

export const filesQuery = (page = 1) =>
  queryOptions({
    queryKey: ["storage", "files", page],
    queryFn: () => ask(api.GET("/api/storage/files/", { params: { query: { page, page_size: pageSize } } })),
    placeholderData: keepPreviousData,
  });

/** The first of what a clean-up would delete, the largest first. */
export const cleanupQuery = (what: Cleanup) =>
  queryOptions({
    queryKey: ["storage", "cleanup", what],
    queryFn: () =>
      ask(api.GET("/api/storage/cleanup/{what}/", { params: { path: { what }, query: { page_size: 50 } } })),
  });

export const runStatuses = [
  "Submitting",
  "Submitted",
  "Preparing",
  "Running",
  "Scoring",
  "Finished",
  "Failed",
  "Cancelled",
] as const satisfies Run["status"][];

export interface RunsAddress {
  status?: (typeof runStatuses)[number] | undefined;
  page?: number | undefined;
}

export const runsQuery = ({ status, page = 1 }: RunsAddress) =>
  queryOptions({
    queryKey: ["server-status", status ?? "", page],
    queryFn: () =>
      ask(
        api.GET("/api/server_status/", {
          params: { query: { page, page_size: 50, ...(status && { status }) } },
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
