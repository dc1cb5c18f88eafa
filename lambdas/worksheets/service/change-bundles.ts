/** Changing, killing and deleting bundles of worksheets. */
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { changes as changeEvents } from "../../accounts/rules/audit.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { transact, type Context } from "../../kernel/context.ts";
import type { Actor } from "../../policy/policy.ts";
import {
  announceBytes,
  deleteBundles,
  deleteContents,
  findBundles,
  lockBundles,
  updateBundle,
  type Bundle,
  type BundleChanges,
} from "../db/bundles.ts";
import { withDescendants } from "../db/dependencies.ts";
import { releaseContents } from "./contents/release.ts";
import { hostsOf } from "../db/worksheets.ts";
import { isActive, isFinal } from "../rules/bundle.ts";
import { changedMetadata } from "../rules/metadata.ts";
import { checkName } from "../rules/specs.ts";
import { enqueueStart } from "./runs/next.ts";
import { enqueueErasure } from "../../jobs/service/erase.ts";
import { discardJobs } from "../../jobs/db/stop-jobs.ts";
import { isRoot } from "./access.ts";
import { maxBundles, requireFew, requirePermission } from "./read-bundles.ts";
import { refuseSubmissions } from "./submission-bundles.ts";
import { newOwner } from "./worksheets.ts";

/** What people change of a bundle. */
export interface WantedChanges {
  uuid: string;
  /** Keys that change. The others stay. */
  metadata?: Record<string, unknown> | undefined;
  frozen?: boolean | undefined;
  is_anonymous?: boolean | undefined;
  owner?: string | null | undefined;
}

const nameOf = ({ uuid, metadata }: Bundle) => `${uuid}(${String(metadata["name"] ?? "")})`;

export function requireNotFrozen(bundle: Bundle): void {
  if (bundle.frozen_when !== null)
    throw new Refusal("forbidden", "FROZEN", `Cannot mutate frozen bundle ${nameOf(bundle)}.`);
}

/** Bundles that an actor may change, and nobody else until the transaction ends, in the order of the uuids. */
export async function editBundles(tx: Tx, actor: Actor, uuids: string[]): Promise<Bundle[]> {
  const bundles = await lockBundles(tx, actor.kind === "user" ? actor.id : null, uuids);
  if (bundles.length < uuids.length) await refuseSubmissions(tx, uuids);
  requirePermission(actor, bundles, uuids, 2);
  return uuids.map((uuid) => bundles.find((bundle) => bundle.uuid === uuid)!);
}

/** Changes bundles, all of them or none. */
export const changeBundles = (context: Context, by: UserAuthor, wanted: WantedChanges[]): Promise<void> =>
  transact(context, async (tx) => {
    const bundles = await editBundles(
      tx,
      by.actor,
      wanted.map(({ uuid }) => uuid),
    );
    for (const [index, bundle] of bundles.entries()) await changeOne(tx, context, by, bundle, wanted[index]!);
  });

/** Only its owner decides in which image and on which queue a run reads what its owner may read. */
function requireOwnRequest(actor: Actor, bundle: Bundle, metadata: Record<string, unknown> = {}): void {
  if (actor.kind === "user" && actor.id === bundle.owner_id) return;
  if (isRoot(actor) || !Object.keys(metadata).some((key) => key.startsWith("request_"))) return;
  throw new Refusal("forbidden", "NOT_ALLOWED", `Only the owner of run ${nameOf(bundle)} changes what it requests.`);
}

async function changeOne(
  tx: Tx,
  context: Context,
  by: UserAuthor,
  bundle: Bundle,
  { metadata, frozen, is_anonymous, owner }: WantedChanges,
): Promise<void> {
  if (frozen === undefined) requireNotFrozen(bundle);
  else if (!isFinal(bundle.state))
    throw new Refusal(
      "forbidden",
      "NOT_FINAL",
      `Cannot freeze bundle ${nameOf(bundle)}, bundle is not in a final state.`,
    );
  else if (frozen) requireNotFrozen(bundle);
  if (owner != null && !isFinal(bundle.state))
    throw new Refusal(
      "forbidden",
      "NOT_FINAL",
      `Cannot change the owner of bundle ${nameOf(bundle)}, bundle is not in a final state.`,
    );
  requireOwnRequest(by.actor, bundle, metadata);
  if (typeof metadata?.["name"] === "string") checkName(metadata["name"]);
  const changes: BundleChanges = {
    ...(metadata && { metadata: changedMetadata(bundle, metadata, context.environment.WORKSHEETS.asciiOnly) }),
    ...(frozen !== undefined && { frozen_when: frozen ? context.now() : null }),
    ...(is_anonymous !== undefined && { is_anonymous }),
    ...(owner != null && { owner_id: await newOwner(tx, owner) }),
  };
  await updateBundle(tx, bundle.id, changes);
  if (metadata && bundle.type === "run" && bundle.state === "staged" && bundle.job_id === null)
    await enqueueStart(tx, context, bundle.uuid);
  const audited = (state: BundleChanges) => ({
    ...(changes.owner_id !== undefined && { owner: state.owner_id }),
    ...(changes.is_anonymous !== undefined && { is_anonymous: state.is_anonymous }),
    ...(changes.frozen_when !== undefined && { frozen: state.frozen_when != null }),
  });
  await record(tx, by, ...changeEvents({}, "bundle.changed", bundle.uuid, audited(bundle), audited(changes)));
}

export interface Deletion {
  /** Also deletes what others depend on, or what stands on several worksheets. */
  force: boolean;
  /** Also deletes everything that was made from them. */
  recursive: boolean;
  /** Deletes the contents and nothing else. */
  dataOnly: boolean;
  /** Deletes nothing. */
  dryRun: boolean;
}

/** Deletes bundles, all of them or none. Returns the uuids of those that are deleted. */
export async function removeBundles(
  context: Context,
  by: UserAuthor,
  uuids: string[],
  deletion: Deletion,
): Promise<string[]> {
  return transact(context, async (tx) => {
    const all = await concerned(tx, uuids, deletion);
    const bundles = await editBundles(tx, by.actor, all);
    requireDeletable(bundles);
    await requireFewHosts(tx, by.actor, bundles, deletion.force);
    if (deletion.dryRun) return all;
    const ids = bundles.map(({ id }) => id);
    await releaseContents(tx, context, ids, null);
    if (deletion.dataOnly) await deleteContents(tx, ids);
    else {
      // A run that waits for a worker has a job, which nobody would be told of any more.
      const jobs = bundles.flatMap(({ job_id: job }) => job ?? []);
      await enqueueErasure(tx, context, { jobIds: await discardJobs(tx, jobs), uploads: [] });
      await deleteBundles(tx, bundles);
    }
    const kind = deletion.dataOnly ? "bundle.contents_deleted" : "bundle.deleted";
    const events = bundles.map(
      ({ uuid, metadata: { name } }) => ({ place: {}, kind, subject: uuid, before: { name }, after: null }) as const,
    );
    await record(tx, by, ...events);
    return all;
  });
}

async function concerned(tx: Tx, uuids: string[], { force, recursive }: Deletion): Promise<string[]> {
  const given = [...new Set(uuids)];
  if (force && !recursive) return given;
  const all = await withDescendants(tx, given, recursive ? maxBundles : 1, maxBundles);
  if (recursive) return requireFew(all);
  const children = all.filter((uuid) => !given.includes(uuid));
  if (children.length === 0) return given;
  const names = (await findBundles(tx, null, children)).map(nameOf);
  throw new Refusal(
    "invalid",
    "HAS_CHILDREN",
    `Can't delete bundles ${given.join(" ")} because the following bundles depend on them:\n  ${names.join("\n  ")}`,
  );
}

function requireDeletable(bundles: Bundle[]): void {
  const active = bundles.filter(({ state }) => isActive(state));
  if (active.length > 0)
    throw new Refusal(
      "invalid",
      "ACTIVE",
      `Can't delete bundles: ${active.map(({ uuid }) => uuid).join(" ")}. For run bundles, kill them first. Bundles stuck not running will eventually automatically be moved to a state where they can be deleted.`,
    );
  bundles.forEach(requireNotFrozen);
}

async function requireFewHosts(tx: Tx, actor: Actor, bundles: Bundle[], force: boolean): Promise<void> {
  const hosts = await hostsOf(
    tx,
    actor.kind === "user" ? actor.id : null,
    bundles.map(({ uuid }) => uuid),
  );
  for (const [uuid, on] of Map.groupBy(hosts, ({ bundle }) => bundle)) {
    const list = (some: typeof on) => some.map(({ worksheet }) => `${worksheet.uuid}(${worksheet.name})`).join("\n  ");
    const frozen = on.filter(({ worksheet }) => worksheet.frozen_when !== null);
    if (frozen.length > 0)
      throw new Refusal(
        "invalid",
        "ON_FROZEN_WORKSHEET",
        `Can't delete bundle ${uuid} because it appears in frozen worksheets (need to delete worksheet first):\n  ${list(frozen)}`,
      );
    if (!force && on.length > 1)
      throw new Refusal(
        "invalid",
        "ON_SEVERAL_WORKSHEETS",
        `Can't delete bundle ${uuid} because it appears in multiple worksheets (--force to override):\n  ${list(on)}`,
      );
  }
}

/** Notes how much more an upload is about to send. It counts for the quota until the upload has ended. */
export const announceUpload = (context: Context, by: UserAuthor, uuid: string, bytes: number): Promise<void> =>
  transact(context, async (tx) => {
    const [bundle] = await editBundles(tx, by.actor, [uuid]);
    if (bundle!.state === "uploading") await announceBytes(tx, bundle!.id, bytes);
  });
