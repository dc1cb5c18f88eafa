// Organizations and their members.
import { sql, type Selectable } from "kysely";
import type { OrganizationGroup } from "../../policy/policy.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { displayName } from "./users.ts";

type Reader = Db | Tx;

/** The profile of an organization. */
export type OrganizationFields = Omit<Selectable<Database["organizations"]>, "id" | "created_when">;

export interface OrganizationRow extends OrganizationFields {
  id: number;
  created_when: Date;
}

export async function findOrganization(db: Reader, id: number): Promise<OrganizationRow | undefined> {
  return db.selectFrom("organizations").selectAll().where("id", "=", id).executeTakeFirst();
}

/** Locks an organization. Returns the keys of its photo. */
export const lockOrganization = (tx: Tx, id: number) =>
  tx
    .selectFrom("organizations")
    .select(["photo_key", "photo_icon_key"])
    .where("id", "=", id)
    .forNoKeyUpdate()
    .executeTakeFirst();

/** The field whose value another organization already has, if that made a change fail. */
export function takenField(error: unknown): "name" | "email" | undefined {
  const { constraint } = error as { constraint?: string };
  return constraint === "organizations_name" ? "name" : constraint === "organizations_email" ? "email" : undefined;
}

/** Creates an organization with its owner. Fails when the name or mail address is taken (`takenField`). */
export async function insertOrganization(tx: Tx, fields: OrganizationFields, ownerId: number): Promise<number> {
  const { id } = await tx.insertInto("organizations").values(fields).returning("id").executeTakeFirstOrThrow();
  await tx.insertInto("memberships").values({ organization_id: id, user_id: ownerId, group: "OWNER" }).execute();
  return id;
}

/** Changes an organization. Fails when the name or mail address is taken (`takenField`). */
export async function updateOrganization(tx: Tx, id: number, changes: Partial<OrganizationFields>): Promise<void> {
  if (Object.keys(changes).length > 0)
    await tx.updateTable("organizations").set(changes).where("id", "=", id).execute();
}

/** A person's group in an organization; null when the person is not in it. */
export async function groupOf(db: Reader, organizationId: number, userId: number): Promise<OrganizationGroup | null> {
  const row = await db
    .selectFrom("memberships")
    .select("group")
    .where("organization_id", "=", organizationId)
    .where("user_id", "=", userId)
    .executeTakeFirst();
  return row?.group ?? null;
}

const selectMembers = (db: Reader) =>
  db
    .selectFrom("memberships as m")
    .innerJoin("users as u", "u.id", "m.user_id")
    .innerJoin("organizations as o", "o.id", "m.organization_id")
    .select([
      "m.id",
      "m.group",
      "m.joined_when",
      "m.user_id",
      "m.token",
      "m.organization_id",
      "o.name as organization_name",
      "u.username",
      "u.email",
      displayName.as("name"),
    ]);

export type Member = Awaited<ReturnType<typeof listMembers>>[number];

/** The members of an organization and the people invited to it, oldest first. */
export async function listMembers(db: Reader, organizationId: number) {
  return selectMembers(db).where("m.organization_id", "=", organizationId).orderBy("m.id").execute();
}

export async function findMember(
  db: Reader,
  organizationId: number,
  membershipId: number,
): Promise<Member | undefined> {
  return selectMembers(db)
    .where("m.organization_id", "=", organizationId)
    .where("m.id", "=", membershipId)
    .executeTakeFirst();
}

/** A person's membership or invitation, by the invitation's token. */
export async function findInvitation(db: Reader, token: string): Promise<Member | undefined> {
  return selectMembers(db).where("m.token", "=", token).executeTakeFirst();
}

/** A person's memberships and invitations, ordered by the organization's name. */
export async function membershipsOf(db: Reader, userId: number): Promise<Member[]> {
  return selectMembers(db).where("m.user_id", "=", userId).orderBy("organization_name").execute();
}

/** Invites the people who are neither members nor invited yet, and returns them. */
export async function insertInvitations(tx: Tx, organizationId: number, userIds: number[]): Promise<Member[]> {
  if (userIds.length === 0) return [];
  const invited = await tx
    .insertInto("memberships")
    .values(userIds.map((user_id) => ({ organization_id: organizationId, user_id, group: "INVITED" as const })))
    .onConflict((conflict) => conflict.columns(["organization_id", "user_id"]).doNothing())
    .returning("id")
    .execute();
  if (invited.length === 0) return [];
  return selectMembers(tx)
    .where(
      "m.id",
      "in",
      invited.map(({ id }) => id),
    )
    .orderBy("m.id")
    .execute();
}

/**
 * Moves a person from one group to another; false when the person is no longer in the first group. An identity provider no
 * longer decides about the membership.
 */
export async function moveMember(tx: Tx, id: number, from: OrganizationGroup, to: OrganizationGroup): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("memberships")
    .set({ group: to, provider: null })
    .where("id", "=", id)
    .where("group", "=", from)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Removes a member or an invitation, and returns the removed membership. Owners cannot be removed. */
export async function removeMember(tx: Tx, id: number): Promise<OrganizationGroup | undefined> {
  const row = await tx
    .deleteFrom("memberships")
    .where("id", "=", id)
    .where("group", "!=", "OWNER")
    .returning("group")
    .executeTakeFirst();
  return row?.group;
}

/** The participants of competitions who take part with an organization. */
export async function teamsWith(
  tx: Tx,
  organizationId: number,
): Promise<{ participant: number; competition: number }[]> {
  return tx
    .selectFrom("participants")
    .select(["id as participant", "competition_id as competition"])
    .where("organization_id", "=", organizationId)
    .orderBy("id")
    .execute();
}

/** Counts an organization's submissions. Locks it until the transaction ends, so that none is added. */
export async function countSubmissionsFor(tx: Tx, organizationId: number): Promise<number> {
  await tx.selectFrom("organizations").select("id").where("id", "=", organizationId).forUpdate().execute();
  const { count } = await tx
    .selectFrom("submissions")
    .select(sql<number>`count(*)::int`.as("count"))
    .where("organization_id", "=", organizationId)
    .where("parent_id", "is", null)
    .executeTakeFirstOrThrow();
  return count;
}

/** Deletes an organization that has no submissions. */
export async function deleteOrganization(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom("organizations").where("id", "=", id).execute();
}

/** The organizations that a person owns, with whether others have joined, or submitted in its name. */
export async function organizationsOwnedBy(db: Reader, userId: number) {
  return db
    .selectFrom("memberships as m")
    .innerJoin("organizations as o", "o.id", "m.organization_id")
    .select([
      "o.id",
      "o.name",
      "o.photo_key",
      "o.photo_icon_key",
      sql<boolean>`exists (select from memberships other where other.organization_id = o.id
        and other.user_id != ${userId} and other."group" != 'INVITED')`.as("has_others"),
      sql<boolean>`exists (select from submissions s where s.organization_id = o.id)`.as("has_submissions"),
    ])
    .where("m.user_id", "=", userId)
    .where("m.group", "=", "OWNER")
    .orderBy("o.id")
    .execute();
}

/** The owner of an organization; null if it has none any more. */
export async function ownerOf(db: Reader, id: number): Promise<number | null> {
  const row = await db
    .selectFrom("memberships")
    .select("user_id")
    .where("organization_id", "=", id)
    .where("group", "=", "OWNER")
    .executeTakeFirst();
  return row?.user_id ?? null;
}

/** Gives an organization another owner. The one before becomes a manager. False if somebody else owns it. */
export async function changeOwner(tx: Tx, id: number, { from, to }: { from: number; to: number }): Promise<boolean> {
  const row = await tx
    .updateTable("memberships")
    .set({ group: "MANAGER", provider: null })
    .where("organization_id", "=", id)
    .where("user_id", "=", from)
    .where("group", "=", "OWNER")
    .returning("id")
    .executeTakeFirst();
  if (!row) return false;
  await tx
    .insertInto("memberships")
    .values({ organization_id: id, user_id: to, group: "OWNER" })
    .onConflict((conflict) =>
      conflict.columns(["organization_id", "user_id"]).doUpdateSet({ group: "OWNER", provider: null }),
    )
    .execute();
  return true;
}

/** Takes everything from an organization but its name, which leaderboards show. */
export async function stripOrganization(tx: Tx, id: number): Promise<void> {
  await tx
    .updateTable("organizations")
    .set({
      email: `deleted-organization-${id}@invalid`,
      photo_key: null,
      photo_icon_key: null,
      location: null,
      description: null,
      website_url: null,
      linkedin_url: null,
      twitter_url: null,
      github_url: null,
    })
    .where("id", "=", id)
    .execute();
}

/** Takes a person out of all organizations. */
export async function leaveOrganizations(tx: Tx, userId: number): Promise<void> {
  await tx.deleteFrom("memberships").where("user_id", "=", userId).execute();
}
