import {
  frontPage as readFrontPage,
  listCompetitions,
  listPublicCompetitions,
  pageOfCompetitions as readPage,
  publicCompetitionsOf,
  type CompetitionFilter,
  type CompetitionOrder,
  type ListedCompetition,
  type OfferedCompetition,
  type PublicFilter,
} from "../db/competition-lists.ts";
import { platformCounts } from "../db/platform-counts.ts";
import type { Actor } from "../../policy/policy.ts";
import { profileOf } from "../../accounts/service/profiles.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import type { Part } from "../../kernel/db/page.ts";

export type { ListedCompetition, OfferedCompetition };
export { competitionOrders, competitionStates } from "../db/competition-lists.ts";

const idOf = (actor: Actor) => (actor.kind === "user" ? actor.id : null);

/** Competitions that the actor may see, in the order of their creation. */
export const competitionsSeenBy = (
  { db }: Context,
  actor: Actor,
  filter: Omit<CompetitionFilter, "userId" | "seesEverything">,
): Promise<ListedCompetition[]> => listCompetitions(db, asSeenBy(actor, filter));

/** A page of the same in an order, and their total number. */
export const pageOfCompetitions = (
  { db }: Context,
  actor: Actor,
  filter: Omit<CompetitionFilter, "userId" | "seesEverything">,
  order: CompetitionOrder,
  part: Part,
) => readPage(db, asSeenBy(actor, filter), order, part);

const asSeenBy = (actor: Actor, filter: Omit<CompetitionFilter, "userId" | "seesEverything">): CompetitionFilter => ({
  ...filter,
  userId: idOf(actor),
  seesEverything: actor.kind === "user" && actor.isSuperuser,
});

/** A page of published competitions and benchmarks, and their total number. */
export async function publicCompetitions(
  { db, now }: Context,
  actor: Actor,
  filter: Omit<PublicFilter, "userId" | "now">,
  part: Part,
): Promise<{ count: number; rows: OfferedCompetition[] }> {
  if (actor.kind === "anonymous" && (filter.participating || filter.organizing))
    throw new Refusal("unauthenticated", "NOT_LOGGED_IN", "Log in to see what you participate in or organize.");
  return listPublicCompetitions(db, { ...filter, userId: idOf(actor), now: now() }, part);
}

/** What anybody may read about a person, with the published competitions that they organize and take part in. */
export async function publicProfile(context: Context, actor: Actor, username: string) {
  const { profile, mayEdit } = await profileOf(context, actor, username);
  return {
    profile,
    mayEdit,
    organized: await publicCompetitionsOf(context.db, profile.id, "organizer"),
    takenPartIn: await publicCompetitionsOf(context.db, profile.id, "participant"),
  };
}

/** How many competitions of a kind the front page shows. */
const mostOnFrontPage = 4;

/** The front page: counts, and competitions that are popular, among the latest, featured, and end soon. */
export async function frontPage({ db, now }: Context, actor: Actor) {
  const open: PublicFilter = {
    userId: idOf(actor),
    now: now(),
    ordering: "ends_soon",
    participating: false,
    organizing: false,
    hasReward: false,
    states: ["open"],
  };
  const first = { offset: 0, limit: mostOnFrontPage };
  return {
    ...(await readFrontPage(db)),
    counts: await platformCounts(db, now()),
    featured: (await listPublicCompetitions(db, { ...open, ordering: "recent", states: [], featured: true }, first))
      .rows,
    endingSoon: (await listPublicCompetitions(db, { ...open, ends: true }, first)).rows,
  };
}
