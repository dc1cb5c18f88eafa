/** What groups may do with worksheets and bundles. */
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { setPermission, type GroupPermission, type SharedKind } from "../db/permissions.ts";
import type { Permission } from "../rules/permission.ts";
import { editBundles, requireNotFrozen } from "./change-bundles.ts";
import { findGroup } from "./groups.ts";
import { editWorksheet } from "./worksheets.ts";

/** A permission that somebody gives to a group, or takes from it. */
export interface WantedPermission {
  /** Of the worksheet or bundle. */
  uuid: string;
  group: string;
  permission: Permission;
}

/** Sets permissions, all of them or none. */
export const share = (
  context: Context,
  by: UserAuthor,
  kind: SharedKind,
  wanted: WantedPermission[],
): Promise<(Omit<GroupPermission, "permission"> & { permission: Permission })[]> =>
  transact(context, async (tx) => {
    const set = [];
    for (const { uuid, group: spec, permission } of wanted) {
      const object =
        kind === "worksheet" ? await editWorksheet(tx, by.actor, uuid) : (await editBundles(tx, by.actor, [uuid]))[0]!;
      if ("state" in object) requireNotFrozen(object);
      const group = await findGroup(tx, spec);
      await setPermission(tx, kind, object.id, group.id, permission);
      const after = { group: group.uuid, permission };
      await record(tx, by, { place: {}, kind: `${kind}.shared`, subject: uuid, before: null, after });
      set.push({ objectId: object.id, groupId: group.id, groupUuid: group.uuid, groupName: group.name, permission });
    }
    return set;
  });
