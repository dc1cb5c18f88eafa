/** Where the leaderboard is anonymous, people see their own names, and organizers all of them; others see pseudonyms. */
import type { leaderboardEntries } from "../db/leaderboards.ts";
import type { SubmissionRow } from "../db/submissions.ts";
import { findContestant } from "../db/teams.ts";
import type { Actor } from "../../policy/policy.ts";
import { pseudonym } from "../rules/pseudonym.ts";
import type { Context } from "../../kernel/context.ts";

/** A submission as somebody sees it: of others without all that tells, or lets them find out, whose it is. */
export function submissionSeenBy<Row extends SubmissionRow & { organized: boolean }>(
  viewer: Actor,
  submission: Row,
): Row {
  const { pseudonym_key: key, organized, owner_id, filename } = submission;
  if (key === null || organized || (viewer.kind === "user" && viewer.id === owner_id)) return submission;
  return {
    ...submission,
    owner: pseudonym(key, submission),
    organization: null,
    name: null,
    // A file that was deleted is told from one that is there.
    filename: filename && "submission",
    description: null,
    md5: null,
  };
}

/** Who looks at a leaderboard. */
export interface BoardViewer {
  actor: Actor;
  /** Whether they organize the competition, or may do what its organizers may. */
  organizes: boolean;
}

type Entry = Awaited<ReturnType<typeof leaderboardEntries>>[number];
/** A row of a leaderboard with the address of its owner's page, which leads nowhere where that is not to be known. */
export type SeenEntry = Entry & { profile: string };

/** Rows of a phase's leaderboard as somebody sees them; those of their team are their own. */
export async function entriesSeenBy(
  { db }: Context,
  { actor, organizes }: BoardViewer,
  phaseId: number,
  entries: Entry[],
): Promise<SeenEntry[]> {
  const hides = !organizes && entries.some((entry) => entry.pseudonym_key !== null);
  const own = hides && actor.kind === "user" ? await findContestant(db, phaseId, actor.id) : undefined;
  const isOwn = ({ owner_id, organization }: Entry) =>
    own !== undefined &&
    (own.ownerIds.includes(owner_id) || (organization !== null && organization.id === own.organizationId));
  return entries.map((entry) => {
    if (entry.pseudonym_key === null || organizes || isOwn(entry))
      return { ...entry, profile: `/profiles/user/${entry.owner}/` };
    const name = pseudonym(entry.pseudonym_key, entry);
    return { ...entry, owner: name, display_name: name, organization: null, profile: "" };
  });
}
