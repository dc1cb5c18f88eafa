/** Bundles of worksheets as somebody may see them. */
import type { Actor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Db } from "../../kernel/db/connection.ts";
import type { Context } from "../../kernel/context.ts";
import { findBundles, type Bundle } from "../db/bundles.ts";
import { childrenOf, dependenciesOf, sameRuns, withDescendants, type Dependency } from "../db/dependencies.ts";
import { permissionsOf, type GroupPermission } from "../db/permissions.ts";
import { hostsOf } from "../db/worksheets.ts";
import { argsOf } from "../rules/bundle-info.ts";
import { shownMetadata } from "../rules/metadata.ts";
import { permissionOnBundle, permissionOnWorksheet, type Permission } from "../rules/permission.ts";
import { stateDetails } from "../rules/state-details.ts";
import { idOf, isRoot } from "./access.ts";
import type { AnyBundle, SeenBundle } from "./any-bundle.ts";
import { seeSubmissions } from "./submission-bundles.ts";
import { notEnough } from "./worksheets.ts";

export type { AnyBundle };

/** Bundles by uuid, as somebody may see them. Those that do not exist are missing. */
export async function seeBundles(db: Db, actor: Actor, uuids: string[]): Promise<Map<string, AnyBundle>> {
  const found = await findBundles(db, idOf(actor), uuids);
  const known = new Set(found.map(({ uuid }) => uuid));
  const submissions = await seeSubmissions(
    db,
    actor,
    uuids.filter((uuid) => !known.has(uuid)),
  );
  const readable = new Set(found.filter((bundle) => permissionOnBundle(actor, bundle) > 0));
  const dependencies = Map.groupBy(
    await dependenciesOf(
      db,
      [...readable].map(({ id }) => id),
    ),
    ({ child_id }) => child_id,
  );
  const bundles = found.map((bundle): AnyBundle =>
    readable.has(bundle)
      ? seen(actor, bundle, dependencies.get(bundle.id) ?? [])
      : { kind: "hidden", uuid: bundle.uuid },
  );
  return new Map([...bundles, ...submissions].map((bundle) => [bundle.uuid, bundle]));
}

function seen(actor: Actor, bundle: Bundle, dependencies: Dependency[]): SeenBundle {
  const permission = permissionOnBundle(actor, bundle);
  const hidesOwner = bundle.is_anonymous && permission < 2;
  const { type, state, command, frozen_when, is_anonymous } = bundle;
  const created = Math.floor(bundle.created_when.getTime() / 1000);
  const metadata = shownMetadata(type, bundle.metadata, { created, data_size: bundle.data_size }, hidesOwner);
  return {
    kind: "seen",
    id: bundle.id,
    uuid: bundle.uuid,
    bundle_type: type,
    owner_id: hidesOwner ? null : bundle.owner_id,
    command,
    state,
    state_details: stateDetails(type, state, bundle.metadata),
    frozen_when,
    is_anonymous,
    is_dir: bundle.content === "archive",
    metadata,
    dependencies,
    args: argsOf({ bundle_type: type, dependencies, command, metadata }) ?? "",
    permission,
  };
}

/** Bundles in an order, as often as they are named. One that does not exist is refused. */
export async function bundlesInOrder({ db }: Context, actor: Actor, uuids: string[]): Promise<AnyBundle[]> {
  const found = await seeBundles(db, actor, uuids);
  return uuids.map((uuid) => {
    const bundle = found.get(uuid);
    if (!bundle) throw new Refusal("not-found", "NO_SUCH_BUNDLE", `Bundle ${uuid} not found`);
    return bundle;
  });
}

/** How many bundles one answer may have at most. */
export const maxBundles = 10_000;

/** Bundles and what was made from them, in so many steps. */
export async function andDescendants({ db }: Context, uuids: string[], depth: number): Promise<string[]> {
  return requireFew(await withDescendants(db, uuids, Math.min(depth, maxBundles), maxBundles));
}

/** Refuses more bundles than one request may be about. */
export function requireFew(uuids: string[]): string[] {
  if (uuids.length <= maxBundles) return uuids;
  throw new Refusal("invalid", "TOO_MANY", `More than ${maxBundles} bundles were made from these. Name fewer.`);
}

/** The actor's runs with the same command and the same dependencies, the oldest first. */
export const runsLike = async (
  { db }: Context,
  actor: Actor,
  command: string,
  dependencies: { child_path: string; parent_uuid: string }[],
): Promise<string[]> => (actor.kind === "user" ? sameRuns(db, actor.id, command, dependencies) : []);

const isSeen = (bundle: AnyBundle): bundle is SeenBundle => bundle.kind === "seen";

/** What groups may do with bundles, of those whose owner the actor may know. */
export async function groupPermissionsOfBundles(
  { db }: Context,
  actor: Actor,
  bundles: AnyBundle[],
): Promise<GroupPermission[]> {
  const ids = bundles.filter(isSeen).flatMap(({ id, owner_id }) => (id === null || owner_id === null ? [] : [id]));
  return permissionsOf(db, "bundle", ids, { personId: idOf(actor), all: isRoot(actor) });
}

/** The bundles that were made from others and that the actor may read, by the uuid of the others. */
export async function childrenByParent(
  { db }: Context,
  actor: Actor,
  bundles: AnyBundle[],
): Promise<Map<string, { uuid: string; name: string }[]>> {
  const pairs = await childrenOf(
    db,
    bundles.filter(isSeen).map(({ uuid }) => uuid),
  );
  const found = await findBundles(
    db,
    idOf(actor),
    pairs.map(({ child }) => child),
  );
  const names = new Map(
    found
      .filter((bundle) => permissionOnBundle(actor, bundle) > 0)
      .map(({ uuid, metadata }) => [uuid, String(metadata["name"] ?? "")]),
  );
  return new Map(
    [...Map.groupBy(pairs, ({ parent }) => parent)].map(([parent, children]) => [
      parent,
      children.flatMap(({ child: uuid }) => (names.has(uuid) ? [{ uuid, name: names.get(uuid)! }] : [])),
    ]),
  );
}

/** The worksheets on which bundles stand and that the actor may read, by the uuid of the bundle. */
export async function hostsByBundle(
  { db }: Context,
  actor: Actor,
  bundles: AnyBundle[],
): Promise<Map<string, { uuid: string; name: string }[]>> {
  const hosts = await hostsOf(
    db,
    idOf(actor),
    bundles.filter(isSeen).map(({ uuid }) => uuid),
  );
  const readable = hosts.filter(({ worksheet }) => permissionOnWorksheet(actor, worksheet) > 0);
  return new Map(
    [...Map.groupBy(readable, ({ bundle }) => bundle)].map(([bundle, on]) => [
      bundle,
      on.map(({ worksheet: { uuid, name } }) => ({ uuid, name })),
    ]),
  );
}

/** Refuses unless the actor may do enough with all of some bundles. */
export function requirePermission(actor: Actor, bundles: Bundle[], uuids: string[], needed: 1 | 2): void {
  const missing = uuids.find((uuid) => !bundles.some((bundle) => bundle.uuid === uuid));
  if (missing !== undefined) throw new Refusal("not-found", "NO_SUCH_BUNDLE", `Bundle ${missing} not found`);
  const least = Math.min(2, ...bundles.map((bundle) => permissionOnBundle(actor, bundle))) as Permission;
  if (least < needed) throw notEnough(actor, "bundle", uuids, least, needed);
}

/** Refuses bundles of which somebody may only know that they are there. */
export function requireReadable(bundles: AnyBundle[], actor: Actor): void {
  const hidden = bundles.find(({ kind }) => kind === "hidden");
  if (hidden) throw notEnough(actor, "bundle", [hidden.uuid], 0, 1);
}
