/** People's accounts at identity providers, and what follows from them. */
import { sql } from "kysely";
import type { OrganizationGroup } from "../../policy/policy.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { publicColumns, type User } from "./users.ts";

/** The user of an identity, whose use is noted. */
export async function findUserByIdentity(tx: Tx, provider: string, subject: string): Promise<User | undefined> {
  const noted = await tx
    .updateTable("identities")
    .set({ last_used: sql<Date>`now()` })
    .where("provider", "=", provider)
    .where("subject", "=", subject)
    .returning("user_id")
    .executeTakeFirst();
  if (!noted) return undefined;
  return tx.selectFrom("users").select(publicColumns).where("id", "=", noted.user_id).executeTakeFirst();
}

/** Links an identity with a user. Another request may have done so already. */
export async function insertIdentity(tx: Tx, provider: string, subject: string, userId: number): Promise<void> {
  await tx
    .insertInto("identities")
    .values({ provider, subject, user_id: userId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function identitiesOf(db: Db, userId: number) {
  return db
    .selectFrom("identities")
    .select(["provider", "created_when", "last_used"])
    .where("user_id", "=", userId)
    .orderBy("provider")
    .orderBy("created_when")
    .execute();
}

/** Separates a user from their accounts at a provider. Returns false if there are none. */
export async function deleteIdentities(tx: Tx, userId: number, provider: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("identities")
    .where("user_id", "=", userId)
    .where("provider", "=", provider)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Notes that an answer of a provider is used. Returns false if it was used before. */
export async function useSignIn(tx: Tx, key: Buffer, keptHours: number): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("used_sign_ins")
    .values({ key, until: sql<Date>`now() + make_interval(hours => ${keptHours})` })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function forgetUsedSignIns(db: Db): Promise<void> {
  await db
    .deleteFrom("used_sign_ins")
    .where("until", "<", sql<Date>`now()`)
    .execute();
}

/**
 * Puts a user into a group of an organization on behalf of a provider, or takes them out (null), and returns the group before.
 * What people decided about members stays: only memberships that the provider made, and invitations, are changed. Undefined if
 * nothing was changed.
 */
export async function setGroupByProvider(
  tx: Tx,
  { provider, organization, user }: { provider: string; organization: number; user: number },
  group: OrganizationGroup | null,
): Promise<{ was: OrganizationGroup | null } | undefined> {
  const exists = await tx.selectFrom("organizations").select("id").where("id", "=", organization).executeTakeFirst();
  if (!exists) return undefined;
  const member = await tx
    .selectFrom("memberships")
    .select(["id", "group", "provider"])
    .where("organization_id", "=", organization)
    .where("user_id", "=", user)
    .forUpdate()
    .executeTakeFirst();
  const isOurs = member?.provider === provider || (group !== null && member?.group === "INVITED");
  if (member && (!isOurs || member.group === group || member.group === "OWNER")) return undefined;
  if (!member && group === null) return undefined;
  if (!member)
    await tx
      .insertInto("memberships")
      .values({ organization_id: organization, user_id: user, group: group!, provider })
      .execute();
  else if (group === null) await tx.deleteFrom("memberships").where("id", "=", member.id).execute();
  else await tx.updateTable("memberships").set({ group, provider }).where("id", "=", member.id).execute();
  return { was: member?.group ?? null };
}
