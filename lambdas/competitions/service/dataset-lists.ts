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

export type { Dataset };

interface Part {
  offset: number;
  limit: number;
}

/** A page of somebody's datasets, newest first, and how many there are. */
export const datasetsOf = ({ db }: Context, actor: UserActor, filter: Omit<DatasetFilter, "ownerId">, part: Part) =>
  listDatasets(db, { ...filter, ownerId: actor.id }, part);

/** A page of the data that people offer to everybody, and how many there are. */
export const publicDatasets = ({ db }: Context, filter: PublicDatasetFilter, part: Part) =>
  listPublicDatasets(db, filter, part);

/** A dataset as somebody sees it. */
export interface SeenDataset extends Dataset {
  /** Competitions that have it in a task or a phase; for its owner. */
  in_use: { pk: number; title: string }[];
  /** Bytes that submissions of it left behind. */
  prediction_bytes: number;
  scoring_bytes: number;
}

/** Datasets as somebody sees them: only its owner and superusers learn in which competitions a dataset is. */
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
