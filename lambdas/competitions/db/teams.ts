/** Organizations that participate as teams, which share the limits and the leaderboard row of one participant. */
import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";

type Tx = Transaction<Database>;
type Reader = Db | Tx;

/** A participant or a team, whose submissions to a phase count together. */
export interface Contestant {
  /** The person, or all who participate with the team. */
  ownerIds: number[];
  /** The team. Its submissions include those of people who have left it. */
  organizationId: number | null;
}

/** The contestant to which a person belongs in a phase: themselves, or their team where teams share limits. */
export async function findContestant(db: Reader, phaseId: number, ownerId: number): Promise<Contestant> {
  const mates = await db
    .selectFrom("phases as ph")
    .innerJoin("competitions as c", "c.id", "ph.competition_id")
    .innerJoin("participants as me", "me.competition_id", "c.id")
    .innerJoin("participants as mate", (join) =>
      join.onRef("mate.competition_id", "=", "c.id").onRef("mate.organization_id", "=", "me.organization_id"),
    )
    .select(["mate.user_id", "mate.organization_id"])
    .where("ph.id", "=", phaseId)
    .where("me.user_id", "=", ownerId)
    .where("c.teams_share_limits", "=", true)
    .execute();
  return mates.length === 0
    ? { ownerIds: [ownerId], organizationId: null }
    : { ownerIds: mates.map(({ user_id }) => user_id), organizationId: mates[0]!.organization_id };
}

/** Participants and teams, each with all their submissions to a competition. */
export interface Contestants {
  ownerIds: number[];
  organizationIds: number[];
}

/** The contestants to which people belong in a competition. */
export async function findContestants(tx: Tx, competitionId: number, userIds: number[]): Promise<Contestants> {
  const mates = await tx
    .selectFrom("competitions as c")
    .innerJoin("participants as me", "me.competition_id", "c.id")
    .innerJoin("participants as mate", (join) =>
      join.onRef("mate.competition_id", "=", "c.id").onRef("mate.organization_id", "=", "me.organization_id"),
    )
    .select(["mate.user_id", "mate.organization_id"])
    .where("c.id", "=", competitionId)
    .where(sql<boolean>`me.user_id = any(${userIds}::int[])`)
    .where("c.teams_share_limits", "=", true)
    .execute();
  return {
    ownerIds: [...new Set([...userIds, ...mates.map(({ user_id }) => user_id)])],
    organizationIds: [...new Set(mates.flatMap(({ organization_id }) => organization_id ?? []))],
  };
}

/**
 * The contestants to which people belong in a competition. Locks their participants' rows until the transaction ends, so
 * that changes to their leaderboard rows are serialized.
 */
export async function lockContestants(tx: Tx, competitionId: number, userIds: number[]): Promise<Contestants> {
  const { rows: locked } = await sql<{ teams: boolean }>`
    select c.teams_share_limits and p.organization_id is not null as teams
    from participants p join competitions c on c.id = p.competition_id
    where p.competition_id = ${competitionId} and (p.user_id = any(${userIds}::int[])
      or c.teams_share_limits and p.organization_id in (
        select me.organization_id from participants me
        where me.competition_id = ${competitionId} and me.user_id = any(${userIds}::int[])))
    order by p.id for no key update of p`.execute(tx);
  // Somebody may have joined a team while this waited for the locks.
  return locked.some(({ teams }) => teams)
    ? findContestants(tx, competitionId, userIds)
    : { ownerIds: userIds, organizationIds: [] };
}

/** Condition on submissions `s`: the submission belongs to the contestant. */
export const belongsTo = ({ ownerIds, organizationId }: Contestant) =>
  sql<boolean>`(s.owner_id = any(${ownerIds}::int[]) or s.organization_id = ${organizationId})`;

export interface Team {
  id: number;
  name: string;
}

/** Locks an organization until the transaction ends, so that its submissions are counted one at a time. */
export async function lockOrganization(tx: Tx, id: number): Promise<Team | undefined> {
  return tx.selectFrom("organizations").select(["id", "name"]).where("id", "=", id).forNoKeyUpdate().executeTakeFirst();
}

/** The team with which a participant participates. */
export async function teamOf(db: Reader, participantId: number): Promise<Team | undefined> {
  return db
    .selectFrom("participants as p")
    .innerJoin("organizations as o", "o.id", "p.organization_id")
    .select(["o.id", "o.name"])
    .where("p.id", "=", participantId)
    .executeTakeFirst();
}

/** A team of a competition for which a person may submit, if any. */
export async function teamOpenTo(db: Reader, competitionId: number, userId: number): Promise<Team | undefined> {
  return db
    .selectFrom("participants as p")
    .innerJoin("organizations as o", "o.id", "p.organization_id")
    .innerJoin("memberships as m", "m.organization_id", "o.id")
    .select(["o.id", "o.name"])
    .where("p.competition_id", "=", competitionId)
    .where("m.user_id", "=", userId)
    .where("m.group", "in", ["OWNER", "MANAGER", "PARTICIPANT"])
    .orderBy("o.id")
    .limit(1)
    .executeTakeFirst();
}

/** Puts a participant into a team, or removes them from theirs (null). */
export async function setTeam(tx: Tx, participantId: number, organizationId: number | null): Promise<void> {
  await tx
    .updateTable("participants")
    .set({ organization_id: organizationId })
    .where("id", "=", participantId)
    .execute();
}
