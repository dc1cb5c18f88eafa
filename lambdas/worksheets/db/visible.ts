/** What a searcher may read. */
import { sql, type RawBuilder } from "kysely";
import type { Values, Wanted } from "../rules/search/keywords.ts";

/** Whoever searches. */
export interface Searcher {
  /** Null: somebody who has not logged in. */
  id: number | null;
  /** Whether they may read everything. */
  all: boolean;
}

/** The ids of the groups of a searcher, computed once for a query. */
const ownGroups = ({ id }: Searcher) =>
  sql`array(select m.group_id from worksheet_group_members m where m.user_id = ${id})`;
const everybodysGroup = sql`array(select g.id from worksheet_groups g where g.owner_id is null)`;

/** Whether a searcher may read a bundle `b`. */
export const mayReadBundle = (searcher: Searcher): RawBuilder<boolean> =>
  sql<boolean>`(${searcher.all} or b.owner_id = ${searcher.id} or exists (
    select from bundle_permissions p
    where p.bundle_id = b.id and p.group_id = any(${everybodysGroup} || ${ownGroups(searcher)})))`;

/** Whether a searcher may read a worksheet `w`. */
export const mayReadWorksheet = (searcher: Searcher): RawBuilder<boolean> =>
  sql<boolean>`(${searcher.all} or w.owner_id = ${searcher.id} or exists (
    select from worksheet_permissions p
    where p.worksheet_id = w.id and p.group_id = any(${everybodysGroup} || ${ownGroups(searcher)})))`;

/** The ids of what is shared with a group that the searcher is a member of. */
export const sharedWith = (kind: "bundle" | "worksheet", searcher: Searcher): RawBuilder<unknown> =>
  sql`array(select p.${sql.ref(`${kind}_id`)} from ${sql.table(`${kind}_permissions`)} p
    where p.group_id = any(${ownGroups(searcher)}))`;

/** The ids of what is shared with a group, of those that the searcher may know. */
export const sharedWithGroup = (kind: "bundle" | "worksheet", group: string, searcher: Searcher): RawBuilder<unknown> =>
  sql`array(select p.${sql.ref(`${kind}_id`)} from ${sql.table(`${kind}_permissions`)} p
    where p.group_id = any(array(select g.id from worksheet_groups g where (g.uuid = ${group} or g.name = ${group})
      and (${searcher.all} or g.owner_id is null or g.id = any(${ownGroups(searcher)})))))`;

/** Whether a searcher may know who owns a bundle `b`, or a worksheet `w`. */
export function mayKnowOwner(kind: "bundle" | "worksheet", searcher: Searcher): RawBuilder<boolean> {
  const column = (name: string) => sql.ref(`${kind === "bundle" ? "b" : "w"}.${name}`);
  return sql<boolean>`(not ${column("is_anonymous")} or ${searcher.all} or ${column("owner_id")} = ${searcher.id}
    or exists (select from ${sql.table(`${kind}_permissions`)} p
      where p.${sql.ref(`${kind}_id`)} = ${column("id")} and p.permission = 2
        and p.group_id = any(${ownGroups(searcher)})))`;
}

/** Whether a text is one of the values. Patterns are compared regardless of case. */
export const matches = (text: RawBuilder<unknown>, values: Values): RawBuilder<boolean> => {
  const exact = values.filter(({ isPattern }) => !isPattern).map((value) => value.text);
  const patterns = values.filter(({ isPattern }) => isPattern).map(likePattern);
  if (patterns.length === 0) return sql<boolean>`${text} = any(${exact})`;
  if (exact.length === 0) return sql<boolean>`${text} ilike any(${patterns})`;
  return sql<boolean>`(${text} = any(${exact}) or ${text} ilike any(${patterns}))`;
};

/** Whether a number is one of the values. What is no number is none. */
export const matchesNumber = (number: RawBuilder<unknown>, values: Values): RawBuilder<boolean> =>
  sql<boolean>`${number} = any(${values.map(({ text }) => text).filter((text) => /^-?\d{1,15}$/.test(text))}::bigint[])`;

/** `%` stands for any text; everything else for itself. */
export const likePattern = ({ text }: Wanted): string => text.replace(/[\\_]/g, "\\$&");

/** Texts that contain a word. */
export const wordPattern = (word: string): string => `%${likePattern({ text: word, isPattern: true })}%`;

/** All of the conditions. */
export const every = (conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> =>
  conditions.length === 0 ? sql<boolean>`true` : sql<boolean>`(${sql.join(conditions, sql` and `)})`;

/** Any of the conditions. */
export const some = (conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> =>
  conditions.length === 0 ? sql<boolean>`false` : sql<boolean>`(${sql.join(conditions, sql` or `)})`;
