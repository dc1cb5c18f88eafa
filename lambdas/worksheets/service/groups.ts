/** Groups of people who share worksheets and bundles. */
import { randomBytes } from "node:crypto";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { may, type Actor, type UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { transact, type Context } from "../../kernel/context.ts";
import {
  deleteGroup,
  findGroups,
  groupsOf,
  insertGroup,
  lockGroup,
  membersOf,
  removeMember,
  setMember,
  type Group,
} from "../db/groups.ts";
import { findPeople } from "../db/people.ts";
import { checkName, uuidPattern } from "../rules/specs.ts";
import { uuidFrom } from "../rules/uuid.ts";
import { isRoot } from "./access.ts";
import { createOnce } from "./repeats.ts";

/** A group with its members, without its owner. */
export interface GroupWithMembers extends Group {
  admins: number[];
  members: number[];
}

/** A list is never longer. */
const maxGroups = 1000;

async function withMembers(db: Db | Tx, groups: Group[]): Promise<GroupWithMembers[]> {
  const byGroup = Map.groupBy(
    await membersOf(
      db,
      groups.map(({ id }) => id),
    ),
    ({ group_id }) => group_id,
  );
  return groups.map((group) => {
    const members = (byGroup.get(group.id) ?? []).filter(({ user_id }) => user_id !== group.owner_id);
    const ids = (isAdmin: boolean) =>
      members.filter(({ is_admin }) => is_admin === isAdmin).map(({ user_id }) => user_id);
    return { ...group, admins: ids(true), members: ids(false) };
  });
}

/** A group by its uuid, the beginning of it, or its name. */
export async function findGroup(db: Db | Tx, spec: string): Promise<Group> {
  const isPrefix = /^0x[0-9a-f]{1,31}$/.test(spec);
  const found = await findGroups(
    db,
    uuidPattern.test(spec) ? { uuid: spec } : isPrefix ? { prefix: spec } : { name: spec },
  );
  const what = isPrefix || uuidPattern.test(spec) ? `uuid starting with '${spec}'` : `name '${spec}'`;
  if (found.length > 1)
    throw new Refusal(
      "invalid",
      "AMBIGUOUS",
      `Found multiple groups with ${what}: ${found.map(({ uuid }) => uuid).join(" ")}`,
    );
  if (!found[0]) throw new Refusal("not-found", "NO_SUCH_GROUP", `Found no group with ${what}`);
  return found[0];
}

export async function readGroup({ db }: Context, spec: string): Promise<GroupWithMembers> {
  return (await withMembers(db, [await findGroup(db, spec)]))[0]!;
}

/** The groups that somebody owns or is in. Root sees all. */
export const ownGroups = async ({ db }: Context, actor: UserActor): Promise<GroupWithMembers[]> =>
  withMembers(db, await groupsOf(db, actor.id, { all: isRoot(actor), limit: maxGroups }));

/** Makes groups of the actor's. */
export async function createGroups(context: Context, by: UserAuthor, names: string[]): Promise<GroupWithMembers[]> {
  names.forEach(checkName);
  const { groups } = await createOnce(context, by.actor, { create: "groups", names }, async (tx) => {
    const made: Group[] = [];
    for (const name of names) {
      const group = await insertGroup(tx, { uuid: uuidFrom(randomBytes(16)), name, ownerId: by.actor.id });
      if (!group) throw new Refusal("conflict", "NAME_TAKEN", `Group with name ${name} already exists`);
      await record(tx, by, { place: {}, kind: "group.created", subject: group.uuid, before: null, after: { name } });
      made.push(group);
    }
    return { groups: await withMembers(tx, made) };
  });
  return groups;
}

/** Refuses who may not change a group, and the group of everybody. */
async function manage(tx: Tx, actor: Actor, spec: string): Promise<GroupWithMembers> {
  const group = await findGroup(tx, spec);
  await lockGroup(tx, group.id);
  const [whole] = await withMembers(tx, [group]);
  if (group.owner_id === null) throw new Refusal("forbidden", "NOT_ALLOWED", `Cannot modify the public group ${spec}.`);
  const isAdmin = actor.kind === "user" && whole!.admins.includes(actor.id);
  if (!may(actor, "worksheetGroup.manage", { owner_id: group.owner_id, isAdmin }))
    throw new Refusal("forbidden", "NOT_ALLOWED", `You are not the admin of group ${spec}.`);
  return whole!;
}

export const deleteGroups = (context: Context, by: UserAuthor, specs: string[]): Promise<void> =>
  transact(context, async (tx) => {
    for (const spec of specs) {
      const { id, uuid, name } = await manage(tx, by.actor, spec);
      await deleteGroup(tx, id);
      await record(tx, by, { place: {}, kind: "group.deleted", subject: uuid, before: { name }, after: null });
    }
  });

/** Adds people to a group, or changes whether they administer it. The owner always does. */
export const addMembers = (
  context: Context,
  by: UserAuthor,
  spec: string,
  userIds: number[],
  isAdmin: boolean,
): Promise<void> =>
  transact(context, async (tx) => {
    const group = await manage(tx, by.actor, spec);
    const known = await findPeople(tx, userIds);
    for (const id of userIds) {
      if (id === group.owner_id)
        throw new Refusal("invalid", "IS_OWNER", "Cannot relegate the group owner into non-admin status");
      if (!known.some((person) => person.id === id))
        throw new Refusal("not-found", "NO_SUCH_USER", `User ${id} not found`);
      await setMember(tx, { group_id: group.id, user_id: id, is_admin: isAdmin });
      const after = { user: id, is_admin: isAdmin };
      await record(tx, by, { place: {}, kind: "group.member_added", subject: group.uuid, before: null, after });
    }
  });

/** Removes people from a group, but not its owner. */
export const removeMembers = (context: Context, by: UserAuthor, spec: string, userIds: number[]): Promise<void> =>
  transact(context, async (tx) => {
    const group = await manage(tx, by.actor, spec);
    for (const id of userIds) {
      if (id === group.owner_id)
        throw new Refusal("invalid", "IS_OWNER", "The owner of a group cannot be removed from it.");
      await removeMember(tx, group.id, id);
      const before = { user: id };
      await record(tx, by, { place: {}, kind: "group.member_removed", subject: group.uuid, before, after: null });
    }
  });
