/** Worksheets as other worksheets and searches show them. */
import type { Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { findPeople } from "../db/people.ts";
import { permissionName } from "../rules/permission.ts";
import type { WorksheetInfo } from "../rules/worksheet-info.ts";
import { groupPermissions, worksheetsBySpecs, type SeenWorksheet } from "./worksheets.ts";

/** A worksheet of which only the uuid is known. */
export type UnknownWorksheet = { uuid: string; name: string };

/** Worksheets with the names of their owners, and with what groups may do with them. */
export async function worksheetInfos(
  context: Context,
  actor: Actor,
  worksheets: SeenWorksheet[],
): Promise<WorksheetInfo[]> {
  const permissions = Map.groupBy(await groupPermissions(context, actor, worksheets), ({ objectId }) => objectId);
  const ownerIds = new Set(worksheets.flatMap(({ owner_id }) => owner_id ?? []));
  const names = new Map((await findPeople(context.db, [...ownerIds])).map(({ id, username }) => [id, username]));
  return worksheets.map(
    ({ id, uuid, name, title, owner_id, tags, is_anonymous, last_item_id, permission, ...worksheet }) => ({
      id: Number(id),
      uuid,
      name,
      title,
      owner_id: owner_id === null ? null : String(owner_id),
      owner_name: owner_id === null ? null : (names.get(owner_id) ?? null),
      tags,
      frozen: worksheet.frozen_when?.toISOString() ?? null,
      is_anonymous,
      date_created: worksheet.created_when.toISOString(),
      date_last_modified: worksheet.changed_when.toISOString(),
      last_item_id: last_item_id === null ? null : Number(last_item_id),
      permission,
      permission_spec: permissionName(permission),
      group_permissions: (permissions.get(id) ?? []).map((granted) => ({
        id: `${id}-${granted.groupId}`,
        group_uuid: granted.groupUuid,
        group_name: granted.groupName,
        permission: granted.permission,
        permission_spec: permissionName(granted.permission),
      })),
    }),
  );
}

/** Worksheets by uuid. Of those that the actor may not read, or that are gone, only the uuid is told. */
export async function worksheetInfosByUuid(
  context: Context,
  actor: Actor,
  uuids: readonly string[],
): Promise<Map<string, WorksheetInfo | UnknownWorksheet>> {
  const distinct = [...new Set(uuids)];
  const found = await worksheetsBySpecs(context, actor, distinct);
  const readable = found.filter(({ permission }) => permission > 0);
  const infos = new Map((await worksheetInfos(context, actor, readable)).map((info) => [info.uuid, info]));
  const isThere = new Set(found.map(({ uuid }) => uuid));
  return new Map(
    distinct.map((uuid) => [uuid, infos.get(uuid) ?? { uuid, name: isThere.has(uuid) ? "<private>" : "<invalid>" }]),
  );
}
