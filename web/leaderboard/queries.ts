/** What the API says of a leaderboard, and how the page's address says what is wanted of it. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../api/client.ts";
import type { Competition, Phase } from "../competitions/queries.ts";

/** The client does not know pairs. */
export type Board = Omit<Shape<"PhaseLeaderboard">, "fact_sheet_keys"> & { fact_sheet_keys: string[][] | null };
export type Row = Board["submissions"][number];
export type Task = Board["tasks"][number];
export type Column = Task["columns"][number];
export type History = Shape<"ScoreHistory">;

export const pageSize = 100;

/** Links from the page to itself, with another address. */
export const here = { from: "/competitions/$id/leaderboard", to: "/competitions/$id/leaderboard/" } as const;

/** What the address says, so that a link shows what its sender saw. */
export interface BoardAddress {
  /** The id of a phase. */
  phase?: string | undefined;
  /** The key of a leaderboard. */
  board?: string | undefined;
  q?: string | undefined;
  /** What rows are sorted by: see `sortOf`. */
  sort?: string | undefined;
  /** Columns that are hidden, with commas between them. */
  hide?: string | undefined;
  /** `all` shows scores as they are stored. */
  digits?: "all" | undefined;
  /** The id of the task whose scores are plotted. */
  plot?: string | undefined;
  page?: number | undefined;
}

export interface Sort {
  by: "rank" | "owner" | "created_when" | "score";
  descending: boolean;
  column?: string;
  task?: number;
}

/** `rank`, `owner`, `created_when` or `KEY@TASK`, with `-` before it for the other direction. */
export function sortOf(text: string | undefined): Sort {
  if (text === undefined) return { by: "rank", descending: false };
  const descending = text.startsWith("-");
  const what = descending ? text.slice(1) : text;
  if (what === "rank" || what === "owner" || what === "created_when") return { by: what, descending };
  const at = what.lastIndexOf("@");
  const task = Number(what.slice(at + 1));
  return at > 0 && Number.isInteger(task)
    ? { by: "score", descending, column: what.slice(0, at), task }
    : { by: "rank", descending: false };
}

/** The phase of the address, or else the one that is open, or else the last one that has begun. */
export function defaultPhase({ phases }: Competition, id: string | undefined): Phase | undefined {
  const begun = phases.filter(({ status }) => status !== "Next");
  return (
    begun.find((phase) => String(phase.id) === id) ??
    begun.findLast(({ status }) => status === "Current") ??
    begun.at(-1)
  );
}

const queryOf = ({ q, sort, board }: BoardAddress, secretKey: string | undefined) => {
  const { by, descending, column, task } = sortOf(sort);
  return {
    ...(board && { leaderboard: board }),
    ...(q && { search: q }),
    ...(sort && { ordering: `${descending ? "-" : ""}${by}` as const }),
    ...(column !== undefined && { column }),
    ...(task !== undefined && { task }),
    ...(secretKey && { secret_key: secretKey }),
  };
};

const getBoard = (
  phase: number,
  query: ReturnType<typeof queryOf> & { page?: number; around?: "me"; page_size: number },
) => ask(api.GET("/api/phases/{id}/get_leaderboard/", { params: { path: { id: phase }, query } }));

/** A page of a leaderboard. */
export const boardQuery = (phase: number, address: BoardAddress, secretKey?: string) => {
  const query = { ...queryOf(address, secretKey), page: address.page ?? 1, page_size: pageSize };
  return queryOptions({
    queryKey: ["leaderboard", phase, query],
    queryFn: () => getBoard(phase, query),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
};

/** The reader's best row, for pages that it is not on. */
export const ownRowQuery = (phase: number, { board }: BoardAddress, secretKey?: string) => {
  const query = { ...queryOf({ board }, secretKey), around: "me" as const, page_size: 1 };
  return queryOptions({
    queryKey: ["leaderboard", phase, query],
    queryFn: () => getBoard(phase, query),
    placeholderData: keepPreviousData,
  });
};

/** The task whose scores are plotted. */
export const plottedTask = ({ tasks }: Board, { plot }: BoardAddress): Task | undefined =>
  tasks.find(({ id }) => String(id) === plot) ?? tasks[0];

/** The scores of a task over time, in the primary column. */
export const historyQuery = (phase: number, address: BoardAddress, board: Board, secretKey?: string) => {
  const task = plottedTask(board, address)?.id;
  const query = {
    leaderboard: board.key,
    ...(task !== undefined && { task }),
    ...(secretKey && { secret_key: secretKey }),
  };
  return queryOptions({
    queryKey: ["score-history", phase, query],
    queryFn: () => ask(api.GET("/api/phases/{id}/score_history/", { params: { path: { id: phase }, query } })),
    placeholderData: keepPreviousData,
  });
};
