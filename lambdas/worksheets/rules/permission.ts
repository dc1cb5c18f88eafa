/** How much somebody may do with a worksheet or a bundle. */
import { may, type Actor, type SharedFacts } from "../../policy/policy.ts";

/** 0: nothing, 1: read, 2: all. */
export type Permission = 0 | 1 | 2;
export type GrantedPermission = 1 | 2;

const names = ["none", "read", "all"] as const;

/** The name of a permission, as `cl` shows it. */
export const permissionName = (permission: Permission): (typeof names)[number] => names[permission];

/** What a name says, whole or its first letter; undefined if it says nothing. */
export function permissionOf(name: string): Permission | undefined {
  const index = names.findIndex((known) => known === name || known[0] === name);
  return index === -1 ? undefined : (index as Permission);
}

/** How much an actor may do with a worksheet. */
export const permissionOnWorksheet = (actor: Actor, facts: SharedFacts): Permission =>
  may(actor, "worksheet.edit", facts) ? 2 : may(actor, "worksheet.view", facts) ? 1 : 0;

/** How much an actor may do with a worksheet bundle. */
export const permissionOnBundle = (actor: Actor, facts: SharedFacts): Permission =>
  may(actor, "worksheetBundle.edit", facts) ? 2 : may(actor, "worksheetBundle.view", facts) ? 1 : 0;
