import { randomUUID } from "node:crypto";
import { deleteUnusedDatasets, mustStayPrivate, type DeletedDataset } from "../db/dataset-uses.ts";
import {
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
import { may, type Actor, type UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record, type Author, type UserAuthor } from "../../accounts/service/audit.ts";
import { tryOnce } from "../../accounts/service/throttle.ts";
import { enqueueErasure } from "../../jobs/service/erase.ts";
import { uploadKey } from "../../kernel/objects/upload-key.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { keepUpload, keysOf, type KeptDataset } from "./keep-upload.ts";
import { requireSpace } from "./quota.ts";

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
  /** SHA-256 of the file in hex, if the client gives it. */
  sha256: string | null;
  /** The competition to submit to, if the client gives it. */
  competitionId: number | null;
}

/**
 * Creates a dataset and a signed URL to which its file must be PUT. The size that the request announces counts from now on, so that
 * several uploads at once cannot exceed a quota.
 */
export async function createDataset(
  context: Context,
  actor: UserActor,
  request: DatasetRequest,
): Promise<{ key: string; sassy_url: string }> {
  const key = randomUUID();
  const objectKey = uploadKey(request.type, key, request.fileName);
  const dataset = {
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
    sha256: request.sha256,
    uploaded: false,
    wasCreatedByCompetition: false,
    competitionId: request.competitionId,
  };
  if (request.fileSize === null) await tryOnce(context, ["unsizedUpload", String(actor.id)]);
  await transact(context, async (tx) => {
    await requireSpace(context, tx, actor.id, request.fileSize);
    if (!(await insertDataset(tx, dataset))) throw nameTaken(request.name ?? "");
  });
  return {
    key,
    sassy_url: await context.objects.signPut({ bucket: "uploads", key: objectKey }, { seconds: uploadSeconds }),
  };
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
export async function usableDataset(context: Context, actor: Actor, idOrKey: number | string): Promise<Dataset> {
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
  if (changes.is_verified !== undefined && !may(by.actor, "dataset.verify", dataset))
    throw new Refusal("forbidden", "NOT_ALLOWED", "Only superusers say that a dataset is verified.");
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
      ...changesOf(
        {},
        after.is_verified ? "dataset.verified" : "dataset.unverified",
        dataset.id,
        { is_verified: before.is_verified },
        { is_verified: after.is_verified },
      ),
    );
  });
}

/** Deletes datasets with their files, or none of them if one is in use. */
export async function deleteDatasets(context: Context, by: UserAuthor, idsOrKeys: (number | string)[]): Promise<void> {
  const datasets = new Map<number, Dataset>();
  for (const idOrKey of idsOrKeys) {
    const dataset = await ownDataset(context, by.actor, idOrKey);
    datasets.set(dataset.id, dataset);
  }
  await transact(context, async (tx) => {
    const deleted = new Set((await eraseUnused(tx, context, by, [...datasets.keys()])).map(({ id }) => id));
    const kept = [...datasets.values()].filter(({ id }) => !deleted.has(id));
    if (kept.length > 0)
      throw new Refusal("invalid", "IN_USE", inUse, Object.fromEntries(kept.map(({ name }) => [name, [inUse]])));
  });
}

/** Deletes those of some datasets that nothing uses, with their files, and returns them. */
export async function eraseUnused(tx: Tx, context: Context, by: Author, ids: number[]): Promise<DeletedDataset[]> {
  const deleted = await deleteUnusedDatasets(tx, ids);
  await record(
    tx,
    by,
    ...deleted.map(
      ({ id, key, type, name, created_by }) =>
        ({
          place: {},
          kind: "dataset.deleted",
          subject: id,
          before: { key, type, name, created_by },
          after: null,
        }) as const,
    ),
  );
  await enqueueErasure(tx, context, { jobIds: [], uploads: deleted.flatMap(keysOf) });
  return deleted;
}

const inUse = "A competition, task, solution, submission or import in progress still uses this dataset.";
