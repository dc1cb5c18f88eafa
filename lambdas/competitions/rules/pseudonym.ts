import { createHmac } from "node:crypto";

/** Whom a submission belongs to: the organization for which it was made, otherwise its owner. */
export interface SubmissionOwner {
  owner_id: number;
  organization: { id: number } | null;
}

/**
 * The name that replaces a participant's on an anonymous leaderboard. It is the same for all their submissions to a
 * competition and differs between competitions. Without the competition's key nobody can compute it, and so nobody can
 * test guesses of who it is.
 */
export function pseudonym(key: string, { owner_id, organization }: SubmissionOwner): string {
  const who = organization ? `organization:${organization.id}` : `user:${owner_id}`;
  return `Participant ${createHmac("sha256", key).update(who).digest("hex").slice(0, 8)}`;
}
