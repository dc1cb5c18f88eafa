/** How many people, competitions and submissions came when. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../../api/client.ts";

export type Analytics = Shape<"Analytics">;

export const units = ["day", "month", "year"] as const;
type Unit = (typeof units)[number];

export interface UsageSearch {
  /** Days without it. */
  unit?: Unit | undefined;
  /** UTC days, such as 2035-01-31, both inclusive. Without them, the last 30 days, 12 months or 5 years. */
  from?: string | undefined;
  to?: string | undefined;
}

const iso = (moment: Date) => moment.toISOString().slice(0, 10);

/** A day that an address names; undefined if it is none. */
export function dayOf(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return undefined;
  return Number.isNaN(Date.parse(value)) ? undefined : value;
}

const shift = (day: string, days: number) => iso(new Date(Date.parse(day) + days * 24 * 3600 * 1000));

/** The first and the last day that are shown. */
export function periodOf({ unit = "day", from, to }: UsageSearch, now = new Date()): { from: string; to: string } {
  const last = to ?? iso(now);
  const [year, month] = [Number(last.slice(0, 4)), Number(last.slice(5, 7))];
  const first = {
    day: shift(last, -29),
    month: iso(new Date(Date.UTC(year, month - 12, 1))),
    year: iso(new Date(Date.UTC(year - 4, 0, 1))),
  }[unit];
  return { from: from ?? first, to: last };
}

/** What the API is asked for. Its last day is the one after. */
export function usageParameters(search: UsageSearch) {
  const { from, to } = periodOf(search);
  return { start_date: from, end_date: shift(to, 1), time_unit: search.unit ?? "day" } as const;
}

export const usageQuery = (search: UsageSearch) =>
  queryOptions({
    queryKey: ["admin", "usage", usageParameters(search)],
    queryFn: () => ask(api.GET("/api/analytics/", { params: { query: usageParameters(search) } })),
    placeholderData: keepPreviousData,
  });
