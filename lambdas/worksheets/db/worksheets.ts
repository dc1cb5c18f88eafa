/** Worksheets without their items. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { Permission } from "../rules/permission.ts";
import { granted } from "./permissions.ts";

export interface Worksheet {
  id: string;
  uuid: string;
  name: string;
  owner_id: number;
  title: string | null;
  tags: string[];
  frozen_when: Date | null;
  is_anonymous: boolean;
  created_when: Date;
  changed_when: Date;
  /** The most that a group of whoever asks may do. */
  granted: Permission;
  /** Of the item that was added last; null if there is none. */
  last_item_id: string | null;
}

/** How worksheets are looked for. */
export type WorksheetSearch = { uuids: string[] } | { prefix: string } | { name: string } | { ids: string[] };

/** Worksheets, with what whoever asks may do. Of a prefix at most two, because more are as bad as two. */
export async function findWorksheets(db: Db | Tx, personId: number | null, by: WorksheetSearch): Promise<Worksheet[]> {
  return selectWorksheets(db, personId)
    .$if("uuids" in by, (query) => query.where("w.uuid", "in", listOf((by as { uuids: string[] }).uuids)))
    .$if("ids" in by, (query) => query.where("w.id", "in", listOf((by as { ids: string[] }).ids)))
    .$if("prefix" in by, (query) => query.where("w.uuid", "like", `${(by as { prefix: string }).prefix}%`).limit(2))
    .$if("name" in by, (query) => query.where("w.name", "=", (by as { name: string }).name))
    .orderBy("w.id")
    .execute();
}

/** All columns of `Worksheet`, of the table `w`. */
export const selectWorksheets = (db: Db | Tx, personId: number | null) =>
  db
    .selectFrom("worksheets as w")
    .select(["w.id", "w.uuid", "w.name", "w.owner_id", "w.title", "w.tags", "w.frozen_when", "w.is_anonymous"])
    .select(["w.created_when", "w.changed_when", granted("worksheet", "w.id", personId).as("granted")])
    .select((eb) =>
      eb
        .selectFrom("worksheet_items as i")
        .select(sql<string | null>`max(i.id)`.as("last"))
        .whereRef("i.worksheet_id", "=", "w.id")
        .as("last_item_id"),
    );

/** SQL knows no empty list. */
const listOf = (texts: string[]) => (texts.length === 0 ? [null as unknown as string] : texts);

/** A worksheet that stays as it is until the transaction ends. */
export async function lockWorksheet(tx: Tx, personId: number | null, uuid: string): Promise<Worksheet | undefined> {
  await sql`select from worksheets where uuid = ${uuid} for update`.execute(tx);
  const [found] = await findWorksheets(tx, personId, { uuids: [uuid] });
  return found;
}

/** Makes a worksheet that everybody may read. Returns false if the name or the uuid is taken. */
export async function insertWorksheet(
  tx: Tx,
  worksheet: { uuid: string; name: string; ownerId: number; publicGroupId: string },
): Promise<boolean> {
  const inserted = await tx
    .insertInto("worksheets")
    .values({ uuid: worksheet.uuid, name: worksheet.name, owner_id: worksheet.ownerId, title: null, frozen_when: null })
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .executeTakeFirst();
  if (!inserted) return false;
  await tx
    .insertInto("worksheet_permissions")
    .values({ worksheet_id: inserted.id, group_id: worksheet.publicGroupId, permission: 1 })
    .execute();
  return true;
}

export interface WorksheetChanges {
  name?: string;
  title?: string | null;
  tags?: string[];
  frozen_when?: Date | null;
  is_anonymous?: boolean;
  owner_id?: number;
}

/** Changes a worksheet. Returns false if its new name is taken. */
export async function updateWorksheet(tx: Tx, id: string, changes: WorksheetChanges): Promise<boolean> {
  if (changes.name !== undefined && (await isNameTaken(tx, changes.name, id))) return false;
  await tx
    .updateTable("worksheets")
    .set({ ...changes, changed_when: sql<Date>`now()` })
    .where("id", "=", id)
    .execute();
  return true;
}

async function isNameTaken(tx: Tx, name: string, exceptId: string): Promise<boolean> {
  const found = await tx
    .selectFrom("worksheets")
    .select("id")
    .where("name", "=", name)
    .where("id", "!=", exceptId)
    .executeTakeFirst();
  return found !== undefined;
}

export async function deleteWorksheet(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom("worksheets").where("id", "=", id).execute();
}

/** The worksheets on which bundles stand, whoever may read them. */
export async function hostsOf(
  db: Db | Tx,
  personId: number | null,
  bundleUuids: string[],
): Promise<{ bundle: string; worksheet: Worksheet }[]> {
  if (bundleUuids.length === 0) return [];
  const pairs = await db
    .selectFrom("worksheet_items as i")
    .select(["i.bundle_uuid", "i.worksheet_id"])
    .distinct()
    .where("i.bundle_uuid", "in", bundleUuids)
    .execute();
  const worksheets = await findWorksheets(db, personId, { ids: [...new Set(pairs.map((pair) => pair.worksheet_id))] });
  const byId = new Map(worksheets.map((worksheet) => [worksheet.id, worksheet]));
  return pairs
    .map(({ bundle_uuid: bundle, worksheet_id: id }) => ({ bundle: bundle!, worksheet: byId.get(id)! }))
    .sort((one, other) => Number(one.worksheet.id) - Number(other.worksheet.id));
}
