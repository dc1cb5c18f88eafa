/** The reader's own submissions. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../api/client.ts";
import type { paths } from "../api/generated.ts";

export type Submission = Shape<"Submission">;
export type Status = Submission["status"];
/** Whatever the list holds: a page of it, with what the reader may do with each. */
type List = paths["/api/submissions/"]["get"]["responses"][200]["content"]["application/json"];
export type Page = Extract<List, { counts: unknown }>;
export type Listed = Page["results"][number];

export const pageSize = 25;

/** Statuses that the reader chooses from together. */
export const groups = {
  running: ["Submitting", "Submitted", "Preparing", "Running", "Scoring"],
  finished: ["Finished"],
  failed: ["Failed"],
  cancelled: ["Cancelled"],
} as const satisfies Record<string, readonly Status[]>;
export type Group = keyof typeof groups;

export const isUnfinished = (status: Status): boolean => (groups.running as readonly Status[]).includes(status);

/** What the address says. */
export interface MineAddress {
  status?: Group | undefined;
  /** The id of a phase. */
  phase?: string | undefined;
  page?: number | undefined;
}

/** How often the statuses of unfinished submissions are asked for. */
const livePauseMs = 3000;

interface Wanted extends MineAddress {
  competition?: number;
  size?: number;
}

/** A page of somebody's own submissions, newest first. It is asked for again while one of them is unfinished. */
export const ownSubmissionsQuery = (owner: string, { competition, status, phase, page, size = pageSize }: Wanted) =>
  queryOptions({
    queryKey: ["submissions", owner, competition ?? null, status ?? null, phase ?? null, page ?? 1, size],
    queryFn: async () =>
      (await ask(
        api.GET("/api/submissions/", {
          params: {
            query: {
              owner,
              with_children: false,
              page: page ?? 1,
              page_size: size,
              ...(competition !== undefined && { phase__competition: competition }),
              ...(phase !== undefined && { phase: Number(phase) }),
              ...(status && { status: groups[status].join(",") }),
            },
          },
        }),
      )) as Page,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) =>
      data && data.results.some((one) => isUnfinished(one.status)) ? livePauseMs : false,
  });

/** A submission in the queue, with its place and why it waits. */
export const waitingQuery = (id: number) =>
  queryOptions({
    queryKey: ["submissions", "waiting", id],
    queryFn: () => ask(api.GET("/api/submissions/{id}/", { params: { path: { id } } })),
    refetchInterval: ({ state: { data } }) => Math.max(livePauseMs, (data?.ask_again_seconds ?? 0) * 1000),
  });

export const submissionPath = ({ id, competition }: Pick<Submission, "id" | "competition">) =>
  `/competitions/${competition}/submissions/${id}/`;

/** How many submissions of a group there are. */
export const countOf = (counts: Record<string, number>, group: Group): number =>
  groups[group].reduce((sum, status) => sum + (counts[status] ?? 0), 0);
