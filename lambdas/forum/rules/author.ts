import { pseudonym } from "../../competitions/rules/pseudonym.ts";

/** Who wrote something; nulls if the account was deleted. */
export interface Author {
  id: number | null;
  username: string | null;
  display_name: string | null;
}

/** What decides how authors are named. */
export interface Naming {
  /** Ids of the people who organize the competition. Everybody knows them. */
  organizers: number[];
  /** The key of pseudonyms. Null unless the competition hides who takes part. */
  pseudonymKey: string | null;
}

/** Who reads. */
export interface Reader {
  /** Null if nobody is logged in. */
  id: number | null;
  organizes: boolean;
}

/** An author as a reader sees them. */
export interface SeenAuthor {
  /** Null if the author is hidden or has no account any more. */
  username: string | null;
  display_name: string;
  is_organizer: boolean;
}

/**
 * An author as a reader sees them. If the competition hides who takes part, participants have the pseudonym of the
 * leaderboard, except for themselves and for organizers.
 */
export function authorSeenBy(reader: Reader, author: Author, { organizers, pseudonymKey }: Naming): SeenAuthor {
  const { id, username, display_name } = author;
  if (id === null || username === null) return { username: null, display_name: "Deleted user", is_organizer: false };
  const is_organizer = organizers.includes(id);
  if (pseudonymKey !== null && !is_organizer && !reader.organizes && reader.id !== id)
    return {
      username: null,
      display_name: pseudonym(pseudonymKey, { owner_id: id, organization: null }),
      is_organizer,
    };
  return { username, display_name: display_name || username, is_organizer };
}
