/** Datasets from what is in the store already: it is copied there, and no byte of it is sent. */
import { randomUUID } from "node:crypto";
import type { ObjectRef } from "../../../contract/job.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { ObjectChanged, ObjectMissing } from "../../kernel/objects/errors.ts";
import { uploadKey } from "../../kernel/objects/upload-key.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { UserActor } from "../../policy/policy.ts";
import { insertDataset } from "../db/datasets.ts";
import { looseFile } from "../rules/loose-file.ts";
import { nameTaken, type DatasetRequest } from "./datasets.ts";
import { requireSpace } from "./quota.ts";

const gone = () =>
  new Refusal("conflict", "SOURCE_GONE", "The file was deleted or replaced while it was being copied.");

/** As much of a file as tells whether it is a zip. */
const headBytes = 512;

/** Makes a dataset of a person's whose file is a copy of an object. It counts for their quota, and stays when the object is deleted. */
export async function datasetFromStore(
  context: Context,
  actor: UserActor,
  request: Omit<DatasetRequest, "fileSize" | "sha256" | "competitionId"> & { name: string },
  from: ObjectRef,
): Promise<{ id: number; key: string }> {
  const { objects } = context;
  const { type, name, fileName } = request;
  const found = await objects.head(from);
  if (!found) throw gone();
  if (type !== "public_data" && looseFile(fileName, await objects.getRange(from, 0, headBytes)) !== "zip")
    throw new Refusal("invalid", "NOT_A_ZIP", `${fileName} is neither a folder nor a zip. Workers unpack a ${type}.`);
  await transact(context, (tx) => requireSpace(context, tx, actor.id, found.size, null));
  const key = randomUUID();
  const to: ObjectRef = { bucket: "uploads", key: uploadKey(type, key, fileName) };
  try {
    const sha256 = await objects.copy(from, found, to, { withSha256: type === "public_data" });
    return await transact(context, async (tx) => {
      await requireSpace(context, tx, actor.id, found.size, null);
      const made = await insertDataset(tx, {
        ...{ key, type, name, fileName, sha256 },
        createdBy: actor.id,
        description: request.description,
        license: request.license,
        isPublic: request.isPublic,
        fileSize: found.size,
        objectKey: to.key,
        uploaded: true,
        wasCreatedByCompetition: false,
        competitionId: null,
      });
      if (!made) throw nameTaken(name);
      return made;
    });
  } catch (error) {
    await objects.delete(to);
    throw error instanceof ObjectMissing || error instanceof ObjectChanged ? gone() : error;
  }
}
