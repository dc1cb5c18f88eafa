/** What searches and other worksheets show of a worksheet, under the names of the wire. */
import type { Permission } from "./permission.ts";

export type WorksheetInfo = {
  id: number;
  uuid: string;
  name: string;
  title: string | null;
  owner_id: string | null;
  owner_name: string | null;
  tags: string[];
  frozen: string | null;
  is_anonymous: boolean;
  date_created: string;
  date_last_modified: string;
  last_item_id: number | null;
  permission: Permission;
  permission_spec: string;
  group_permissions: GroupPermissionInfo[];
};

export type GroupPermissionInfo = {
  id: string;
  group_uuid: string;
  group_name: string;
  permission: Permission;
  permission_spec: string;
};
