/** Submissions that organizers grant to participants beyond the limits of a phase. */
import { sql, type Transaction } from "kysely";
import { raisedLimits, type SubmissionLimits } from "../rules/limits.ts";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { countSubmissions } from "./submissions.ts";
import { findContestant } from "./teams.ts";

type Reader = Db | Transaction<Database>;
type Tx = Transaction<Database>;

/** How many submissions a person may make in a phase, including granted ones, and has made. */
export interface Allowance {
  limits: SubmissionLimits;
  counts: { today: number; total: number };
}

/**
 * The allowance of a user, or of their team where teams share limits. If `userId` is null, it is the phase's limits.
 */
export async function findAllowance(
  db: Reader,
  phase: { id: number; max_submissions_per_day: number | null; max_submissions_per_person: number | null },
  userId: number | null,
  now: Date,
): Promise<Allowance> {
  const own = { perDay: phase.max_submissions_per_day, perPerson: phase.max_submissions_per_person };
  if (userId === null)
    return { limits: raisedLimits(own, { perDay: 0, perPerson: 0 }), counts: { today: 0, total: 0 } };
  const { ownerIds } = await findContestant(db, phase.id, userId);
  const granted = await db
    .selectFrom("submission_grants as g")
    .innerJoin("participants as p", "p.id", "g.participant_id")
    .select([
      sql<number>`coalesce(sum(g.per_day), 0)::int`.as("perDay"),
      sql<number>`coalesce(sum(g.per_person), 0)::int`.as("perPerson"),
    ])
    .where("g.phase_id", "=", phase.id)
    .where("p.user_id", "in", ownerIds)
    .executeTakeFirstOrThrow();
  return { limits: raisedLimits(own, granted), counts: await countSubmissions(db, phase.id, userId, now) };
}

export interface NewGrant {
  phaseId: number;
  participantId: number;
  perDay: number;
  perPerson: number;
  reason: string | null;
  grantedBy: number;
}

export async function insertGrant(tx: Tx, grant: NewGrant): Promise<number> {
  const { id } = await tx
    .insertInto("submission_grants")
    .values({
      phase_id: grant.phaseId,
      participant_id: grant.participantId,
      per_day: grant.perDay,
      per_person: grant.perPerson,
      reason: grant.reason,
      granted_by: grant.grantedBy,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** The grants of a phase, oldest first. */
export async function listGrants(db: Reader, phaseId: number) {
  return db
    .selectFrom("submission_grants as g")
    .innerJoin("participants as p", "p.id", "g.participant_id")
    .innerJoin("users as u", "u.id", "p.user_id")
    .innerJoin("users as o", "o.id", "g.granted_by")
    .select([
      "g.id",
      "g.phase_id",
      "g.participant_id",
      "u.username",
      "g.per_day",
      "g.per_person",
      "g.reason",
      "o.username as granted_by",
      "g.created_when",
    ])
    .where("g.phase_id", "=", phaseId)
    .orderBy("g.id")
    .execute();
}

export type GrantRow = Awaited<ReturnType<typeof listGrants>>[number];

/** Deletes a grant of a phase and returns it. Undefined if it does not exist. */
export async function deleteGrant(tx: Tx, phaseId: number, id: number) {
  return tx
    .deleteFrom("submission_grants")
    .where("id", "=", id)
    .where("phase_id", "=", phaseId)
    .returning(["id", "participant_id", "per_day", "per_person"])
    .executeTakeFirst();
}
