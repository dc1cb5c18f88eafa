/** Judges the file of a dataset before a task uses it. */
import { ObjectMissing } from "../../../kernel/objects/errors.ts";
import type { Context } from "../../../kernel/context.ts";
import type { ObjectRef } from "../../../../contract/job.ts";
import { bundleError } from "../../rules/bundle-format/problems.ts";
import type { BundleProblem } from "../../rules/competition.ts";
import { looseFile } from "../../rules/loose-file.ts";
import { problemsOfZip, type ArchiveUse } from "./archive-judgement.ts";
import { ObjectReader } from "../../../kernel/objects/object-reader.ts";

/** What is wrong with an uploaded file as a program or as data of a task. Only its directory and its metadata are read. */
export async function problemsOfStored(
  { objects }: Context,
  dataset: { object_key: string; file_name: string },
  use: ArchiveUse,
): Promise<BundleProblem[]> {
  const ref: ObjectRef = { bucket: "uploads", key: dataset.object_key };
  const file = await objects.head(ref);
  if (!file) return [];
  const reader = new ObjectReader(objects, ref, file);
  try {
    const head = file.size === 0 ? Buffer.alloc(0) : await reader.bytes(0, Math.min(512, file.size));
    const kind = looseFile(dataset.file_name, head);
    if (kind !== "zip") return [bundleError("BND-13", use.path, dataset.file_name, kind)];
    return await problemsOfZip(reader, dataset.file_name, use);
  } catch (error) {
    if (error instanceof ObjectMissing) return [];
    throw error;
  } finally {
    reader.close();
  }
}
