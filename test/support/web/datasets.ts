/** Datasets without files, for tests of how lists of them look. */
import { randomUUID } from "node:crypto";
import { usersNamed } from "../../../lambdas/accounts/db/users.ts";
import { insertDataset } from "../../../lambdas/competitions/db/datasets.ts";
import type { DatasetType } from "../../../lambdas/competitions/rules/competition.ts";
import type { Context } from "../../../lambdas/kernel/context.ts";

export interface Described {
  name: string;
  type: DatasetType;
  fileSize: number;
  description?: string;
  license?: string;
  isPublic?: boolean;
}

/** Adds a dataset of somebody, and returns its id. */
export async function addDataset({ db }: Context, username: string, given: Described): Promise<number> {
  const [owner] = await usersNamed(db, [username]);
  const key = randomUUID();
  const dataset = await insertDataset(db, {
    key,
    createdBy: owner!.id,
    type: given.type,
    name: given.name,
    description: given.description ?? null,
    license: given.license ?? null,
    isPublic: given.isPublic ?? false,
    fileName: "data.zip",
    fileSize: given.fileSize,
    objectKey: `dataset/${key}/data.zip`,
    uploaded: true,
    wasCreatedByCompetition: false,
    competitionId: null,
  });
  // What is new may not be in use yet, and is not cleaned up.
  await db
    .updateTable("datasets")
    .set({ created_when: new Date(Date.now() - 2 * 24 * 3_600_000) })
    .where("id", "=", dataset!.id)
    .execute();
  return dataset!.id;
}
