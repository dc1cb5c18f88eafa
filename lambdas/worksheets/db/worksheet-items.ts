/** The items of worksheets. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { granted } from "./permissions.ts";

export interface NewItem {
  type: "markup" | "directive" | "bundle" | "worksheet";
  bundle_uuid: string | null;
  subworksheet_uuid: string | null;
  value: string;
}

export interface Item extends NewItem {
  id: string;
  worksheet_id: string;
  /** Its place. */
  sort_key: number;
}

/** Where an item stands. Items that were added at the end have no key of their own, and stand there in the order of their ids. */
const place = sql<number>`coalesce(sort_key, id)::float8`;

/** The items of a worksheet in their order. */
export async function itemsOf(db: Db | Tx, worksheetId: string): Promise<Item[]> {
  return db
    .selectFrom("worksheet_items")
    .select(["id", "worksheet_id", "type", "bundle_uuid", "subworksheet_uuid", "value", place.as("sort_key")])
    .where("worksheet_id", "=", worksheetId)
    .orderBy(sql`coalesce(sort_key, id)`)
    .orderBy("id")
    .execute();
}

/** So many rows that a statement has less than the parameters that PostgreSQL takes. */
const rowsAtOnce = 5000;

async function insertItems(tx: Tx, worksheetId: string, items: NewItem[], keyOf: (index: number) => number | null) {
  const rows = items.map((item, index) => ({ ...item, worksheet_id: worksheetId, sort_key: keyOf(index) }));
  for (let from = 0; from < rows.length; from += rowsAtOnce)
    await tx
      .insertInto("worksheet_items")
      .values(rows.slice(from, from + rowsAtOnce))
      .execute();
  await tx
    .updateTable("worksheets")
    .set({ changed_when: sql<Date>`now()` })
    .where("id", "=", worksheetId)
    .execute();
}

/** Adds items at the end. */
export const appendItems = (tx: Tx, worksheetId: string, items: NewItem[]): Promise<void> =>
  insertItems(tx, worksheetId, items, () => null);

/** Adds items after a place. What stands behind it moves if there is not enough space between. */
export async function insertItemsAfter(tx: Tx, worksheetId: string, after: number, items: NewItem[]): Promise<void> {
  const { next } = await tx
    .selectFrom("worksheet_items")
    .select(sql<number | null>`min(coalesce(sort_key, id))::float8`.as("next"))
    .where("worksheet_id", "=", worksheetId)
    .where(sql<boolean>`coalesce(sort_key, id) > ${after}`)
    .executeTakeFirstOrThrow();
  if (next !== null && next - after <= items.length)
    await tx
      .updateTable("worksheet_items")
      .set({ sort_key: sql<number>`coalesce(sort_key, id) + ${items.length}` })
      .where("worksheet_id", "=", worksheetId)
      .where(sql<boolean>`coalesce(sort_key, id) > ${after}`)
      .execute();
  await insertItems(tx, worksheetId, items, (index) => after + index + 1);
}

/** Puts items in the place of all up to an id. Items that were added later stay at the end. */
export async function replaceItems(tx: Tx, worksheetId: string, lastId: number, items: NewItem[]): Promise<void> {
  await tx
    .deleteFrom("worksheet_items")
    .where("worksheet_id", "=", worksheetId)
    .where("id", "<=", String(lastId))
    .execute();
  await insertItems(tx, worksheetId, items, (index) => lastId + index - items.length);
}

export async function deleteItems(tx: Tx, worksheetId: string, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.deleteFrom("worksheet_items").where("worksheet_id", "=", worksheetId).where("id", "in", ids).execute();
}

/** Adds a bundle behind each place where another one stands, on worksheets that a person may change. */
export async function insertShadows(
  tx: Tx,
  { id, all }: { id: number; all: boolean },
  oldUuid: string,
  newUuid: string,
): Promise<void> {
  await sql`insert into worksheet_items (worksheet_id, type, bundle_uuid, sort_key)
    select i.worksheet_id, 'bundle', ${newUuid}, coalesce(i.sort_key, i.id)
    from worksheet_items i join worksheets w on w.id = i.worksheet_id
    where i.bundle_uuid = ${oldUuid} and w.frozen_when is null
      and (${all} or w.owner_id = ${id} or ${granted("worksheet", "w.id", id)} = 2)`.execute(tx);
}
