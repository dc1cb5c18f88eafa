import { randomUUID } from "node:crypto";
import { datasetInUse, mustStayPrivate } from "../db/dataset-uses.ts";
import {
  deleteDataset,
  findDataset,
  findDatasetById,
  insertDataset,
  lockDataset,
  updateDataset,
  type Dataset,
  type DatasetChanges,
} from "../db/datasets.ts";
import { competitionsWithDataset } from "../db/sharing.ts";
import { changes as changesOf } from "../../accounts/rules/audit.ts";
import type { DatasetType } from "../rules/competition.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { enqueueErasure } from "../../jobs/service/erase.ts";
import { uploadKey } from "../../kernel/objects/upload-key.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { keepUpload, keysOf, type KeptDataset } from "./keep-upload.ts";

/** How long a signed upload URL is valid. A day allows for slow connections. */
const uploadSeconds = 24 * 3600;

export interface DatasetRequest {
  type: DatasetType;
  name: string | undefined;
  description: string | null;
  license: string | null;
  isPublic: boolean;
  fileName: string;
  /** Size in bytes, if the client gives it. */
  fileSize: number | null;
  /** The competition to submit to, if the client gives it. */
  competitionId: number | null;
}

/** Creates a dataset and a signed URL to which its file must be PUT. */
export async function createDataset(
  { db, objects }: Context,
  actor: UserActor,
  request: DatasetRequest,
): Promise<{ key: string; sassy_url: string }> {
  const key = randomUUID();
  const objectKey = uploadKey(request.type, key, request.fileName);
  const created = await insertDataset(db, {
    key,
    createdBy: actor.id,
    type: request.type,
    // Names are unique per person, so a default name needs a unique part.
    name: request.name ?? `${request.fileName} ${key.slice(0, 8)}`,
    description: request.description,
    license: request.license,
    isPublic: request.isPublic,
    fileName: request.fileName,
    fileSize: request.fileSize,
    objectKey,
    uploaded: false,
    wasCreatedByCompetition: false,
    competitionId: request.competitionId,
  });
  if (!created) throw nameTaken(request.name ?? "");
  return { key, sassy_url: await objects.signPut({ bucket: "uploads", key: objectKey }, { seconds: uploadSeconds }) };
}

export function nameTaken(name: string): Refusal {
  const message = `You already have a dataset named "${name}".`;
  return new Refusal("invalid", "NAME_TAKEN", message, { name: [message], non_field_errors: [message] });
}

export const noSuchDataset = () => new Refusal("not-found", "NO_SUCH_DATASET", "There is no such dataset.");

/**
 * Checks that the file of a dataset was uploaded, and keeps it. This is done when the file is first needed, because submission
 * scripts do not report that an upload is complete. Returns the dataset as it then is.
 */
export async function requireUpload(context: Context, dataset: Dataset): Promise<KeptDataset> {
  const kept = await keepUpload(context, dataset);
  if (kept) return kept;
  throw new Refusal(
    "invalid",
    "NOT_UPLOADED",
    `The file of dataset ${dataset.key} has not been uploaded yet: PUT it to the sassy_url first.`,
    { data: ["The file has not been uploaded yet."] },
  );
}

export const datasetNamed = ({ db }: Context, idOrKey: number | string): Promise<Dataset | undefined> =>
  typeof idOrKey === "number" ? findDatasetById(db, idOrKey) : findDataset(db, idOrKey);

/** Finds a public dataset or one of the actor's own, by id or key. */
export async function usableDataset(context: Context, actor: UserActor, idOrKey: number | string): Promise<Dataset> {
  const dataset = await datasetNamed(context, idOrKey);
  if (!dataset || !may(actor, "dataset.use", dataset)) throw noSuchDataset();
  return dataset;
}

/** Finds a dataset that the actor may change, by id or key. */
export async function ownDataset(context: Context, actor: UserActor, idOrKey: number | string): Promise<Dataset> {
  const dataset = await usableDataset(context, actor, idOrKey);
  if (!may(actor, "dataset.edit", dataset))
    throw new Refusal("forbidden", "NOT_ALLOWED", "Only the owner of a dataset may change it.");
  return dataset;
}

/**
 * Changes the metadata of a dataset or makes it public. The change is recorded on the audit trails of the competitions
 * that use it.
 */
export async function changeDataset(
  context: Context,
  by: UserAuthor,
  idOrKey: number | string,
  changes: DatasetChanges,
): Promise<void> {
  const dataset = await ownDataset(context, by.actor, idOrKey);
  if (changes.is_public && (await mustStayPrivate(context.db, dataset.id)))
    throw new Refusal(
      "forbidden",
      "MUST_STAY_PRIVATE",
      "The organizers do not allow participants to make their submissions public.",
    );
  await transact(context, async (tx) => {
    const before = await lockDataset(tx, dataset.id);
    if (!before) throw noSuchDataset();
    if (!(await updateDataset(tx, dataset, changes))) throw nameTaken(changes.name!);
    const after = (await lockDataset(tx, dataset.id))!;
    const competitions = await competitionsWithDataset(tx, dataset.id);
    await record(
      tx,
      by,
      ...competitions.flatMap((competition) =>
        changesOf({ competition }, "dataset.changed", dataset.id, before, after),
      ),
    );
  });
}

/** Deletes datasets with their files, or none of them if one is in use. */
export async function deleteDatasets(context: Context, by: UserAuthor, idsOrKeys: (number | string)[]): Promise<void> {
  const datasets: Dataset[] = [];
  const problems: Record<string, string[]> = {};
  for (const idOrKey of idsOrKeys) {
    const dataset = await ownDataset(context, by.actor, idOrKey);
    datasets.push(dataset);
    if (await datasetInUse(context.db, dataset.id)) problems[dataset.name] = [inUse];
  }
  if (Object.keys(problems).length > 0) throw new Refusal("invalid", "IN_USE", inUse, problems);
  await transact(context, async (tx) => {
    for (const { id, key, type, name, created_by } of datasets) {
      await deleteDataset(tx, id);
      await record(tx, by, {
        place: {},
        kind: "dataset.deleted",
        subject: id,
        before: { key, type, name, created_by },
        after: null,
      });
    }
    await enqueueErasure(tx, context, { jobIds: [], uploads: datasets.flatMap(keysOf) });
  });
}

const inUse = "A competition, task, solution or submission still uses this dataset.";
