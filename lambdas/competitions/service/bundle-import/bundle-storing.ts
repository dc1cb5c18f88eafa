import { createHash, randomUUID } from "node:crypto";
import { recordProgress, type Creation } from "../../db/competition-creations.ts";
import type { CreationProgress } from "../../db/tables.ts";
import { bundleProblem } from "../../rules/bundle-format/problems.ts";
import type { BundleProblem, CompetitionDescription, DatasetType } from "../../rules/competition.ts";
import type { ObjectRef } from "../../../../contract/job.ts";
import type { BundleArchive } from "./bundle-archive.ts";
import { copiedSize, copyOut, fileNameOf, copyObstacle, type Copied } from "./bundle-files.ts";
import { fileSources } from "./bundle-references.ts";
import { uploadKey } from "../../../kernel/objects/upload-key.ts";
import { transact, type Context } from "../../../kernel/context.ts";
import type { Db, Tx } from "../../../kernel/db/connection.ts";
import { requireSpace } from "../quota.ts";

/** A part of the bundle that becomes an object. */
export interface Part extends Copied {
  type: DatasetType | "logo";
}

/** Another attempt has taken over the creation, or the creation has ended, so this attempt must stop. */
export class CreationLost extends Error {}

/**
 * An attempt holds a creation for this time after its last progress report. It reports every few seconds, so after this
 * time it is dead.
 */
export const leaseSeconds = 120;
const reportEveryMs = 2000;
/** Stored files are reported sooner, because files that were not reported are stored again. */
const reportStoredEveryMs = 200;

/** Maximum size of an unpacked bundle: far more than a bundle of 20 GB needs, far less than a zip bomb. */
const maxBytes = 64 * 1024 ** 3;
const maxParts = 5000;

/** The parts that become objects, in the order of the description, with the logo last. */
export function partsOf(competition: CompetitionDescription): Part[] {
  const parts = fileSources(competition).flatMap(({ source, type }): Part[] =>
    source.from === "bundle" ? [{ path: source.path, ...(source.zipped ? { zipped: true } : {}), type }] : [],
  );
  return [...parts, { path: competition.image, type: "logo" }];
}

/** Adds up a size of all parts. That of a folder that is used several times is computed once. */
function sumOf(parts: Part[], sizeOf: (part: Part) => number): number {
  const alike = Map.groupBy(parts, ({ path, zipped }) => JSON.stringify([path, zipped]));
  return [...alike.values()].reduce((sum, same) => sum + same.length * sizeOf(same[0]!), 0);
}

/** All content is unpacked while it is copied, to check it. */
const unpackedSize = (archive: BundleArchive, { path }: Part): number =>
  archive.filesUnder(path).reduce((sum, { entry }) => sum + entry.size, 0);

/** Returns why the parts cannot be stored. Empty if they can. */
export function problemsOfParts(archive: BundleArchive, parts: Part[]): BundleProblem[] {
  if (parts.length > maxParts)
    return [
      bundleProblem(
        "BND-99",
        "",
        `The bundle refers to ${parts.length} files and folders, but at most ${maxParts} are allowed.`,
      ),
    ];
  const problems = [...new Set(parts.map(({ path }) => path))].flatMap((path) => {
    const reason = copyObstacle(archive, path);
    return reason === null ? [] : [bundleProblem("BND-02", "", reason)];
  });
  const total = sumOf(parts, (part) => unpackedSize(archive, part));
  if (total > maxBytes)
    problems.push(
      bundleProblem("BND-99", "", `The unpacked bundle has ${total} bytes, but at most ${maxBytes} are allowed.`),
    );
  return problems;
}

const objectRef = (key: string): ObjectRef => ({ bucket: "uploads", key });

/**
 * Records which objects will be stored, unless an earlier attempt has, so that they can be deleted if the import fails.
 */
export async function planStoring(
  context: Context,
  creation: Creation,
  archive: BundleArchive,
  parts: Part[],
  etag: string,
): Promise<CreationProgress> {
  const { db, objects } = context;
  const before = creation.progress;
  const isSame =
    before?.files.length === parts.length &&
    before.files.every((file, i) => file.path === parts[i]!.path && file.type === parts[i]!.type);
  if (before && !isSame) await objects.deleteMany(before.files.map(({ object_key }) => objectRef(object_key)));
  const files = isSame
    ? before.files
    : parts.map((part) => {
        const key = randomUUID();
        return { ...part, key, object_key: uploadKey(part.type, key, fileNameOf(archive, part)), size: null };
      });
  const progress: CreationProgress = {
    stage: "storing",
    done_bytes: files.reduce((sum, { size }) => sum + (size ?? 0), 0),
    total_bytes: sumOf(parts, (part) => copiedSize(archive, part)),
    etag,
    files,
  };
  if (isSame) await reportProgress(db, creation, progress, { hasStored: false });
  else
    // From here on, the bytes of the import count.
    await transact(context, async (tx) => {
      const more = progress.total_bytes - (before?.total_bytes ?? 0);
      await requireSpace(context, tx, creation.created_by, more);
      await reportProgress(tx, creation, progress, { hasStored: false });
    });
  return progress;
}

/** `hasStored`: this attempt has stored a file, so the count of failures restarts. */
async function reportProgress(
  db: Db | Tx,
  creation: Creation,
  progress: CreationProgress,
  { hasStored }: { hasStored: boolean },
): Promise<void> {
  const isOurs = await recordProgress(db, creation, progress, { leaseSeconds, hasStored });
  if (!isOurs) throw new CreationLost("another attempt has taken over the creation");
}

/**
 * Copies the parts that are not yet stored from the bundle to the object store: files unchanged, folders as zips. Stops
 * between parts after `stopAt` (milliseconds, as Date.now()). Returns true if all parts are stored.
 */
export async function storeParts(
  { db, objects }: Context,
  creation: Creation,
  archive: BundleArchive,
  progress: CreationProgress,
  stopAt: number,
): Promise<boolean> {
  let lastReport = Date.now();
  let hasStored = false;
  const reportUnlessRecent = async (intervalMs: number) => {
    if (Date.now() - lastReport < intervalMs) return;
    lastReport = Date.now();
    await reportProgress(db, creation, progress, { hasStored });
  };
  const moved = (bytes: number) => {
    progress.done_bytes += bytes;
    return reportUnlessRecent(reportEveryMs);
  };
  for (const file of progress.files) {
    if (file.size !== null) continue;
    if (Date.now() >= stopAt) {
      await reportProgress(db, creation, progress, { hasStored });
      return false;
    }
    const digest = file.type === "solution" ? createHash("md5") : undefined;
    file.size = await copyOut(objects, archive, file, objectRef(file.object_key), moved, digest);
    if (digest) file.md5 = digest.digest("hex");
    hasStored = true;
    await reportUnlessRecent(reportStoredEveryMs);
  }
  progress.stage = "finishing";
  await reportProgress(db, creation, progress, { hasStored });
  return true;
}
