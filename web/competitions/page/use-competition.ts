import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { competitionQuery, type Competition } from "../queries.ts";

const route = getRouteApi("/competitions/$id");

/** The competition of the page, for whatever stands below it. */
export function useCompetition(): Competition {
  const { id } = route.useParams();
  const { secret_key: secretKey } = route.useSearch();
  return useSuspenseQuery(competitionQuery(Number(id), secretKey)).data;
}

/** The phase that is open, or else the next one, or else the last one. */
export const currentPhase = ({ phases }: Competition) =>
  phases.find(({ status }) => status === "Current") ?? phases.find(({ status }) => status === "Next") ?? phases.at(-1);
