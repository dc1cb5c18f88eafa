/** Offers to hand something over. There is at most one for a thing. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { HandedKind } from "../rules/leaving.ts";

/** What is handed over. Queues have a UUID, the others a number. */
export interface Handed {
  kind: HandedKind;
  id: string;
}

const columns = { competition: "competition_id", organization: "organization_id", queue: "queue_id" } as const;

/** Stores an offer in place of an earlier one for the same thing. Returns its id. */
export async function insertHandOver(
  tx: Tx,
  { kind, id }: Handed,
  { from, to, days }: { from: number; to: number; days: number },
): Promise<string> {
  const column = columns[kind];
  const offer = {
    from_id: from,
    to_id: to,
    created_when: sql<Date>`now()`,
    expires_at: sql<Date>`now() + make_interval(days => ${days})`,
  };
  const row = await tx
    .insertInto("hand_overs")
    .values({ [column]: id, ...offer })
    .onConflict((conflict) => conflict.column(column).doUpdateSet({ id: sql<string>`gen_random_uuid()`, ...offer }))
    .returning("id")
    .executeTakeFirstOrThrow();
  return row.id;
}

const selectOpen = (db: Db) =>
  db
    .selectFrom("hand_overs as h")
    .innerJoin("users as f", "f.id", "h.from_id")
    .innerJoin("users as t", "t.id", "h.to_id")
    .select([
      "h.id",
      "h.from_id",
      "h.to_id",
      "f.username as from_username",
      "t.username as to_username",
      "h.created_when",
      "h.expires_at",
      sql<HandedKind>`case when h.competition_id is not null then 'competition'
        when h.queue_id is not null then 'queue' else 'organization' end`.as("kind"),
      sql<string>`coalesce(h.competition_id::text, h.queue_id::text, h.organization_id::text)`.as("handed_id"),
    ])
    .where("h.expires_at", ">", sql<Date>`now()`);

export type HandOver = Awaited<ReturnType<typeof handOversOf>>[number];

/** The offers from and to a person. */
export const handOversOf = (db: Db, userId: number) =>
  selectOpen(db)
    .where((eb) => eb.or([eb("h.from_id", "=", userId), eb("h.to_id", "=", userId)]))
    .orderBy("h.created_when")
    .orderBy("h.id")
    .execute();

export async function findHandOver(db: Db, id: string): Promise<HandOver | undefined> {
  return selectOpen(db).where("h.id", "=", id).executeTakeFirst();
}

/** Uses up an offer. False if it was used, withdrawn or replaced meanwhile. */
export async function takeHandOver(tx: Tx, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom("hand_overs").where("id", "=", id).executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Withdraws the offer of a thing that has gone to somebody in another way. */
export async function forgetHandOver(tx: Tx, { kind, id }: Handed): Promise<void> {
  await tx.deleteFrom("hand_overs").where(columns[kind], "=", id).execute();
}
