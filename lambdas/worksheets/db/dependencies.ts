/** What bundles of worksheets were made from. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { BundleState } from "../rules/bundle.ts";

export interface Dependency {
  child_id: string;
  child_path: string;
  parent_uuid: string;
  parent_path: string;
  /** Null: the parent is gone. */
  parent_name: string | null;
  parent_state: BundleState | null;
}

/** What bundles depend on, in the order in which it was named. */
export async function dependenciesOf(db: Db | Tx, ids: string[]): Promise<Dependency[]> {
  if (ids.length === 0) return [];
  return db
    .selectFrom("bundle_dependencies as d")
    .leftJoin("bundles as p", "p.uuid", "d.parent_uuid")
    .select(["d.child_id", "d.child_path", "d.parent_uuid", "d.parent_path", "p.state as parent_state"])
    .select(sql<string | null>`p.metadata ->> 'name'`.as("parent_name"))
    .where("d.child_id", "in", ids)
    .orderBy("d.child_id")
    .orderBy("d.position")
    .execute();
}

/** The bundles that were made from others, with which ones. */
export async function childrenOf(db: Db | Tx, parentUuids: string[]): Promise<{ parent: string; child: string }[]> {
  if (parentUuids.length === 0) return [];
  return db
    .selectFrom("bundle_dependencies as d")
    .innerJoin("bundles as c", "c.id", "d.child_id")
    .select(["d.parent_uuid as parent", "c.uuid as child"])
    .distinct()
    .where("d.parent_uuid", "in", parentUuids)
    .orderBy("child")
    .execute();
}

/**
 * Bundles and everything that was made from them, in so many steps, the nearest first. Each is looked at once, however many ways
 * lead to it. Stops when there are more than `limit`.
 */
export async function withDescendants(db: Db | Tx, uuids: string[], depth: number, limit: number): Promise<string[]> {
  const found = new Set(uuids);
  let last = [...found];
  for (let step = 0; step < depth && last.length > 0 && found.size <= limit; step++) {
    const { rows } = await sql<{ uuid: string }>`
      select distinct c.uuid from bundle_dependencies d join bundles c on c.id = d.child_id
      where d.parent_uuid = any(${last}::text[]) order by c.uuid limit ${limit + 1}`.execute(db);
    last = rows.map(({ uuid }) => uuid).filter((uuid) => !found.has(uuid));
    for (const uuid of last) found.add(uuid);
  }
  return [...uuids, ...[...found].filter((uuid) => !uuids.includes(uuid))];
}

/** A person's runs with a command and exactly these dependencies, the oldest first. */
export async function sameRuns(
  db: Db,
  ownerId: number,
  command: string,
  dependencies: { child_path: string; parent_uuid: string }[],
): Promise<string[]> {
  const { rows } = await sql<{ uuid: string }>`
    select b.uuid from bundles b
    where b.owner_id = ${ownerId} and md5(b.command) = md5(${command}) and b.command = ${command}
      and (select count(*) from bundle_dependencies d where d.child_id = b.id) = ${dependencies.length}
      and not exists (
        select from jsonb_to_recordset(${JSON.stringify(dependencies)}::jsonb) as w (child_path text, parent_uuid text)
        where not exists (select from bundle_dependencies d
          where d.child_id = b.id and d.child_path = w.child_path and d.parent_uuid = w.parent_uuid))
    order by b.id limit 1000`.execute(db);
  return rows.map(({ uuid }) => uuid);
}
