/** Exports competitions as bundles, with their files or with the keys of their datasets. */
import { randomUUID } from "node:crypto";
import { findCompetitionDetail } from "../db/competitions.ts";
import { findDatasetsById, insertDataset, type Dataset } from "../db/datasets.ts";
import {
  beginDump,
  dumpDatasetIds,
  dumpStatus,
  failDump,
  finishDump,
  insertDump,
  keepDump,
  postponeDump,
  unfinishedDumps,
  type Dump,
} from "../db/dumps.ts";
import { enqueue } from "../../kernel/db/outbox.ts";
import type { ObjectRef } from "../../../contract/job.ts";
import { ObjectChanged, ObjectMissing } from "../../kernel/objects/errors.ts";
import type { Objects } from "../../kernel/objects/objects.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { zipOf, type ZippedFile } from "../../kernel/objects/zip-objects.ts";
import { uploadKey } from "../../kernel/objects/upload-key.ts";
import { dumpContents, slug, type DumpedFile } from "./dump-contents.ts";
import { enqueueErasure } from "../../jobs/service/erase.ts";
import { transact, type Context } from "../../kernel/context.ts";
import type { UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { competitionFor } from "./access.ts";
import { requireSpace } from "./quota.ts";

/** An attempt holds a dump for this time after its last sign of life. It gives one every few seconds. */
const leaseSeconds = 120;
const reportEveryMs = 2000;
/** A dump fails after this many attempts without an error of its own. The pauses between attempts double. */
const maxAttempts = 6;
const firstPauseSeconds = 15;

/** Records that a competition must be dumped and sends the message, unless the same dump is already in progress. */
export async function requestDump(
  context: Context,
  by: UserAuthor,
  competition: { id: number; title: string },
  { withFiles }: { withFiles: boolean },
): Promise<void> {
  const key = randomUUID();
  const objectKey = uploadKey("competition_bundle", key, `${slug(competition.title)}-dump.zip`);
  await transact(context, async (tx) => {
    await requireSpace(context, tx, by.actor.id, null, null);
    const dump = { competitionId: competition.id, createdBy: by.actor.id, withFiles, key, objectKey };
    const id = await insertDump(tx, dump);
    if (id === undefined) return;
    const after = { keys_instead_of_files: !withFiles };
    await record(tx, by, {
      place: { competition: competition.id },
      kind: "competition.dumped",
      subject: competition.id,
      before: null,
      after,
    });
    await enqueue(tx, context.environment.CONTROL_QUEUE, context.correlationId, { type: "dump", dump: id });
  });
}

const linkSeconds = 3600;

/** Links to the bundle that a competition was made of and to its dumps, and the dumps that are not there yet or failed. */
export async function competitionFiles(context: Context, actor: UserActor, id: number) {
  const { db, objects } = context;
  await competitionFor(context, actor, id, "competition.export");
  const bundleId = (await findCompetitionDetail(db, id))?.competition.bundle_dataset_id ?? null;
  const dumpIds = await dumpDatasetIds(db, id);
  const datasets = await findDatasetsById(db, [...(bundleId === null ? [] : [bundleId]), ...dumpIds]);
  const linked = async ({ name, object_key: key, file_name: downloadName }: Dataset) => ({
    name,
    url: await objects.signGet({ bucket: "uploads", key }, { seconds: linkSeconds, downloadName }),
  });
  const bundle = datasets.find((dataset) => dataset.id === bundleId);
  const dumps = dumpIds.flatMap((dumpId) => datasets.find((dataset) => dataset.id === dumpId) ?? []);
  return {
    bundle: bundle && (await linked(bundle)),
    dumps: await Promise.all(
      dumps.map(async (dump) => ({
        ...(await linked(dump)),
        id: dump.id,
        created_by: dump.owner,
        created_when: dump.created_when,
        file_size: dump.file_size,
      })),
    ),
    unfinished: await unfinishedDumps(db, id),
  };
}

/** Ends a dump. Organizers see the message. */
class Failed extends Error {}
/** Another attempt has taken over the dump, or the dump has ended, so this attempt must stop. */
class DumpLost extends Error {}

/**
 * Makes a dump, unless it has ended or is in progress. It needs only a few buffers of memory, however large the dump
 * is. Throws if the platform fails; the sweeper then requests the dump again after a pause.
 */
export async function makeDump(context: Context, id: number): Promise<void> {
  const { db, objects, log } = context;
  const dump = await beginDump(db, id, leaseSeconds);
  if (!dump) return;
  try {
    if (dump.attempt > maxAttempts)
      throw new Failed(
        `The dump failed ${maxAttempts} times because of a problem of the platform. Ask the platform's administrator.`,
      );
    await write(context, dump);
    log.info("dump.ended", { dump: id, outcome: "succeeded" });
  } catch (error) {
    if (error instanceof Failed) {
      await giveUp(context, dump, error.message);
      log.info("dump.ended", { dump: id, outcome: "failed" });
    } else if (error instanceof DumpLost) {
      const status = await dumpStatus(db, id);
      if (status === undefined || status === "Failed") await objects.delete(objectOf(dump));
    } else {
      await postponeDump(db, dump, firstPauseSeconds * 2 ** (dump.attempt - 1)).catch((failure: unknown) =>
        log.warn("dump.unpostponed", { dump: id, error: failure }),
      );
      throw error;
    }
  }
}

const objectOf = (dump: Dump): ObjectRef => ({ bucket: "uploads", key: dump.object_key });

async function giveUp(context: Context, dump: Dump, details: string): Promise<void> {
  await transact(context, async (tx) => {
    if (await failDump(tx, dump, details))
      await enqueueErasure(tx, context, { jobIds: [], uploads: [dump.object_key] });
  });
}

async function write(context: Context, dump: Dump): Promise<void> {
  const { db, objects, now } = context;
  const contents =
    dump.competition_id === null ? undefined : await dumpContents(context, dump.competition_id, dump.with_files);
  if (!contents) throw new Failed("The competition was deleted.");
  let kept = Date.now();
  const alive = async () => {
    if (Date.now() - kept < reportEveryMs) return;
    kept = Date.now();
    if (!(await keepDump(db, dump, leaseSeconds))) throw new DumpLost("another attempt has taken over the dump");
  };
  const names = new Map(contents.files.map((file) => [file.path, "name" in file ? file.name : file.path]));
  const zip = zipOf(objects, zipped(objects, contents.files), alive, (error, path) =>
    reasonOf(error, names.get(path)!),
  );
  const size = await objects.upload(objectOf(dump), zip, "application/zip");
  await transact(context, async (tx) => {
    const { title } = contents;
    const dataset = {
      key: dump.key,
      createdBy: dump.created_by,
      type: "competition_bundle" as const,
      name: `${title} dump #${dump.id} ${now().toISOString().slice(0, 16).replace("T", " ")}`,
      description: null,
      license: null,
      isPublic: false,
      fileName: `${slug(title)}-dump-${dump.id}.zip`,
      fileSize: size,
      objectKey: dump.object_key,
      uploaded: true,
      wasCreatedByCompetition: true,
      competitionId: dump.competition_id,
    };
    await requireSpace(context, tx, dump.created_by, size).catch((error: unknown) => {
      throw error instanceof Refusal ? new Failed(error.message) : error;
    });
    const row =
      (await insertDataset(tx, dataset)) ?? (await insertDataset(tx, { ...dataset, name: `dump ${dump.key}` }));
    if (!row) throw new Error(`a dataset named dump ${dump.key} exists already`);
    const finished = await finishDump(tx, dump, row.id);
    if (!finished) throw new DumpLost("another attempt has taken over the dump");
    if (finished.competition_id === null) throw new Failed("The competition was deleted.");
  });
}

/** The files of a dump as they go into its zip. Fails if the file of a dataset no longer exists. */
async function* zipped(objects: Objects, files: DumpedFile[]): AsyncIterable<ZippedFile> {
  for (const file of files)
    if ("bytes" in file) yield file;
    else {
      const info = await objects.head(file.object);
      if (!info) throw new Failed(`The file of "${file.name}" no longer exists.`);
      yield { path: file.path, object: file.object, info };
    }
}

const reasonOf = (error: Error, name: string): Error =>
  error instanceof ObjectMissing || error instanceof ObjectChanged
    ? new Failed(`The file of "${name}" was deleted or replaced while the dump was made.`)
    : error;
