import { usesOfDatasets } from "../db/dataset-uses.ts";
import {
  listDatasets,
  listPublicDatasets,
  type Dataset,
  type DatasetFilter,
  type PublicDatasetFilter,
} from "../db/datasets.ts";
import type { Actor, UserActor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import type { Part } from "../../kernel/db/page.ts";

export type { Dataset };

/** A page of the actor's datasets, and their total number. */
export const datasetsOf = ({ db }: Context, actor: UserActor, filter: Omit<DatasetFilter, "ownerId">, part: Part) =>
  listDatasets(db, { ...filter, ownerId: actor.id }, part);

/** A page of public datasets, and their total number. */
export const publicDatasets = ({ db }: Context, filter: PublicDatasetFilter, part: Part) =>
  listPublicDatasets(db, filter, part);

/** A dataset with what the viewer may see of its use. */
export interface SeenDataset extends Dataset {
  /** Competitions with a task or phase that uses it. Only its owner and superusers see them. */
  in_use: { pk: number; title: string }[];
  /** Size of the prediction output of its submissions, in bytes. */
  prediction_bytes: number;
  scoring_bytes: number;
}

/** Datasets with what the viewer may see. Only its owner and superusers see which competitions use a dataset. */
export async function datasetsSeenBy({ db }: Context, viewer: Actor, datasets: Dataset[]): Promise<SeenDataset[]> {
  const uses = await usesOfDatasets(
    db,
    datasets.map(({ id }) => id),
  );
  return datasets.map((dataset) => {
    const { in_use = [], prediction_bytes = 0, scoring_bytes = 0 } = uses.get(dataset.id) ?? {};
    const isOwn = viewer.kind === "user" && (viewer.id === dataset.created_by || viewer.isSuperuser);
    return {
      ...dataset,
      prediction_bytes,
      scoring_bytes,
      in_use: isOwn ? in_use : [],
      competition: isOwn ? dataset.competition : null,
    };
  });
}
