/** All competitions, as administrators see them. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../../api/client.ts";
import { only, pageSize } from "../parts/given.ts";

export type Administered = Shape<"AdministeredCompetition">;
export type Listing = Administered["listing"];

export const kinds = ["published", "private", "featured", "unlisted", "withheld", "benchmarks"] as const;
export const orders = ["title", "-submissions_count", "-participants_count", "-last_submission_when"] as const;

export interface CompetitionSearch {
  q?: string | undefined;
  show?: (typeof kinds)[number] | undefined;
  /** The newest first without it. */
  sort?: (typeof orders)[number] | undefined;
  page?: number | undefined;
}

const isKind = {
  published: { published: true },
  private: { published: false },
  featured: { featured: true },
  unlisted: { listing: "unlisted" },
  withheld: { listing: "withheld" },
  benchmarks: { type: "benchmark" },
} as const;

export const competitionsQuery = ({ q, show, sort, page = 1 }: CompetitionSearch) =>
  queryOptions({
    queryKey: ["admin", "competitions", { q, show, sort, page }],
    queryFn: () =>
      ask(
        api.GET("/api/competitions/all/", {
          params: {
            query: { page, page_size: pageSize, ...only({ search: q, ordering: sort }), ...(show && isKind[show]) },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });
