/** What groups may do with worksheets and bundles. */
import { sql, type RawBuilder } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { GrantedPermission, Permission } from "../rules/permission.ts";

export type SharedKind = "worksheet" | "bundle";

const tables = {
  worksheet: { table: "worksheet_permissions", id: "worksheet_id" },
  bundle: { table: "bundle_permissions", id: "bundle_id" },
} as const;

/** The most that a group of a person may do with an object, whose id is `id`. Null: somebody who has not logged in. */
export const granted = (kind: SharedKind, id: string, personId: number | null): RawBuilder<Permission> => {
  const { table, id: column } = tables[kind];
  return sql<Permission>`coalesce((
    select max(p.permission) from ${sql.table(table)} p join worksheet_groups g on g.id = p.group_id
    where p.${sql.ref(column)} = ${sql.ref(id)} and (g.owner_id is null or exists (
      select from worksheet_group_members m where m.group_id = g.id and m.user_id = ${personId}))), 0)`;
};

/** What a group may do with an object. */
export interface GroupPermission {
  objectId: string;
  groupId: string;
  groupUuid: string;
  groupName: string;
  permission: GrantedPermission;
}

/** What groups may do with objects, of those groups that a person may know: everybody's, and their own. */
export async function permissionsOf(
  db: Db | Tx,
  kind: SharedKind,
  ids: string[],
  { personId, all }: { personId: number | null; all: boolean },
): Promise<GroupPermission[]> {
  if (ids.length === 0) return [];
  const { table, id } = tables[kind];
  const { rows } = await sql<GroupPermission>`
    select p.${sql.ref(id)} as "objectId", g.id as "groupId", g.uuid as "groupUuid", g.name as "groupName", p.permission
    from ${sql.table(table)} p join worksheet_groups g on g.id = p.group_id
    where p.${sql.ref(id)} = any(${ids}::bigint[]) and (${all} or g.owner_id is null or exists (
      select from worksheet_group_members m where m.group_id = g.id and m.user_id = ${personId}))
    order by g.id`.execute(db);
  return rows;
}

/** Sets what a group may do with an object. 0 takes it away. */
export async function setPermission(
  tx: Tx,
  kind: SharedKind,
  objectId: string,
  groupId: string,
  permission: Permission,
): Promise<void> {
  const { table, id } = tables[kind];
  if (permission === 0)
    await sql`delete from ${sql.table(table)} where ${sql.ref(id)} = ${objectId} and group_id = ${groupId}`.execute(tx);
  else
    await sql`insert into ${sql.table(table)} (${sql.ref(id)}, group_id, permission)
      values (${objectId}, ${groupId}, ${permission})
      on conflict (${sql.ref(id)}, group_id) do update set permission = excluded.permission`.execute(tx);
}

/** Lets the groups of a worksheet do with a bundle what they may do with the worksheet. */
export async function copyPermissions(tx: Tx, worksheetId: string, bundleId: string): Promise<void> {
  await sql`insert into bundle_permissions (bundle_id, group_id, permission)
    select ${bundleId}, group_id, permission from worksheet_permissions where worksheet_id = ${worksheetId}`.execute(
    tx,
  );
}
