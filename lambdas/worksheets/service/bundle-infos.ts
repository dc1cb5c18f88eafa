/** Bundles as worksheets show them. The number of statements does not grow with the bundles. */
import type { Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import type { BundleInfo } from "../rules/bundle-info.ts";
import { permissionName } from "../rules/permission.ts";
import { findPeople } from "../db/people.ts";
import { groupPermissionsOfBundles, hostsByBundle, seeBundles, type AnyBundle } from "./read-bundles.ts";

/** Bundles by uuid. Those that do not exist are missing. */
export async function bundleInfos(
  context: Context,
  actor: Actor,
  uuids: readonly string[],
): Promise<Map<string, BundleInfo>> {
  const bundles = await seeBundles(context.db, actor, [...new Set(uuids)]);
  const all = [...bundles.values()];
  const permissions = Map.groupBy(await groupPermissionsOfBundles(context, actor, all), ({ objectId }) => objectId);
  const hosts = await hostsByBundle(context, actor, all);
  const ownerIds = new Set(all.flatMap((bundle) => (bundle.kind === "seen" ? (bundle.owner_id ?? []) : [])));
  const names = new Map((await findPeople(context.db, [...ownerIds])).map(({ id, username }) => [id, username]));
  return new Map(
    all.map((bundle): [string, BundleInfo] => [
      bundle.uuid,
      bundle.kind === "hidden"
        ? hidden(bundle.uuid)
        : infoOf(bundle, {
            owner_name: bundle.owner_id === null ? null : (names.get(bundle.owner_id) ?? null),
            host_worksheets: hosts.get(bundle.uuid) ?? [],
            group_permissions: (bundle.id === null ? [] : (permissions.get(bundle.id) ?? [])).map(
              ({ groupUuid, groupName, permission }) => ({
                group_uuid: groupUuid,
                group_name: groupName,
                permission_spec: permissionName(permission),
              }),
            ),
          }),
    ]),
  );
}

function infoOf(
  bundle: Extract<AnyBundle, { kind: "seen" }>,
  more: Pick<BundleInfo, "owner_name" | "host_worksheets" | "group_permissions">,
): BundleInfo {
  const { uuid, bundle_type, command, state, state_details, is_anonymous, metadata, args, permission } = bundle;
  return {
    uuid,
    bundle_type,
    command,
    state,
    state_details,
    frozen: bundle.frozen_when?.toISOString() ?? null,
    is_anonymous,
    metadata,
    dependencies: bundle.dependencies.map(({ child_path, parent_uuid, parent_path, parent_name }) => ({
      child_path,
      parent_uuid,
      parent_path,
      parent_name,
    })),
    args,
    permission,
    permission_spec: permissionName(permission),
    owner_id: bundle.owner_id === null ? null : String(bundle.owner_id),
    ...more,
  };
}

/** A bundle that somebody may not read: only its uuid is true. */
const hidden = (uuid: string): BundleInfo => ({
  uuid,
  bundle_type: "private",
  command: null,
  state: null,
  state_details: null,
  frozen: null,
  is_anonymous: null,
  metadata: { name: "<private>" },
  dependencies: [],
  args: "",
  permission: 0,
  permission_spec: permissionName(0),
  owner_id: null,
  owner_name: null,
  host_worksheets: [],
  group_permissions: [],
});
