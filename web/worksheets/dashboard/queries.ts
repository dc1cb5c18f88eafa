/** What the dashboard and the search show. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { related, rest, type Document, type Resource } from "../api.ts";
import type { Bundle } from "../bundle/types.ts";
import { worksheetSearchQuery } from "../queries.ts";
import { isFinal } from "../states.tsx";
import { keywordsOf, type Kind } from "./keywords.ts";

export interface DashboardAddress {
  /** What is searched for. Without it, the reader's own things are shown. */
  q?: string | undefined;
  kind?: Kind | undefined;
  page?: number | undefined;
}

/** A bundle in a list. */
export type FoundBundle = Pick<
  Bundle,
  "uuid" | "bundle_type" | "command" | "state" | "state_details" | "metadata" | "dependencies"
> & { owner: string | null };

/** What a search of bundles finds: a list, or the number that it asks for. */
export type Found = { bundles: FoundBundle[] } | { result: string | number };

export const pageSize = 25;
const whileTheyWorkMs = 3000;

/** The bundles that keywords find. While one of them is worked on, it is asked again. */
export const bundleListQuery = (keywords: readonly string[]) =>
  queryOptions({
    queryKey: ["bundles", "with owners", ...keywords],
    queryFn: async ({ signal }): Promise<Found> => {
      const query = { keywords, include: "owner" };
      const document = await rest<
        Partial<Document<Resource<Omit<FoundBundle, "owner">>[]>> & { meta: { result?: string | number } }
      >("GET", "/bundles/", { query, signal });
      if (document.meta.result !== undefined) return { result: document.meta.result };
      return {
        bundles: (document.data ?? []).map((bundle) => ({
          ...bundle.attributes,
          owner: related<{ user_name: string }>(document, bundle, "owner")[0]?.attributes.user_name ?? null,
        })),
      };
    },
    refetchInterval: ({ state: { data } }) =>
      data && "bundles" in data && data.bundles.some(({ state }) => !isFinal(state)) ? whileTheyWorkMs : false,
    placeholderData: keepPreviousData,
  });

/** The keywords of a page of results. One more is asked for, which says that there is another page. */
export function pageOf({ q = "", page = 1 }: DashboardAddress): string[] {
  const words = keywordsOf(q);
  // Whoever says how many they want gets them on one page.
  if (hasOwnLimit(q)) return words;
  return [`.limit=${pageSize + 1}`, `.offset=${(page - 1) * pageSize}`, ...words];
}

export const hasOwnLimit = (q: string): boolean => keywordsOf(q).some((word) => /^\.(?:limit|offset)=/.test(word));

const working = "state=uploading,created,staged,making,starting,preparing,running,finalizing,worker_offline";

/** What the dashboard has: of whoever is logged in, or what everybody may read. */
export const lists = {
  worksheets: worksheetSearchQuery([".mine", ".limit=30"]),
  shared: worksheetSearchQuery([".shared", ".notmine", ".limit=20"]),
  working: bundleListQuery([".mine", working, ".limit=20"]),
  recent: bundleListQuery([".mine", ".limit=10"]),
  publicWorksheets: worksheetSearchQuery([".limit=30"]),
  publicBundles: bundleListQuery([".limit=10"]),
};

/** The worksheets and bundles of somebody, as far as the reader may see them. */
export const worksheetsOf = (username: string) => worksheetSearchQuery([`owner=${username}`, ".limit=100"]);
export const bundlesOf = (username: string) => bundleListQuery([`owner=${username}`, ".limit=25"]);

export interface Account {
  user_name: string;
  disk_quota: number;
  disk_used: number;
  time_quota: number;
  time_used: number;
}

/** The reader, with what they may use and have used. */
export const accountQuery = queryOptions({
  queryKey: ["worksheets", "account"],
  queryFn: async ({ signal }) => (await rest<Document<Resource<Account>>>("GET", "/user/", { signal })).data.attributes,
});

export interface PersonOfWorksheets {
  user_name: string;
  first_name: string | null;
  last_name: string | null;
  affiliation: string | null;
}

/** Somebody by their username. */
export const personQuery = (username: string) =>
  queryOptions({
    queryKey: ["worksheets", "person", username],
    queryFn: async ({ signal }) =>
      (await rest<Document<Resource<PersonOfWorksheets>>>("GET", `/users/${encodeURIComponent(username)}/`, { signal }))
        .data.attributes,
  });
