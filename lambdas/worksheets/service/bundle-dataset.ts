/** Data and programs of competitions from bundles of worksheets (docs/worksheets.md, W-175). */
import type { DatasetType } from "../../competitions/rules/competition.ts";
import { datasetFromStore } from "../../competitions/service/datasets-from-store.ts";
import type { Context } from "../../kernel/context.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { UserActor } from "../../policy/policy.ts";
import { findBundles } from "../db/bundles.ts";
import { requireAccess } from "./access.ts";
import { refOf } from "./contents/read.ts";
import { requirePermission } from "./read-bundles.ts";

export interface WantedDataset {
  bundle: string;
  type: DatasetType;
  /** The name of the bundle, if there is none. */
  name: string | undefined;
  description: string | null;
  license: string | null;
  isPublic: boolean;
}

/** Makes a dataset of a bundle that the actor may read. Its description says which bundle that was. */
export async function datasetFromBundle(
  context: Context,
  actor: UserActor,
  { bundle: uuid, ...wanted }: WantedDataset,
): Promise<{ id: number; key: string }> {
  await requireAccess(context, actor);
  const found = await findBundles(context.db, actor.id, [uuid]);
  requirePermission(actor, found, [uuid], 1);
  const { content, content_key: key, state, metadata } = found[0]!;
  const bundleName = String(metadata["name"] ?? uuid);
  if (state !== "ready" || key === null || content === "link")
    throw new Refusal(
      "invalid",
      "NO_CONTENTS",
      `Bundle ${bundleName} (${uuid}) has no contents of its own: its state is ${state}.`,
    );
  const source = `From the worksheet bundle ${bundleName} (${uuid}).`;
  return datasetFromStore(
    context,
    actor,
    {
      ...wanted,
      name: wanted.name ?? `${bundleName} ${uuid.slice(0, 10)}`,
      description: wanted.description ? `${wanted.description}\n\n${source}` : source,
      fileName: content === "archive" ? `${bundleName}.zip` : bundleName,
    },
    refOf(key),
  );
}
