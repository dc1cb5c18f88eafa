import { countDownload, findDataset, findDatasetById, type Dataset } from "../../db/datasets.ts";
import { datasetSharing } from "../../db/sharing.ts";
import { may, type Actor } from "../../domain/policy.ts";
import { Refusal } from "../../domain/refusal.ts";
import { noSuchDataset } from "../../services/datasets.ts";
import type { Platform } from "../../services/platform.ts";
import { idParams, keyParams } from "../http/fields.ts";
import { route } from "../http/route.ts";

const downloadSeconds = 3600;

/** A redirect to the file of a dataset that the actor may download. */
async function redirect(platform: Platform, actor: Actor, dataset: Dataset | undefined) {
  if (!dataset) throw noSuchDataset();
  const sharing = await datasetSharing(platform.db, dataset.id, actor.kind === "user" ? actor.id : null);
  const facts = { created_by: dataset.created_by, is_public: dataset.is_public, ...sharing };
  if (!may(actor, "dataset.view", facts)) throw noSuchDataset();
  if (!may(actor, "dataset.download", facts))
    throw new Refusal("forbidden", "NOT_ALLOWED", "This file is not open to you.");
  const location = await platform.objects.signGet(
    { bucket: "uploads", key: dataset.object_key },
    { seconds: downloadSeconds, downloadName: dataset.file_name },
  );
  return { status: 302, headers: { location } };
}

export const downloadRoutes = [
  route({
    method: "GET",
    path: "/datasets/download/{key}/",
    summary: "Download the file of a dataset: a redirect to a signed URL",
    access: "anyone",
    params: keyParams,
    answer: { status: 302, description: "Where the file is, for an hour" },
    handle: async ({ platform, actor, params }) =>
      redirect(platform, actor, await findDataset(platform.db, params.key)),
  }),
  route({
    method: "GET",
    path: "/datasets/download/id/{id}/",
    summary: "The same by the dataset's id, which counts as a download of it",
    access: "anyone",
    params: idParams,
    answer: { status: 302, description: "Where the file is, for an hour" },
    async handle({ platform, actor, params }) {
      const answer = await redirect(platform, actor, await findDatasetById(platform.db, params.id));
      await countDownload(platform.db, params.id);
      return answer;
    },
  }),
];
