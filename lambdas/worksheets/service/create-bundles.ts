/** Making bundles of worksheets. */
import { randomBytes } from "node:crypto";
import type { UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import type { Context } from "../../kernel/context.ts";
import { insertBundle, lockBundles, type NewDependency } from "../db/bundles.ts";
import { copyPermissions } from "../db/permissions.ts";
import { appendItems, insertItemsAfter, insertShadows, type NewItem } from "../db/worksheet-items.ts";
import type { Worksheet } from "../db/worksheets.ts";
import type { BundleState, BundleType } from "../rules/bundle.ts";
import { newMetadata, requireAscii } from "../rules/metadata.ts";
import { LanguageProblem } from "../rules/problem.ts";
import { checkDependencyKeys, checkName, uuidPattern } from "../rules/specs.ts";
import { uuidFrom } from "../rules/uuid.ts";
import { requireStreams } from "./contents/streaming.ts";
import { startBundles } from "./start-bundles.ts";
import { isRoot } from "./access.ts";
import { requireQuotaLeft } from "./quota.ts";
import { requirePermission } from "./read-bundles.ts";
import { createOnce } from "./repeats.ts";
import { refuseSubmissions } from "./submission-bundles.ts";
import { editWorksheet } from "./worksheets.ts";

/** A bundle as somebody wants it. */
export interface WantedBundle {
  uuid?: string | undefined;
  bundle_type: BundleType;
  command?: string | null | undefined;
  metadata: Record<string, unknown>;
  dependencies: NewDependency[];
  is_anonymous?: boolean | undefined;
}

/** Where new bundles go. */
export interface BundlePlace {
  /** The worksheet to whose end they are added, and whose permissions they get. Null: none. */
  worksheet: string | null;
  /** Adds them behind this place of the worksheet instead. */
  afterSortKey: number | null;
  /** Puts an empty line before each, so that it begins a new block. */
  afterImage: boolean;
  /** Adds them behind this bundle, wherever it stands, instead. */
  shadow: string | null;
  /** Whether the contents come with an upload, whatever the type. */
  waitForUpload: boolean;
}

const maxDependencies = 1000;
const maxCommandLength = 100_000;

/** Makes bundles, all of them or none. Returns their uuids. */
export async function createBundles(
  context: Context,
  actor: UserActor,
  wanted: WantedBundle[],
  place: BundlePlace,
): Promise<string[]> {
  for (const one of wanted) check(one, context.environment.WORKSHEETS.asciiOnly);
  // Nothing could be uploaded afterwards, and the bundle would wait for it.
  if (wanted.some((one) => firstState(one, place) === "uploading")) requireStreams(context);
  const { uuids } = await createOnce(context, actor, { create: "bundles", wanted, place }, async (tx) => {
    const worksheet = place.worksheet === null ? null : await editWorksheet(tx, actor, place.worksheet);
    await requireQuotaLeft(context, tx, actor);
    const uuids: string[] = [];
    for (const one of wanted) uuids.push(await insert(tx, context, actor, one, place, worksheet));
    await startBundles(tx, context, uuids);
    return { uuids };
  });
  return uuids;
}

function check({ command, dependencies, uuid, metadata }: WantedBundle, asciiOnly: boolean): void {
  if (uuid !== undefined && !uuidPattern.test(uuid)) throw new LanguageProblem(`This is no uuid: ${uuid}`);
  if (typeof metadata["name"] === "string") checkName(metadata["name"]);
  if (command != null && command.length > maxCommandLength)
    throw new LanguageProblem(`A command may have at most ${maxCommandLength} characters.`);
  if (command != null && asciiOnly) requireAscii(command);
  if (dependencies.length > maxDependencies)
    throw new LanguageProblem(`A bundle may have at most ${maxDependencies} dependencies.`);
  checkDependencyKeys(dependencies.map(({ child_path }) => child_path));
  for (const { parent_uuid } of dependencies)
    if (!uuidPattern.test(parent_uuid)) throw new LanguageProblem(`This is no uuid: ${parent_uuid}`);
}

async function insert(
  tx: Tx,
  { environment }: Context,
  actor: UserActor,
  wanted: WantedBundle,
  place: BundlePlace,
  worksheet: Worksheet | null,
): Promise<string> {
  const uuid = wanted.uuid ?? uuidFrom(randomBytes(16));
  await refuseSubmissions(tx, [uuid]);
  const metadata = newMetadata(wanted.bundle_type, wanted.metadata, environment.WORKSHEETS.asciiOnly);
  const id = await insertBundle(tx, {
    uuid,
    type: wanted.bundle_type,
    ownerId: actor.id,
    command: wanted.bundle_type === "run" ? (wanted.command ?? "") : null,
    state: firstState(wanted, place),
    metadata,
    isAnonymous: worksheet?.is_anonymous ?? false,
    dependencies: wanted.dependencies,
  });
  if (id === undefined) throw new Refusal("invalid", "UUID_TAKEN", `There is a bundle with the uuid ${uuid} already.`);
  if (worksheet === null) return uuid;
  await copyPermissions(tx, worksheet.id, id);
  if (place.shadow !== null) {
    requirePermission(actor, await lockBundles(tx, actor.id, [place.shadow]), [place.shadow], 1);
    await insertShadows(tx, { id: actor.id, all: isRoot(actor) }, place.shadow, uuid);
    return uuid;
  }
  const item: NewItem = { type: "bundle", bundle_uuid: uuid, subworksheet_uuid: null, value: "" };
  const emptyLine: NewItem = { type: "markup", bundle_uuid: null, subworksheet_uuid: null, value: "" };
  const items = place.afterImage ? [emptyLine, item] : [item];
  if (place.afterSortKey === null) await appendItems(tx, worksheet.id, items);
  else await insertItemsAfter(tx, worksheet.id, place.afterSortKey, items);
  return uuid;
}

/** Linked contents are there at once. Others are uploaded, or made by the platform. */
function firstState({ bundle_type, metadata }: WantedBundle, { waitForUpload }: BundlePlace): BundleState {
  if (metadata["link_url"]) return "ready";
  return waitForUpload || bundle_type === "dataset" || bundle_type === "program" ? "uploading" : "created";
}
