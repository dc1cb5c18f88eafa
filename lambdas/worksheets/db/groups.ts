/** Groups of people who share worksheets and bundles. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";

export interface Group {
  id: string;
  uuid: string;
  name: string;
  /** Null: the group `public`, in which everybody is. */
  owner_id: number | null;
}

export interface Member {
  group_id: string;
  user_id: number;
  is_admin: boolean;
}

const columns = ["g.id", "g.uuid", "g.name", "g.owner_id"] as const;

/** Groups with a uuid, with the beginning of one, or with a name. At most two, because more are as bad as two. */
export async function findGroups(
  db: Db | Tx,
  by: { uuid: string } | { prefix: string } | { name: string },
): Promise<Group[]> {
  return db
    .selectFrom("worksheet_groups as g")
    .select(columns)
    .$if("uuid" in by, (query) => query.where("g.uuid", "=", (by as { uuid: string }).uuid))
    .$if("prefix" in by, (query) => query.where("g.uuid", "like", `${(by as { prefix: string }).prefix}%`))
    .$if("name" in by, (query) => query.where("g.name", "=", (by as { name: string }).name))
    .limit(2)
    .execute();
}

/** The groups that a person owns or is in; all of them for administrators. Not the one of everybody. */
export async function groupsOf(
  db: Db,
  personId: number,
  { all, limit }: { all: boolean; limit: number },
): Promise<Group[]> {
  return db
    .selectFrom("worksheet_groups as g")
    .select(columns)
    .where("g.owner_id", "is not", null)
    .$if(!all, (query) =>
      query.where((eb) =>
        eb.or([
          eb("g.owner_id", "=", personId),
          eb.exists(
            eb
              .selectFrom("worksheet_group_members as m")
              .select("m.user_id")
              .whereRef("m.group_id", "=", "g.id")
              .where("m.user_id", "=", personId),
          ),
        ]),
      ),
    )
    .orderBy("g.id")
    .limit(limit)
    .execute();
}

export async function membersOf(db: Db | Tx, groupIds: string[]): Promise<Member[]> {
  if (groupIds.length === 0) return [];
  return db
    .selectFrom("worksheet_group_members as m")
    .select(["m.group_id", "m.user_id", "m.is_admin"])
    .where("m.group_id", "in", groupIds)
    .orderBy("m.user_id")
    .execute();
}

/** Makes a group of which its owner is an administrator; undefined if the name is taken. */
export async function insertGroup(
  tx: Tx,
  group: { uuid: string; name: string; ownerId: number },
): Promise<Group | undefined> {
  const inserted = await tx
    .insertInto("worksheet_groups")
    .values({ uuid: group.uuid, name: group.name, owner_id: group.ownerId })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .returning(["id", "uuid", "name", "owner_id"])
    .executeTakeFirst();
  if (inserted) await setMember(tx, { group_id: inserted.id, user_id: group.ownerId, is_admin: true });
  return inserted;
}

export async function deleteGroup(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom("worksheet_groups").where("id", "=", id).execute();
}

/** Adds a member, or changes whether a member is an administrator. */
export async function setMember(tx: Tx, member: Member): Promise<void> {
  await tx
    .insertInto("worksheet_group_members")
    .values(member)
    .onConflict((conflict) => conflict.columns(["group_id", "user_id"]).doUpdateSet({ is_admin: member.is_admin }))
    .execute();
}

export async function removeMember(tx: Tx, groupId: string, userId: number): Promise<void> {
  await tx
    .deleteFrom("worksheet_group_members")
    .where("group_id", "=", groupId)
    .where("user_id", "=", userId)
    .execute();
}

/** The id of the group of everybody. */
export async function publicGroupId(db: Db | Tx): Promise<string> {
  const { id } = await db
    .selectFrom("worksheet_groups")
    .select("id")
    .where("owner_id", "is", null)
    .executeTakeFirstOrThrow();
  return id;
}

/** Locks a group until the transaction ends, so that nobody deletes it meanwhile. */
export async function lockGroup(tx: Tx, id: string): Promise<void> {
  await sql`select from worksheet_groups where id = ${id} for update`.execute(tx);
}
