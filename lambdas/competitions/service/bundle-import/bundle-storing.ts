import { createHash, randomUUID } from "node:crypto";
import { noteProgress, type Creation } from "../../db/competition-creations.ts";
import type { CreationProgress } from "../../db/tables.ts";
import { bundleProblem } from "../../rules/bundle-format/problems.ts";
import type { BundleProblem, CompetitionDescription, DatasetType } from "../../rules/competition.ts";
import type { ObjectRef } from "../../../../contract/job.ts";
import type { BundleArchive } from "./bundle-archive.ts";
import { copiedSize, copyOut, fileNameOf, whyNotCopied } from "./bundle-files.ts";
import { fileSources } from "./bundle-references.ts";
import { datasetObjectKey } from "../datasets.ts";
import type { Context } from "../../../kernel/context.ts";

/** A part of the bundle that becomes an object of its own. */
export interface Part {
  path: string;
  type: DatasetType | "logo";
}

/** Somebody else has taken the creation up meanwhile, or it is over: this attempt has to stop. */
export class CreationLost extends Error {}

/**
 * An attempt keeps a creation for so long after it last said how far it has come. It says so every few seconds, so when
 * this has passed it is dead.
 */
export const leaseSeconds = 120;
const reportEveryMs = 2000;
/** What is stored is noted sooner, for what is not noted is stored again. */
const reportStoredEveryMs = 200;

/** What a bundle may become: far more than one of 20 GB does, and far less than a malicious one could. */
const maxBytes = 64 * 1024 ** 3;
const maxParts = 5000;

/** The parts that become objects, in the order the description names them and the logo last. */
export function partsOf(competition: CompetitionDescription): Part[] {
  const parts = fileSources(competition).flatMap(({ source, type }): Part[] =>
    source.from === "bundle" ? [{ path: source.path, type }] : [],
  );
  return [...parts, { path: competition.image, type: "logo" }];
}

/** How many bytes the parts have once they are copied out. A folder that stands many times is looked at once. */
function totalSize(archive: BundleArchive, parts: Part[]): number {
  const times = new Map<string, number>();
  for (const { path } of parts) times.set(path, (times.get(path) ?? 0) + 1);
  return [...times].reduce((sum, [path, count]) => sum + count * copiedSize(archive, path), 0);
}

/** Why the parts cannot be stored; nothing when they can. */
export function problemsOfParts(archive: BundleArchive, parts: Part[]): BundleProblem[] {
  if (parts.length > maxParts)
    return [
      bundleProblem(
        "BND-99",
        "",
        `The bundle names ${parts.length} files and folders; at most ${maxParts} are possible.`,
      ),
    ];
  const problems = [...new Set(parts.map(({ path }) => path))].flatMap((path) => {
    const reason = whyNotCopied(archive, path);
    return reason ? [bundleProblem("BND-02", "", reason)] : [];
  });
  const total = totalSize(archive, parts);
  if (total > maxBytes)
    problems.push(
      bundleProblem("BND-99", "", `Unpacked, the bundle has ${total} bytes; at most ${maxBytes} are possible.`),
    );
  return problems;
}

const objectRef = (key: string): ObjectRef => ({ bucket: "uploads", key });

/** Notes what is going to be stored where, unless an earlier attempt has, so that no object is ever forgotten. */
export async function planStoring(
  { db, objects }: Context,
  creation: Creation,
  archive: BundleArchive,
  parts: Part[],
  etag: string,
): Promise<CreationProgress> {
  const before = creation.progress;
  const isSame =
    before?.files.length === parts.length &&
    before.files.every((file, i) => file.path === parts[i]!.path && file.type === parts[i]!.type);
  if (before && !isSame) await objects.deleteMany(before.files.map(({ object_key }) => objectRef(object_key)));
  const files = isSame
    ? before.files
    : parts.map(({ path, type }) => {
        const key = randomUUID();
        return { path, type, key, object_key: datasetObjectKey(type, key, fileNameOf(archive, path)), size: null };
      });
  const progress: CreationProgress = {
    stage: "storing",
    done_bytes: files.reduce((sum, { size }) => sum + (size ?? 0), 0),
    total_bytes: totalSize(archive, parts),
    etag,
    files,
  };
  await note(db, creation, progress, { hasStored: false });
  return progress;
}

/** `hasStored`: this attempt has stored a file, so it was not in vain. */
async function note(
  db: Context["db"],
  creation: Creation,
  progress: CreationProgress,
  { hasStored }: { hasStored: boolean },
): Promise<void> {
  const isOurs = await noteProgress(db, creation, progress, { leaseSeconds, hasStored });
  if (!isOurs) throw new CreationLost("the creation is another's");
}

/**
 * Copies the parts that are not yet stored out of the bundle: files as they are, folders as zips of their content. Stops
 * before a part when the time has come (`stopAt`, as Date.now() counts). True when all parts are stored.
 */
export async function storeParts(
  { db, objects }: Context,
  creation: Creation,
  archive: BundleArchive,
  progress: CreationProgress,
  stopAt: number,
): Promise<boolean> {
  let noted = Date.now();
  let hasStored = false;
  const noteUnless = async (lessThanMs: number) => {
    if (Date.now() - noted < lessThanMs) return;
    noted = Date.now();
    await note(db, creation, progress, { hasStored });
  };
  const moved = (bytes: number) => {
    progress.done_bytes += bytes;
    return noteUnless(reportEveryMs);
  };
  for (const file of progress.files) {
    if (file.size !== null) continue;
    if (Date.now() >= stopAt) {
      await note(db, creation, progress, { hasStored });
      return false;
    }
    const digest = file.type === "solution" ? createHash("md5") : undefined;
    file.size = await copyOut(objects, archive, file.path, objectRef(file.object_key), moved, digest);
    if (digest) file.md5 = digest.digest("hex");
    hasStored = true;
    await noteUnless(reportStoredEveryMs);
  }
  progress.stage = "finishing";
  await note(db, creation, progress, { hasStored });
  return true;
}
