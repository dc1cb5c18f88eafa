/** What the API says of forums. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../api/client.ts";

export type Thread = Shape<"ForumThread">;
export type Post = Shape<"ForumPost">;

export const pageSize = 50;

export interface ForumAddress {
  q?: string | undefined;
  page?: number | undefined;
}

const keyed = (secretKey: string | undefined) => (secretKey ? { secret_key: secretKey } : {});

/** A page of threads. */
export const threadsQuery = (competition: number, { q, page = 1 }: ForumAddress, secretKey?: string) =>
  queryOptions({
    queryKey: ["forum", competition, "threads", q ?? "", page],
    queryFn: () =>
      ask(
        api.GET("/api/competitions/{id}/forum/threads/", {
          params: {
            path: { id: competition },
            query: { page, page_size: pageSize, ...(q && { search: q }), ...keyed(secretKey) },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const threadQuery = (competition: number, thread: number, secretKey?: string) =>
  queryOptions({
    queryKey: ["forum", competition, "thread", thread],
    queryFn: () =>
      ask(
        api.GET("/api/competitions/{id}/forum/threads/{thread}/", {
          params: { path: { id: competition, thread }, query: keyed(secretKey) },
        }),
      ),
  });

/** A page of the posts of a thread. */
export const postsQuery = (competition: number, thread: number, page = 1, secretKey?: string) =>
  queryOptions({
    queryKey: ["forum", competition, "posts", thread, page],
    queryFn: () =>
      ask(
        api.GET("/api/competitions/{id}/forum/threads/{thread}/posts/", {
          params: { path: { id: competition, thread }, query: { page, page_size: pageSize, ...keyed(secretKey) } },
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** Posts that people reported, for organizers. */
export const reportsQuery = (competition: number, page = 1) =>
  queryOptions({
    queryKey: ["forum", competition, "reports", page],
    queryFn: () =>
      ask(
        api.GET("/api/competitions/{id}/forum/reports/", {
          params: { path: { id: competition }, query: { page, page_size: pageSize } },
        }),
      ),
  });

/** Removes a post. The reason of an organizer is shown in its place. It travels in a header, which has ASCII only. */
export const removePost = ({ id, thread }: Post, competition: number, reason: string) =>
  ask(
    api.DELETE("/api/competitions/{id}/forum/threads/{thread}/posts/{post}/", {
      params: { path: { id: competition, thread, post: id }, header: reasonHeader(reason) },
    }),
  );

export const reasonHeader = (reason: string) => (reason === "" ? {} : { "X-Reason": encodeURIComponent(reason) });
