import * as z from "zod";
import { datasetTypes } from "../../rules/competition.ts";
import type { Actor } from "../../../policy/policy.ts";
import { datasetsSeenBy, type Dataset, type SeenDataset } from "../../service/dataset-lists.ts";
import type { Context } from "../../../kernel/context.ts";

const bytes = z.number();

/** How the API shows a dataset. */
export const datasetSchema = z
  .object({
    id: z.int(),
    created_by: z.string(),
    owner_display_name: z.string(),
    created_when: z.iso.datetime(),
    name: z.string(),
    type: z.enum(datasetTypes),
    description: z.string().nullable(),
    license: z.string().nullable(),
    is_public: z.boolean(),
    key: z.string(),
    value: z.string().meta({ description: "The same as key" }),
    was_created_by_competition: z.boolean(),
    in_use: z
      .array(z.object({ pk: z.int(), title: z.string() }))
      .meta({ description: "Competitions that use the dataset; for its owner only" }),
    competition: z.object({ id: z.int(), title: z.string() }).nullable(),
    file_name: z.string(),
    file_size: bytes.nullable().meta({ description: "Bytes; for a submission including its outputs" }),
    submission_file_size: bytes.optional(),
    prediction_result_file_size: bytes.optional(),
    scoring_result_file_size: bytes.optional(),
    detailed_result_file_size: bytes.optional(),
  })
  .meta({ id: "Dataset" });

export const shownDataset = (dataset: SeenDataset) => ({
  id: dataset.id,
  created_by: dataset.owner,
  owner_display_name: dataset.owner_display_name,
  created_when: dataset.created_when,
  name: dataset.name,
  type: dataset.type,
  description: dataset.description,
  license: dataset.license,
  is_public: dataset.is_public,
  key: dataset.key,
  value: dataset.key,
  was_created_by_competition: dataset.was_created_by_competition,
  in_use: dataset.in_use,
  competition: dataset.competition,
  file_name: dataset.file_name,
  ...(dataset.type === "submission" ? submissionSizes(dataset) : { file_size: dataset.file_size }),
});

const submissionSizes = ({ file_size, prediction_bytes, scoring_bytes }: SeenDataset) => ({
  file_size: (file_size ?? 0) + prediction_bytes + scoring_bytes,
  submission_file_size: file_size ?? 0,
  prediction_result_file_size: prediction_bytes,
  scoring_result_file_size: scoring_bytes,
  // Part of the scoring result.
  detailed_result_file_size: 0,
});

/** Shows datasets to a viewer. */
export const shownDatasets = async (context: Context, viewer: Actor, datasets: Dataset[]) =>
  (await datasetsSeenBy(context, viewer, datasets)).map(shownDataset);

/** A dataset in the list of public datasets. */
export const publicDatasetSchema = z.object({
  id: z.int(),
  key: z.string(),
  type: z.enum(datasetTypes),
  name: z.string(),
  description: z.string().nullable(),
  file_size: bytes.nullable(),
  license: z.string().nullable(),
  downloads: z.int(),
  is_verified: z.boolean(),
  created_when: z.iso.datetime(),
  created_by: z.string(),
});

export const shownPublicDataset = (dataset: Dataset) => ({
  id: dataset.id,
  key: dataset.key,
  type: dataset.type,
  name: dataset.name,
  description: dataset.description,
  file_size: dataset.file_size,
  license: dataset.license,
  downloads: dataset.downloads,
  is_verified: dataset.is_verified,
  created_when: dataset.created_when,
  created_by: dataset.owner,
});
