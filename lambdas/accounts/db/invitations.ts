/** Invitations to sign up, which were mailed to an address. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";

export interface Invitation {
  id: string;
  email: string;
  created_when: Date;
  expires_at: Date;
}

const columns = ["id", "email", "created_when", "expires_at"] as const;

/** Ends the open invitations of an address, which stay for a day because they are counted. Returns them. */
export async function endInvitationsOf(tx: Tx, email: string): Promise<Invitation[]> {
  await lockInvitationsOf(tx, email);
  return tx
    .updateTable("invitations")
    .set({ expires_at: sql<Date>`now()` })
    .where(sql`lower(email)`, "=", email)
    .where("expires_at", ">", sql<Date>`now()`)
    .returning(columns)
    .execute();
}

/** Makes requests about invitations of one address wait for each other. */
async function lockInvitationsOf(tx: Tx, email: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`invitation ${email}`}, 0))`.execute(tx);
}

/** Stores an invitation; `invitedBy` is null for people who asked for it themselves. Forgets old ones. */
export async function insertInvitation(
  tx: Tx,
  { email, hash, invitedBy, days }: { email: string; hash: Buffer; invitedBy: number | null; days: number },
): Promise<Invitation> {
  await tx
    .deleteFrom("invitations")
    .where("expires_at", "<", sql<Date>`now() - interval '1 day'`)
    .execute();
  return tx
    .insertInto("invitations")
    .values({
      token_hash: hash,
      email,
      invited_by: invitedBy,
      expires_at: sql<Date>`now() + make_interval(days => ${days})`,
    })
    .returning(columns)
    .executeTakeFirstOrThrow();
}

/** How many invitations for an address were made in the last day. Requests for one address are counted one by one. */
export async function countInvitations(tx: Tx, email: string): Promise<number> {
  await lockInvitationsOf(tx, email);
  const { count } = await tx
    .selectFrom("invitations")
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .where(sql`lower(email)`, "=", email)
    .where("created_when", ">", sql<Date>`now() - interval '1 day'`)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The invitations that can still be used, the newest first. */
export async function openInvitations(db: Db): Promise<Invitation[]> {
  return db
    .selectFrom("invitations")
    .select(columns)
    .where("expires_at", ">", sql<Date>`now()`)
    .orderBy("created_when", "desc")
    .orderBy("id")
    .execute();
}

/** Uses up an invitation, and all others of its address. Returns the address; undefined if the token is unknown or has expired. */
export async function takeInvitation(tx: Tx, tokenHash: Buffer): Promise<string | undefined> {
  const taken = await tx
    .deleteFrom("invitations")
    .where("token_hash", "=", tokenHash)
    .where("expires_at", ">", sql<Date>`now()`)
    .returning("email")
    .executeTakeFirst();
  if (taken) await takeInvitationsOf(tx, taken.email);
  return taken?.email;
}

/** Uses up the invitations of an address. Returns false if there is none. */
export async function takeInvitationsOf(tx: Tx, email: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("invitations")
    .where(sql`lower(email)`, "=", email)
    .where("expires_at", ">", sql<Date>`now()`)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function deleteInvitation(tx: Tx, id: string): Promise<Invitation | undefined> {
  return tx.deleteFrom("invitations").where("id", "=", id).returning(columns).executeTakeFirst();
}
