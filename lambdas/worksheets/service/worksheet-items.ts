/** The items of worksheets, and their source. */
import { Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import type { Actor, UserActor } from "../../policy/policy.ts";
import {
  appendItems,
  deleteItems,
  insertItemsAfter,
  itemsOf,
  replaceItems,
  type Item,
  type NewItem,
} from "../db/worksheet-items.ts";
import type { Worksheet } from "../db/worksheets.ts";
import { LanguageProblem } from "../rules/problem.ts";
import { directiveItem, readSource, type SourceItem } from "../rules/source.ts";
import { resolveBundle } from "./resolve-bundles.ts";
import { editWorksheet, resolveWorksheet } from "./worksheets.ts";

export type { Item, NewItem } from "../db/worksheet-items.ts";

/** A worksheet never has more. */
const maxItems = 20_000;

/** The items of a worksheet in their order. */
export const readItems = ({ db }: Context, worksheet: Pick<Worksheet, "id">): Promise<Item[]> =>
  itemsOf(db, worksheet.id);

export interface ItemPlace {
  /** Puts them in the place of all items. */
  replace?: boolean;
  /** Of the item that whoever replaces has seen last. What was added later stays at the end. */
  lastItemId?: number | null;
  /** How many items whoever replaces has seen. Nothing is replaced if the worksheet is not as they have seen it. */
  seenItems?: number | null;
  /** Adds them behind this place instead of the end. */
  afterSortKey?: number | null;
  /** Ids of items that are deleted. */
  remove?: string[];
}

/** Adds items to a worksheet, or replaces its items. */
export const addItems = (
  context: Context,
  actor: UserActor,
  uuid: string,
  items: NewItem[],
  place: ItemPlace,
): Promise<void> => transact(context, (tx) => placeItems(tx, actor, uuid, items.map(printable), place));

/** `cl` cannot print a worksheet with a directive that it cannot split into words. */
const printable = (item: NewItem): NewItem =>
  item.type === "directive" ? { ...item, ...directiveItem(item.value) } : item;

async function placeItems(
  tx: Tx,
  actor: Actor,
  uuid: string,
  items: NewItem[],
  { replace = false, lastItemId, seenItems, afterSortKey, remove = [] }: ItemPlace,
): Promise<void> {
  const worksheet = await editWorksheet(tx, actor, uuid);
  const existing = await itemsOf(tx, worksheet.id);
  const lastId = Number(worksheet.last_item_id ?? 0);
  if (seenItems != null && (seenItems !== existing.length || (lastItemId ?? 0) !== lastId))
    throw new Refusal(
      "conflict",
      "WORKSHEET_CHANGED",
      "Somebody else has changed this worksheet since you opened it. Read it again, and join your changes with theirs.",
    );
  const kept = replace ? 0 : existing.length - remove.length;
  if (kept + items.length > maxItems)
    throw new Refusal("invalid", "TOO_MANY_ITEMS", `A worksheet has at most ${maxItems} items. Begin another one.`);
  if (replace) {
    await replaceItems(tx, worksheet.id, lastItemId ?? lastId, items);
    return;
  }
  await deleteItems(tx, worksheet.id, remove);
  if (items.length === 0) return;
  if (afterSortKey == null) await appendItems(tx, worksheet.id, items);
  else await insertItemsAfter(tx, worksheet.id, afterSortKey, items);
}

/**
 * Replaces the items of a worksheet by the lines of a source. A line with a bundle that cannot be found fails the whole save, so
 * that no bundle is lost by a slip. A line with such a worksheet becomes text that says so.
 */
export async function saveSource(
  context: Context,
  actor: Actor,
  uuid: string,
  source: string,
  seen: Pick<ItemPlace, "lastItemId" | "seenItems">,
): Promise<void> {
  const lines = readSource(source);
  // So that nobody finds out about bundles by writing on a worksheet that they may not change.
  await transact(context, (tx) => editWorksheet(tx, actor, uuid));
  const items: NewItem[] = [];
  for (const line of lines) items.push(await itemOf(context, actor, uuid, line));
  await transact(context, (tx) => placeItems(tx, actor, uuid, items, { replace: true, ...seen }));
}

const text = (value: string): NewItem => ({ type: "markup", bundle_uuid: null, subworksheet_uuid: null, value });

async function itemOf(context: Context, actor: Actor, worksheetUuid: string, line: SourceItem): Promise<NewItem> {
  switch (line.type) {
    case "markup":
    case "directive":
      return { ...text(line.value), type: line.type };
    case "bundle": {
      const bundle_uuid = await resolveBundle(context, actor, worksheetUuid, line.spec);
      return { type: "bundle", bundle_uuid, subworksheet_uuid: null, value: "" };
    }
    case "worksheet":
      try {
        const subworksheet_uuid = await resolveWorksheet(context, actor, line.spec);
        return { type: "worksheet", bundle_uuid: null, subworksheet_uuid, value: "" };
      } catch (error) {
        if (error instanceof Refusal || error instanceof LanguageProblem) return text(`ERROR: ${error.message}`);
        throw error;
      }
  }
}
