/**
 * On an anonymous leaderboard, people see their own names and organizers see all names. Everybody else sees pseudonyms.
 */
import type { leaderboardEntries } from "../db/leaderboards.ts";
import type { SubmissionRow } from "../db/submissions.ts";
import { findContestant } from "../db/teams.ts";
import type { Actor } from "../../policy/policy.ts";
import { pseudonym } from "../rules/pseudonym.ts";
import type { Context } from "../../kernel/context.ts";

/**
 * Returns a submission as a viewer may see it. On an anonymous leaderboard, everything that could identify the owner of
 * another person's submission is removed.
 */
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
    // The placeholder shows that the file still exists.
    filename: filename && "submission",
    description: null,
    md5: null,
  };
}

/** A person who looks at a leaderboard. */
export interface BoardViewer {
  actor: Actor;
  /** Whether they are an organizer of the competition or have the same permissions. */
  organizes: boolean;
}

type Entry = Awaited<ReturnType<typeof leaderboardEntries>>[number];
/** A row of a leaderboard with a link to its owner's page. The link is empty if the owner is hidden. */
export type SeenEntry = Entry & {
  profile: string;
  /** Null if the owner is hidden. */
  username: string | null;
  /** Whether it is the viewer's, or their team's. */
  isOwn: boolean;
};

/** Returns the rows of a phase's leaderboard as a viewer may see them. Rows of the viewer's team count as their own. */
export async function entriesSeenBy(
  { db }: Context,
  { actor, organizes }: BoardViewer,
  phaseId: number,
  entries: Entry[],
): Promise<SeenEntry[]> {
  const own = actor.kind === "user" ? await findContestant(db, phaseId, actor.id) : undefined;
  const isOwn = ({ owner_id, organization }: Entry) =>
    own !== undefined &&
    (own.ownerIds.includes(owner_id) || (organization !== null && organization.id === own.organizationId));
  return entries.map((entry) => {
    if (entry.pseudonym_key === null || organizes || isOwn(entry))
      return { ...entry, profile: `/profiles/user/${entry.owner}/`, username: entry.owner, isOwn: isOwn(entry) };
    const name = pseudonym(entry.pseudonym_key, entry);
    return {
      ...entry,
      ...{ owner: name, display_name: name, organization: null, profile: "", username: null, isOwn: false },
      photo_key: null,
      photo_icon_key: null,
    };
  });
}
