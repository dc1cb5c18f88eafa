import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";

/** Organizations that take part in a competition as teams, which share the limits and the leaderboard row of one participant. */

type Tx = Transaction<Database>;
type Reader = Db | Tx;

/** Whose submissions count as one's in a phase. */
export interface Contestant {
  /** A person, or all who take part with their team. */
  ownerIds: number[];
  /** The team, for which people submitted as well who take part without it now. */
  organizationId: number | null;
}

/** With whom a person takes part in a phase: alone, unless teams share limits and they have one. */
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

/** The same, with their rows held until the transaction ends, so that their leaderboard rows change one after another. */
export async function lockContestant(tx: Tx, phaseId: number, ownerId: number): Promise<Contestant> {
  const { ownerIds } = await findContestant(tx, phaseId, ownerId);
  await tx
    .selectFrom("participants as p")
    .innerJoin("phases as ph", "ph.competition_id", "p.competition_id")
    .select("p.id")
    .where("ph.id", "=", phaseId)
    .where("p.user_id", "in", ownerIds)
    .orderBy("p.id")
    .forNoKeyUpdate("p")
    .execute();
  return findContestant(tx, phaseId, ownerId);
}

/** Of `submissions as s`: whether one is a contestant's. */
export const madeBy = ({ ownerIds, organizationId }: Contestant) =>
  sql<boolean>`(s.owner_id = any(${ownerIds}::int[]) or s.organization_id = ${organizationId})`;

export interface Team {
  id: number;
  name: string;
}

/** Holds an organization until the transaction ends, so that what is submitted for it is counted one by one. */
export async function lockOrganization(tx: Tx, id: number): Promise<Team | undefined> {
  return tx.selectFrom("organizations").select(["id", "name"]).where("id", "=", id).forNoKeyUpdate().executeTakeFirst();
}

/** The team a participant takes part with. */
export async function teamOf(db: Reader, participantId: number): Promise<Team | undefined> {
  return db
    .selectFrom("participants as p")
    .innerJoin("organizations as o", "o.id", "p.organization_id")
    .select(["o.id", "o.name"])
    .where("p.id", "=", participantId)
    .executeTakeFirst();
}

/** A team of a competition for which a person may submit, if there is one. */
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

/** Puts a participant into a team, or out of any. */
export async function setTeam(tx: Tx, participantId: number, organizationId: number | null): Promise<void> {
  await tx
    .updateTable("participants")
    .set({ organization_id: organizationId })
    .where("id", "=", participantId)
    .execute();
}
