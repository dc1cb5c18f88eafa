import { ownSubmissionsQuery } from "../my-submissions/queries.ts";
import { publicCompetitionsQuery } from "../competitions/queries.ts";

/** What the reader waits for, or has just got. */
export const ownLatestQuery = (owner: string) => ownSubmissionsQuery(owner, { size: 4 });

export const featuredQuery = publicCompetitionsQuery({ sort: "popular" }, 4);
export const endingSoonQuery = publicCompetitionsQuery({ status: "open", sort: "ends_soon" }, 5);
