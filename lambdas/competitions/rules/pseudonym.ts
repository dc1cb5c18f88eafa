import { createHmac } from "node:crypto";

/** Whose a submission is: an organization's when it was made for one. */
export interface Made {
  owner_id: number;
  organization: { id: number } | null;
}

/**
 * What stands for somebody where the leaderboard is anonymous: the same for all their submissions to a competition, and
 * another one in each. Without the competition's key nobody can tell who it is, nor try out who it could be.
 */
export function pseudonym(key: string, { owner_id, organization }: Made): string {
  const who = organization ? `organization:${organization.id}` : `user:${owner_id}`;
  return `Participant ${createHmac("sha256", key).update(who).digest("hex").slice(0, 8)}`;
}
