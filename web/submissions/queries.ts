/** What the API says of a submission. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../api/client.ts";
import { isFinal, type Status } from "./status.ts";

export type Submission = Shape<"WaitingSubmission">;
/** A submission to one task, or a part of one to several. */
export type Run = Submission["runs"][number];
export type Invoice = Shape<"Invoice">;

/** Links to the page of a submission, from itself, with another address. */
export const here = {
  from: "/competitions/$id/submissions/$submission",
  to: "/competitions/$id/submissions/$submission/",
} as const;

const whileItRunsMs = 2000;
/** Links are signed for an hour. */
const linksLastMs = 30 * 60_000;

export const submissionQuery = (id: number) =>
  queryOptions({
    queryKey: ["submission", id],
    queryFn: () => ask(api.GET("/api/submissions/{id}/", { params: { path: { id } } })),
    staleTime: 0,
    refetchInterval: ({ state }) =>
      state.data && !isFinal(state.data.status)
        ? Math.max(whileItRunsMs, (state.data.ask_again_seconds ?? 0) * 1000)
        : false,
  });

const getDetails = (id: number) => ask(api.GET("/api/submissions/{id}/get_details/", { params: { path: { id } } }));
export type Details = Awaited<ReturnType<typeof getDetails>>;

/** Files and attempts of a run. They change when it ends. */
export const detailsQuery = (id: number, status: Status) =>
  queryOptions({
    queryKey: ["submission", id, "details", isFinal(status)],
    queryFn: () => getDetails(id),
    staleTime: linksLastMs,
    refetchInterval: linksLastMs,
  });

export const invoiceQuery = (id: number, status: Status) =>
  queryOptions({
    queryKey: ["submission", id, "invoice", isFinal(status)],
    queryFn: () => ask(api.GET("/api/submissions/{id}/invoice/", { params: { path: { id } } })),
  });

/** A link to the page with which a scoring program explains its scores. It changes when the run is over. */
export const detailedResultQuery = (id: number, isOver: boolean) =>
  queryOptions({
    queryKey: ["submission", id, "detailed-result", isOver],
    queryFn: () => ask(api.GET("/api/submissions/{id}/get_detail_result/", { params: { path: { id } } })),
    staleTime: linksLastMs,
    placeholderData: keepPreviousData,
  });

/** Whoever sees a competition sees the detailed results, but not every submission. One that is not seen is over. */
export const isOverAsFarAsSeen = (submission: Submission | undefined): boolean =>
  submission === undefined || isFinal(submission.status);

/** The parts of a submission, or itself if it is to one task. */
export const runsOf = (submission: Submission): Run[] =>
  submission.has_children ? submission.runs : [{ ...submission, task: submission.task }];

/** The run of the address, or else the one that failed first, the one that runs, or the first. */
export function chosenRun(submission: Submission, wanted: string | undefined): Run | undefined {
  const runs = runsOf(submission);
  return (
    runs.find(({ id }) => String(id) === wanted) ??
    runs.find(({ id }) => id === submission.failure?.submission) ??
    runs.find(({ status }) => !isFinal(status) && status !== "Submitted") ??
    runs[0]
  );
}
