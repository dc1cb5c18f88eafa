import { visibleCompetition } from "../../competitions/service/access.ts";
import { may, type Actor, type CompetitionFacts } from "../../policy/policy.ts";
import { notAllowed, Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { findForum } from "../db/threads.ts";
import type { Naming, Reader } from "../rules/author.ts";

/** The forum of a competition, and what somebody may do there. */
export interface Forum extends Naming {
  competition: { id: number; title: string };
  facts: CompetitionFacts;
  reader: Reader;
}

/**
 * The forum of a competition that the actor sees, if they may do `action` there. `givenKey` is the secret key of a private
 * competition.
 */
export async function forumFor(
  context: Context,
  actor: Actor,
  competitionId: number,
  action: "forum.write" | "forum.moderate" | null,
  givenKey: string | null = null,
): Promise<Forum> {
  const { competition, facts } = await visibleCompetition(context, actor, competitionId, givenKey);
  const settings = await findForum(context.db, competitionId);
  if (!settings.forum_enabled)
    throw new Refusal(
      "not-found",
      "NO_FORUM",
      "This competition has no forum. Its organizers can turn it on with forum_enabled.",
    );
  if (action !== null && !may(actor, action, facts))
    throw notAllowed(action === "forum.write" ? "participants and organizers" : "the organizers");
  return {
    competition,
    facts,
    organizers: [competition.created_by, ...competition.collaborators],
    pseudonymKey: settings.anonymous_leaderboard ? settings.pseudonym_key : null,
    reader: { id: actor.kind === "user" ? actor.id : null, organizes: may(actor, "forum.moderate", facts) },
  };
}

/** The address of the forum in a browser. */
export const forumUrl = ({ environment }: Pick<Context, "environment">, competitionId: number): string =>
  `${environment.PUBLIC_URL}/competitions/${competitionId}/forum/`;
