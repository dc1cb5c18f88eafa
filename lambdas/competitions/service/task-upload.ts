/** Creates a task from a zip with a task.yaml, which refers to datasets by key or contains them as zips. */
import { randomUUID } from "node:crypto";
import { findDatasets, insertDataset, type NewDataset } from "../db/datasets.ts";
import { insertTask, type TaskChanges } from "../db/tasks.ts";
import { hasErrors, missingYaml, parseTaskYaml, type UploadedTask } from "../rules/bundle-format/index.ts";
import type { BundleProblem } from "../rules/competition.ts";
import type { ObjectRef } from "../../../contract/job.ts";
import type { UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { openBundle, type BundleArchive } from "./bundle-import/bundle-archive.ts";
import type { ByteSource } from "./bundle-import/byte-source.ts";
import { BadArchive } from "./bundle-import/bundle-entry.ts";
import { copyOut } from "./bundle-import/bundle-files.ts";
import { ObjectReader } from "../../kernel/objects/object-reader.ts";
import { judgeTaskFiles } from "./bundle-import/task-files.ts";
import { uploadKey } from "../../kernel/objects/upload-key.ts";
import { ownDataset, requireUpload } from "./datasets.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { requireSpace } from "./quota.ts";
import { taskRoles } from "./tasks.ts";

/** The zip: the bytes of the request, or the key of an uploaded dataset if the zip is too large for a request. */
export type TaskArchive = { bytes: Buffer } | { dataset: string };

const badArchive = (message: string) => new Refusal("invalid", "BAD_TASK_ARCHIVE", message);

/** Creates the task and its datasets in one transaction. Returns the task's id. */
export async function uploadTask(context: Context, actor: UserActor, archive: TaskArchive): Promise<number> {
  const { source, close } = await open(context, actor, archive);
  const stored: ObjectRef[] = [];
  try {
    const zip = await openBundle(source);
    const task = await readTask(zip);
    const files = await keyedFiles(context, actor, task);
    const filesInZip = await storeFiles(context, actor, zip, task, stored);
    return await transact(context, async (tx) => {
      const bytes = filesInZip.reduce((sum, { dataset }) => sum + (dataset.fileSize ?? 0), 0);
      await requireSpace(context, tx, actor.id, bytes, "file");
      for (const { role, dataset } of filesInZip) {
        const row = await insertDataset(tx, dataset);
        if (!row) throw new Error(`a dataset named ${dataset.name} exists already`);
        files[role] = row.id;
      }
      return insertTask(tx, actor.id, { ...task, files });
    });
  } catch (error) {
    await context.objects.deleteMany(stored);
    throw error instanceof BadArchive ? badArchive(error.problem.message) : error;
  } finally {
    close();
  }
}

async function open(
  context: Context,
  actor: UserActor,
  archive: TaskArchive,
): Promise<{ source: ByteSource; close: () => void }> {
  if ("bytes" in archive) {
    const { bytes } = archive;
    const source: ByteSource = {
      size: bytes.length,
      bytes: (start, end) => Promise.resolve(bytes.subarray(start, end)),
      async *pieces(start, end) {
        yield bytes.subarray(start, end);
      },
    };
    return { source, close: () => undefined };
  }
  const dataset = await requireUpload(context, await ownDataset(context, actor, archive.dataset));
  const ref: ObjectRef = { bucket: "uploads", key: dataset.object_key };
  const info = await context.objects.head(ref);
  if (!info) throw badArchive("The file of this dataset does not exist.");
  const reader = new ObjectReader(context.objects, ref, info);
  return { source: reader, close: () => reader.close() };
}

async function readTask(zip: BundleArchive): Promise<UploadedTask> {
  if (zip.listing.kind("task.yaml") !== "file")
    throw refused([
      missingYaml(
        zip.filesUnder("").map(({ name }) => name),
        "task.yaml",
      ),
    ]);
  const parsed = parseTaskYaml(await zip.text("task.yaml"), zip.listing);
  if (!parsed.ok) throw refused(parsed.problems);
  const { files, problems } = await judgeTaskFiles(zip, parsed.task);
  if (hasErrors(problems)) throw refused(problems);
  return { ...parsed.task, files };
}

const refused = (problems: BundleProblem[]) =>
  badArchive(
    problems
      .filter(({ severity }) => severity === "error")
      .map(({ code, path, message }) => `${code}${path && ` ${path}`}: ${message}`)
      .join("\n"),
  );

/** Datasets that the task refers to by key. They must belong to the actor and have the type of their role. */
async function keyedFiles({ db }: Context, actor: UserActor, task: UploadedTask): Promise<TaskChanges["files"]> {
  const files: TaskChanges["files"] = {};
  for (const role of taskRoles) {
    const source = task.files[role];
    if (source?.from !== "dataset") continue;
    const [dataset] = await findDatasets(db, [source.key]);
    if (!dataset || dataset.created_by !== actor.id || dataset.type !== role)
      throw badArchive(`BND-11 ${role}.key: You have no ${role} with the key ${source.key}.`);
    files[role] = dataset.id;
  }
  return files;
}

async function storeFiles(
  { objects }: Context,
  actor: UserActor,
  zip: BundleArchive,
  task: UploadedTask,
  stored: ObjectRef[],
) {
  const filesInZip: { role: (typeof taskRoles)[number]; dataset: NewDataset }[] = [];
  for (const role of taskRoles) {
    const source = task.files[role];
    if (source?.from !== "bundle") continue;
    const key = randomUUID();
    const fileName = source.path.slice(source.path.lastIndexOf("/") + 1);
    const ref: ObjectRef = { bucket: "uploads", key: uploadKey(role, key, fileName) };
    stored.push(ref);
    const fileSize = await copyOut(objects, zip, source, ref);
    filesInZip.push({
      role,
      dataset: {
        key,
        createdBy: actor.id,
        type: role,
        // Names are unique per person, and many uploads contain a scoring_program.zip.
        name: `${fileName} ${key.slice(0, 8)}`,
        description: null,
        license: null,
        isPublic: false,
        fileName,
        fileSize,
        objectKey: ref.key,
        uploaded: true,
        wasCreatedByCompetition: false,
        competitionId: null,
      },
    });
  }
  return filesInZip;
}
