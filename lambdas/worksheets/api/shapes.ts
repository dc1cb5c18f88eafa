/** Worksheets, items, bundles and permissions as resources. */
import type { GroupPermission, SeenWorksheet } from "../service/worksheets.ts";
import type { Item } from "../service/worksheet-items.ts";
import type { AnyBundle } from "../service/read-bundles.ts";
import { editableKeys, metadataDescriptions, metadataTypes } from "../rules/metadata.ts";
import { permissionName, type Permission } from "../rules/permission.ts";
import { isoDate, many, one, type Resource } from "./json-api.ts";

type Kind = "worksheet" | "bundle";
/** A permission that is set, or one that was taken away. */
export type ShownPermission = Omit<GroupPermission, "permission"> & { permission: Permission };

const permissionId = ({ objectId, groupId }: ShownPermission) => `${objectId}-${groupId}`;

export const shownPermission = (kind: Kind, permission: ShownPermission): Resource => ({
  type: `${kind}-permissions`,
  id: permissionId(permission),
  attributes: {
    group_name: permission.groupName,
    permission: permission.permission,
    permission_spec: permissionName(permission.permission),
  },
  relationships: { group: one("groups", permission.groupUuid) },
});

/** What else is known of a worksheet. */
interface MoreOfWorksheet {
  permissions?: GroupPermission[] | undefined;
  items?: Item[] | undefined;
  /** Whether to say what whoever asks may do. */
  saysPermission?: boolean;
}

export function shownWorksheet(worksheet: SeenWorksheet, more: MoreOfWorksheet = {}): Resource {
  const { uuid, name, title, tags, is_anonymous, owner_id, last_item_id, permission } = worksheet;
  const own = more.permissions?.filter(({ objectId }) => objectId === worksheet.id);
  return {
    type: "worksheets",
    id: uuid,
    attributes: {
      uuid,
      name,
      title,
      tags,
      frozen: isoDate(worksheet.frozen_when),
      is_anonymous,
      date_created: isoDate(worksheet.created_when),
      date_last_modified: isoDate(worksheet.changed_when),
      last_item_id: last_item_id === null ? null : Number(last_item_id),
      ...(more.saysPermission && { permission, permission_spec: permissionName(permission) }),
    },
    relationships: {
      owner: one("users", owner_id),
      ...(own && { group_permissions: many("worksheet-permissions", own.map(permissionId)) }),
      ...(more.items && {
        items: many(
          "worksheet-items",
          more.items.map(({ id }) => id),
        ),
      }),
    },
  };
}

/** A worksheet of which only the name is told. */
export const namedWorksheet = ({ uuid, name }: { uuid: string; name: string }): Resource => ({
  type: "worksheets",
  id: uuid,
  attributes: { uuid, name },
});

export const shownItem = (
  worksheetUuid: string,
  item: Omit<Item, "id" | "worksheet_id" | "sort_key"> & Partial<Item>,
): Resource => ({
  type: "worksheet-items",
  id: item.id ?? null,
  attributes: { type: item.type, value: item.value, sort_key: item.sort_key ?? null },
  relationships: {
    worksheet: one("worksheets", worksheetUuid),
    bundle: one("bundles", item.bundle_uuid),
    subworksheet: one("worksheets", item.subworksheet_uuid),
  },
});

/** What else is known of bundles. */
export interface MoreOfBundles {
  permissions?: GroupPermission[] | undefined;
  children?: ReadonlyMap<string, { uuid: string }[]> | undefined;
  hosts?: ReadonlyMap<string, { uuid: string }[]> | undefined;
  /** Whether to say what people may edit, and how to show values. */
  saysDisplay?: boolean;
}

/** A bundle. Of one that somebody may not read, only that it is there. */
export function shownBundle(bundle: AnyBundle, more: MoreOfBundles = {}): Resource & { meta?: unknown } {
  if (bundle.kind === "hidden") return hiddenBundle(bundle.uuid);
  const { id, uuid, bundle_type, command, state, state_details, is_anonymous, is_dir, metadata, args, permission } =
    bundle;
  const own = more.permissions?.filter(({ objectId }) => objectId === id);
  const uuidsOf = (related: { uuid: string }[] | undefined) => (related ?? []).map((one) => one.uuid);
  return {
    type: "bundles",
    id: uuid,
    attributes: {
      uuid,
      bundle_type,
      command,
      state,
      state_details,
      frozen: isoDate(bundle.frozen_when),
      is_anonymous,
      is_dir,
      metadata,
      dependencies: bundle.dependencies.map(({ child_id: _, ...dependency }) => ({ child_uuid: uuid, ...dependency })),
      args,
      permission,
      permission_spec: permissionName(permission),
    },
    relationships: {
      owner: one("users", bundle.owner_id),
      ...(own && { group_permissions: many("bundle-permissions", own.map(permissionId)) }),
      ...(more.children && { children: many("bundles", uuidsOf(more.children.get(uuid))) }),
      ...(more.hosts && { host_worksheets: many("worksheets", uuidsOf(more.hosts.get(uuid))) }),
    },
    ...(more.saysDisplay && {
      meta: {
        editable_metadata_keys: editableKeys(bundle_type, state),
        metadata_type: metadataTypes(bundle_type),
        metadata_descriptions: metadataDescriptions(bundle_type),
      },
    }),
  };
}

const hiddenBundle = (uuid: string): Resource => ({
  type: "bundles",
  id: uuid,
  attributes: {
    uuid,
    bundle_type: "private",
    command: null,
    state: null,
    state_details: null,
    frozen: null,
    is_anonymous: false,
    metadata: { name: "<private>" },
    dependencies: [],
    args: "",
    permission: 0,
    permission_spec: permissionName(0),
  },
  relationships: { owner: one("users", null) },
});

/** A bundle of which only the name is told. */
export const namedBundle = ({ uuid, name }: { uuid: string; name: string }): Resource => ({
  type: "bundles",
  id: uuid,
  attributes: { uuid, metadata: { name } },
});
