import { countDownload, type Dataset } from "../db/datasets.ts";
import { competitionsHiding, datasetSharing } from "../db/sharing.ts";
import { may, permissions, type Actor, type DatasetFacts } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record } from "../../accounts/service/audit.ts";
import { datasetNamed, noSuchDataset } from "./datasets.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { hashToken } from "../../kernel/secrets.ts";
import type { Sender } from "../../accounts/service/throttle.ts";

const downloadSeconds = 3600;

/** A dataset as the policy needs it. */
async function factsOf(
  { db }: Context,
  actor: Actor,
  { id, created_by, is_public }: Pick<Dataset, "id" | "created_by" | "is_public">,
): Promise<DatasetFacts> {
  return { created_by, is_public, ...(await datasetSharing(db, id, actor.kind === "user" ? actor.id : null)) };
}

/** What somebody may do with a dataset that they see. */
export const permissionsTo = async (context: Context, actor: Actor, dataset: Dataset) =>
  permissions(actor, "dataset", await factsOf(context, actor, dataset));

/** Who downloads: a person, or else an address. */
const downloader = (actor: Actor, { address }: Sender): Buffer =>
  hashToken(["download", actor.kind === "user" ? String(actor.id) : `address ${address ?? ""}`].join("\n"));

/**
 * Returns a signed URL of a dataset's file. With `countedFor`, the download is counted: once a day for each person, and not for
 * bots. If participants of a competition may not download it, the download is
 * recorded on that competition's audit trail.
 */
export async function downloadUrl(
  context: Context,
  { actor, reason }: { actor: Actor; reason: string | null },
  idOrKey: number | string,
  { countedFor }: { countedFor: Sender | null },
): Promise<string> {
  const dataset = await datasetNamed(context, idOrKey);
  if (!dataset) throw noSuchDataset();
  const { id, is_public, type, name } = dataset;
  const facts = await factsOf(context, actor, dataset);
  if (!may(actor, "dataset.view", facts)) throw noSuchDataset();
  if (!may(actor, "dataset.download", facts))
    throw new Refusal("forbidden", "NOT_ALLOWED", "You may not download this file.");
  await transact(context, async (tx) => {
    if (countedFor && !(actor.kind === "user" && actor.isBot))
      await countDownload(tx, id, downloader(actor, countedFor));
    if (is_public || actor.kind !== "user") return;
    const hiding = await competitionsHiding(tx, id);
    const downloaded = { kind: "dataset.downloaded", subject: id, before: null, after: { type, name } } as const;
    await record(tx, { actor, reason }, ...hiding.map((competition) => ({ place: { competition }, ...downloaded })));
  });
  return context.objects.signGet(
    { bucket: "uploads", key: dataset.object_key },
    { seconds: downloadSeconds, downloadName: dataset.file_name },
  );
}
