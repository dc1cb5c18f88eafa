import {
  frontPage as readFrontPage,
  listCompetitions,
  listPublicCompetitions,
  type CompetitionFilter,
  type ListedCompetition,
  type PublicFilter,
} from "../db/competition-lists.ts";
import type { Actor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";

export type { ListedCompetition };

const idOf = (actor: Actor) => (actor.kind === "user" ? actor.id : null);

/** Competitions that the actor may see, in the order of their creation. */
export const competitionsSeenBy = (
  { db }: Context,
  actor: Actor,
  filter: Omit<CompetitionFilter, "userId" | "seesEverything">,
): Promise<ListedCompetition[]> =>
  listCompetitions(db, { ...filter, userId: idOf(actor), seesEverything: actor.kind === "user" && actor.isSuperuser });

/** A page of published competitions and benchmarks, and their total number. */
export async function publicCompetitions(
  { db }: Context,
  actor: Actor,
  filter: Omit<PublicFilter, "userId">,
  part: { offset: number; limit: number },
): Promise<{ count: number; competitions: ListedCompetition[] }> {
  if (actor.kind === "anonymous" && (filter.participating || filter.organizing))
    throw new Refusal("unauthenticated", "NOT_LOGGED_IN", "Log in to see what you participate in or organize.");
  return listPublicCompetitions(db, { ...filter, userId: idOf(actor) }, part);
}

/** The competitions of the front page: featured, popular and some of the latest. */
export const frontPage = ({ db }: Context) => readFrontPage(db);
