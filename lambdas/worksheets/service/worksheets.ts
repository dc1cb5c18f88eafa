/** Worksheets: finding, reading, making, changing and deleting them. */
import { randomBytes } from "node:crypto";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { changes as changeEvents } from "../../accounts/rules/audit.ts";
import type { Actor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { publicGroupId } from "../db/groups.ts";
import { findPeople } from "../db/people.ts";
import { permissionsOf, type GroupPermission } from "../db/permissions.ts";
import { appendItems, itemsOf } from "../db/worksheet-items.ts";
import {
  deleteWorksheet,
  findWorksheets,
  insertWorksheet,
  lockWorksheet,
  updateWorksheet,
  type Worksheet,
  type WorksheetChanges,
} from "../db/worksheets.ts";
import { requireAscii } from "../rules/metadata.ts";
import { permissionName, permissionOnWorksheet, type Permission } from "../rules/permission.ts";
import { readSource } from "../rules/source.ts";
import { checkName, readWorksheetSpec, uuidPattern } from "../rules/specs.ts";
import { templates } from "../rules/templates.ts";
import { uuidFrom } from "../rules/uuid.ts";
import { homeOf, isSomebodysHome } from "../rules/worksheet-name.ts";
import { idOf, isRoot } from "./access.ts";
import { createOnce } from "./repeats.ts";

export type { Worksheet } from "../db/worksheets.ts";
export type { GroupPermission } from "../db/permissions.ts";

/** A worksheet as somebody may see it. */
export interface SeenWorksheet extends Omit<Worksheet, "owner_id" | "granted"> {
  /** Null: it is anonymous, and whoever reads it may not know its owner. */
  owner_id: number | null;
  permission: Permission;
}

/** A worksheet without what an actor may not know of it. */
export function seenBy(actor: Actor, worksheet: Worksheet): SeenWorksheet {
  const permission = permissionOnWorksheet(actor, worksheet);
  const hidesOwner = permission < 1 || (worksheet.is_anonymous && permission < 2);
  return { ...worksheet, owner_id: hidesOwner ? null : worksheet.owner_id, permission };
}

/** A worksheet that an actor may read, or change. */
export async function requireWorksheet(db: Db | Tx, actor: Actor, uuid: string, needed: 1 | 2 = 1): Promise<Worksheet> {
  const [worksheet] = await findWorksheets(db, idOf(actor), { uuids: [uuid] });
  return allowed(actor, uuid, worksheet, needed);
}

/** A worksheet that an actor may change, and nobody else until the transaction ends. Frozen ones are refused. */
export async function editWorksheet(tx: Tx, actor: Actor, uuid: string): Promise<Worksheet> {
  const worksheet = allowed(actor, uuid, await lockWorksheet(tx, idOf(actor), uuid), 2);
  requireNotFrozen(worksheet);
  return worksheet;
}

function allowed(actor: Actor, uuid: string, worksheet: Worksheet | undefined, needed: 1 | 2): Worksheet {
  if (!worksheet) throw new Refusal("not-found", "NO_SUCH_WORKSHEET", `Worksheet ${uuid} not found`);
  const permission = permissionOnWorksheet(actor, worksheet);
  if (permission < needed) throw notEnough(actor, "worksheet", [uuid], permission, needed);
  return worksheet;
}

/** The refusal of somebody who may not do enough with worksheets or bundles. */
export function notEnough(
  actor: Actor,
  what: "worksheet" | "bundle",
  uuids: string[],
  has: Permission,
  needed: 1 | 2,
): Refusal {
  const who = actor.kind === "user" ? `${actor.username}(${actor.id})` : "None";
  return new Refusal(
    "forbidden",
    "NOT_ALLOWED",
    `User ${who} does not have sufficient permissions on ${what} ${uuids.join(" ")} (have ${permissionName(has)}, need ${permissionName(needed)}).`,
  );
}

export function requireNotFrozen({ uuid, name, frozen_when }: Worksheet): void {
  if (frozen_when !== null)
    throw new Refusal("forbidden", "FROZEN", `Cannot mutate frozen worksheet ${uuid}(${name}). Unfreeze it first.`);
}

/** The uuid that a spec names. The home worksheet of whoever asks is made when it is not there yet. */
export async function resolveWorksheet(context: Context, actor: Actor, text: string): Promise<string> {
  const spec = readWorksheetSpec(text);
  if (spec.kind === "uuid") return spec.uuid;
  if (spec.kind === "home") return homeWorksheet(context, actor);
  const found = await findWorksheets(context.db, idOf(actor), spec);
  const what = spec.kind === "name" ? `name '${spec.name}'` : `uuid starting with '${spec.prefix}'`;
  if (found.length > 1)
    throw new Refusal(
      "invalid",
      "AMBIGUOUS",
      `Found multiple worksheets with ${what}: ${found.map(({ uuid }) => uuid).join(" ")}`,
    );
  if (found[0]) return found[0].uuid;
  if (spec.kind === "name" && actor.kind === "user" && spec.name === homeOf(actor.username))
    return homeWorksheet(context, actor);
  throw new Refusal("not-found", "NO_SUCH_WORKSHEET", `No worksheet found with ${what}`);
}

async function homeWorksheet(context: Context, actor: Actor): Promise<string> {
  if (actor.kind !== "user")
    throw new Refusal(
      "unauthenticated",
      "NOT_LOGGED_IN",
      "Log in first: only people with an account have a home worksheet.",
    );
  const name = homeOf(actor.username);
  // Several first requests of a person may come at once, and one of them makes it.
  await context.db.transaction().execute((tx) => insertNamed(tx, actor.id, { name }));
  const [home] = await findWorksheets(context.db, actor.id, { name });
  return home!.uuid;
}

async function insertNamed(
  tx: Tx,
  ownerId: number,
  { name, uuid = uuidFrom(randomBytes(16)) }: NewWorksheet,
): Promise<string | undefined> {
  return (await insertWorksheet(tx, { uuid, name, ownerId, publicGroupId: await publicGroupId(tx) }))
    ? uuid
    : undefined;
}

/** Worksheets by specs, in the order of the specs. */
export async function worksheetsBySpecs(context: Context, actor: Actor, specs: string[]): Promise<SeenWorksheet[]> {
  const uuids: string[] = [];
  for (const spec of specs) uuids.push(await resolveWorksheet(context, actor, spec));
  const found = await findWorksheets(context.db, idOf(actor), { uuids });
  const byUuid = new Map(found.map((worksheet) => [worksheet.uuid, worksheet]));
  return uuids.flatMap((uuid) => {
    const worksheet = byUuid.get(uuid);
    return worksheet ? [seenBy(actor, worksheet)] : [];
  });
}

/** What groups may do with worksheets, of those whose owner the actor may know. */
export async function groupPermissions(
  { db }: Pick<Context, "db">,
  actor: Actor,
  worksheets: SeenWorksheet[],
): Promise<GroupPermission[]> {
  const ids = worksheets.filter(({ owner_id }) => owner_id !== null).map(({ id }) => id);
  return permissionsOf(db, "worksheet", ids, { personId: idOf(actor), all: isRoot(actor) });
}

function requireFreeName(actor: Extract<Actor, { kind: "user" }>, name: string): void {
  checkName(name);
  if (isSomebodysHome(name) && name !== homeOf(actor.username))
    throw new Refusal(
      "invalid",
      "NAME_OF_HOME",
      `Cannot create ${name} because this is potentially the home worksheet of another user`,
    );
}

const nameTaken = (name: string) => new Refusal("invalid", "NAME_TAKEN", `Worksheet with name ${name} already exists`);

/** A worksheet that somebody makes. Its uuid is given if it comes from another platform. */
export interface NewWorksheet {
  name: string;
  uuid?: string | undefined;
}

/** Makes worksheets of the actor's, which everybody may read. Returns their uuids. */
export async function createWorksheets(context: Context, by: UserAuthor, wanted: NewWorksheet[]): Promise<string[]> {
  for (const { name } of wanted) requireFreeName(by.actor, name);
  const given = wanted.map(({ uuid }) => uuid);
  const request = {
    create: "worksheets",
    names: wanted.map(({ name }) => name),
    ...(given.some((uuid) => uuid !== undefined) && { uuids: given }),
  };
  const { uuids } = await createOnce(context, by.actor, request, async (tx) => {
    const uuids: string[] = [];
    for (const one of wanted) {
      const uuid = await insertNamed(tx, by.actor.id, one);
      if (uuid === undefined) throw nameTaken(one.name);
      // One from another platform brings its lines along.
      if (one.uuid === undefined) await fill(tx, by.actor.id, uuid, templates.get(one.name));
      uuids.push(uuid);
    }
    return { uuids };
  });
  return uuids;
}

/** Puts the lines of a template on a new worksheet. */
async function fill(tx: Tx, ownerId: number, uuid: string, template: string | undefined): Promise<void> {
  if (template === undefined) return;
  const items = readSource(template).flatMap((line) =>
    line.type === "markup" || line.type === "directive"
      ? { type: line.type, bundle_uuid: null, subworksheet_uuid: null, value: line.value }
      : [],
  );
  await appendItems(tx, (await lockWorksheet(tx, ownerId, uuid))!.id, items);
}

/** What people change of a worksheet. */
export interface WantedWorksheet {
  uuid: string;
  name?: string;
  title?: string | null;
  tags?: string[];
  frozen?: boolean;
  is_anonymous?: boolean;
  owner?: string | null;
}

/** Changes worksheets, all of them or none. A frozen one only changes in a request that also unfreezes it. */
export const changeWorksheets = (context: Context, by: UserAuthor, wanted: WantedWorksheet[]): Promise<void> =>
  transact(context, async (tx) => {
    for (const one of wanted) await changeOne(tx, context, by, one);
  });

async function changeOne(tx: Tx, context: Context, by: UserAuthor, wanted: WantedWorksheet): Promise<void> {
  const { uuid, owner, frozen, ...rest } = wanted;
  const worksheet = allowed(by.actor, uuid, await lockWorksheet(tx, by.actor.id, uuid), 2);
  if (frozen !== false) requireNotFrozen(worksheet);
  if (rest.name !== undefined && rest.name !== worksheet.name) requireFreeName(by.actor, rest.name);
  if (context.environment.WORKSHEETS.asciiOnly) rest.tags?.forEach(requireAscii);
  const changes: WorksheetChanges = {
    ...rest,
    ...(frozen === undefined ? {} : { frozen_when: frozen ? context.now() : null }),
    ...(owner == null ? {} : { owner_id: await newOwner(tx, owner) }),
  };
  if (!(await updateWorksheet(tx, worksheet.id, changes))) throw nameTaken(rest.name!);
  // What people write and say of a worksheet is theirs; to whom it belongs and who may see it is for the record.
  const audited = ({ owner_id, is_anonymous, frozen_when }: WorksheetChanges) => ({
    ...(changes.owner_id !== undefined && { owner: owner_id }),
    ...(changes.is_anonymous !== undefined && { is_anonymous }),
    ...(changes.frozen_when !== undefined && { frozen: frozen_when !== null }),
  });
  await record(tx, by, ...changeEvents({}, "worksheet.changed", uuid, audited(worksheet), audited(changes)));
}

/** The id of the person to whom something is given. */
export async function newOwner(tx: Tx, id: string): Promise<number> {
  const [person] = /^\d{1,9}$/.test(id) ? await findPeople(tx, [Number(id)]) : [];
  if (!person) throw new Refusal("not-found", "NO_SUCH_USER", `User ${id} not found`);
  return person.id;
}

/** Deletes worksheets, all of them or none. One with items, or a frozen one, only with `force`. */
export const deleteWorksheets = (context: Context, by: UserAuthor, uuids: string[], force: boolean): Promise<void> =>
  transact(context, async (tx) => {
    for (const uuid of uuids) {
      const worksheet = allowed(by.actor, uuid, await lockWorksheet(tx, by.actor.id, uuid), 2);
      if (!force && worksheet.frozen_when !== null)
        throw new Refusal(
          "invalid",
          "FROZEN",
          `Can't delete worksheet ${uuid} because it is frozen (--force to override).`,
        );
      if (!force && (await itemsOf(tx, worksheet.id)).length > 0)
        throw new Refusal(
          "invalid",
          "NOT_EMPTY",
          `Can't delete worksheet ${uuid} because it is not empty (--force to override).`,
        );
      await deleteWorksheet(tx, worksheet.id);
      const before = { name: worksheet.name };
      await record(tx, by, { place: {}, kind: "worksheet.deleted", subject: uuid, before, after: null });
    }
  });

/** Refuses what is no uuid, before anything looks for it. */
export function requireUuid(text: string): string {
  if (!uuidPattern.test(text)) throw new Refusal("invalid", "INVALID", `This is no uuid: ${text}`);
  return text;
}
