/** Turns an uploaded bundle into a competition, in whole or not at all. */
import { updatePlatformSettings, type PlatformSettings } from "../../db/change-competition.ts";
import {
  beginCreation,
  failCreation,
  findCreation,
  finishCreation,
  pauseCreation,
  postponeCreation,
  type Creation,
} from "../../db/competition-creations.ts";
import { insertCompetition } from "../../db/store-competition.ts";
import { datasetInUse } from "../../db/dataset-uses.ts";
import { recordSize } from "../../db/dataset-uploads.ts";
import { deleteDataset, insertDataset, lockDataset, renameDataset } from "../../db/datasets.ts";
import type { CreationProgress } from "../../db/tables.ts";
import { bundleProblem } from "../../rules/bundle-format/problems.ts";
import type { BundleProblem, DatasetType, DumpedSettings, FileSource } from "../../rules/competition.ts";
import type { ObjectRef } from "../../../../contract/job.ts";
import { ObjectChanged, ObjectMissing } from "../../../kernel/objects/errors.ts";
import { record } from "../../../accounts/service/audit.ts";
import { withSizedLogo } from "../../../accounts/service/images.ts";
import { openBundle, type BundleArchive } from "./bundle-archive.ts";
import { describeBundle, type Description } from "./bundle-description.ts";
import { BadArchive } from "./bundle-entry.ts";
import { fileNameOf } from "./bundle-files.ts";
import { ObjectReader } from "../../../kernel/objects/object-reader.ts";
import { fileSources, resolveReferences, type References } from "./bundle-references.ts";
import { askToUnpack } from "./creations.ts";
import { CreationLost, leaseSeconds, partsOf, planStoring, storeParts } from "./bundle-storing.ts";
import { keysOf } from "../keep-upload.ts";
import { enqueueErasure } from "../../../jobs/service/erase.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import { transact, type Context } from "../../../kernel/context.ts";

/**
 * A creation fails after this many attempts in a row that neither stored a file nor found a problem in the bundle. The
 * pauses between attempts double, so that an outage of an hour does no harm.
 */
const maxFailures = 8;
const firstPauseSeconds = 15;

/** Ends a creation without a competition. The owner of the bundle sees the problems. */
class Failed extends Error {
  readonly problems: BundleProblem[];

  constructor(problems: BundleProblem[]) {
    super("the bundle cannot be imported");
    this.problems = problems;
  }
}

const failed = (reason: string) => new Failed([bundleProblem("BND-99", "", reason)]);

/**
 * Unpacks the bundle of a creation, unless that has ended or is in progress. Problems of the bundle are stored in the
 * creation. What is not done at `stopAt` (milliseconds, as Date.now()) continues with a new message. Throws if the
 * platform fails; the sweeper then requests it again after a pause.
 */
export async function unpackBundle(context: Context, creationId: number, stopAt: number): Promise<void> {
  const { db, log } = context;
  const creation = await beginCreation(db, creationId, leaseSeconds);
  if (!creation) return;
  try {
    if (await unpack(context, creation, stopAt)) {
      log.info("import.ended", { creation: creation.id, outcome: "succeeded" });
      return;
    }
    await transact(context, async (tx) => {
      await pauseCreation(tx, creation);
      await askToUnpack(context, tx, creation.id);
    });
  } catch (error) {
    const problems = problemsOf(error);
    if (problems) {
      await giveUp(context, creation, problems);
      log.info("import.ended", { creation: creation.id, outcome: "failed" });
    } else if (error instanceof CreationLost) await cleanUpAfter(context, creation);
    else {
      const seconds = firstPauseSeconds * 2 ** creation.failures;
      await postponeCreation(db, creation, seconds).catch((failure: unknown) =>
        log.warn("import.unpostponed", { creation: creation.id, error: failure }),
      );
      throw error;
    }
  }
}

/** Translates an error into problems of the bundle. Undefined if the bundle is not the cause. */
function problemsOf(error: unknown): BundleProblem[] | undefined {
  if (error instanceof Failed) return error.problems;
  if (error instanceof BadArchive) return [error.problem];
  if (error instanceof Refusal && error.code === "QUOTA_EXCEEDED") return failed(error.message).problems;
  if (error instanceof ObjectMissing) return failed("The file of the bundle does not exist. Upload it again.").problems;
  if (error instanceof ObjectChanged)
    return failed("The file of the bundle was replaced while it was being unpacked. Upload it again.").problems;
  return undefined;
}

const objectRef = (key: string): ObjectRef => ({ bucket: "uploads", key });

/** Ends a creation with its problems and deletes everything it made: rows, objects and the bundle. */
async function giveUp(context: Context, creation: Creation, problems: BundleProblem[]): Promise<void> {
  const { dataset, progress } = creation;
  const uploads = progress?.files.map(({ object_key }) => object_key) ?? [];
  const ended = await transact(context, async (tx) => {
    if (!(await failCreation(tx, creation, problems))) return false;
    // If a competition was created from this bundle before, the bundle is kept.
    if (dataset && !(await datasetInUse(tx, dataset.id))) {
      await deleteDataset(tx, dataset.id);
      uploads.push(...keysOf(dataset));
    }
    await enqueueErasure(tx, context, { jobIds: [], uploads });
    return true;
  });
  if (!ended) await cleanUpAfter(context, creation);
}

/** Deletes what this attempt may have written after another attempt ended the creation. */
async function cleanUpAfter({ db, objects }: Context, { id, progress }: Creation): Promise<void> {
  const now = await findCreation(db, id);
  if (now?.status === "Failed")
    await objects.deleteMany(progress?.files.map((file) => objectRef(file.object_key)) ?? []);
}

/** Returns true if the competition is stored, false if the time is over. */
async function unpack(context: Context, creation: Creation, stopAt: number): Promise<boolean> {
  const { db, objects } = context;
  const { dataset } = creation;
  if (!dataset) throw failed("The bundle was deleted before it was unpacked.");
  if (creation.failures >= maxFailures)
    throw failed(
      `Unpacking failed ${maxFailures} times because of a problem of the platform, not of the bundle. ` +
        "Ask the platform's administrator, and upload the bundle again.",
    );
  const ref = objectRef(dataset.object_key);
  const file = await objects.head(ref);
  if (!file) throw new ObjectMissing(ref);
  if (creation.progress && creation.progress.etag !== file.etag) throw new ObjectChanged(ref);
  await recordSize(db, dataset.id, file.size);

  const reader = new ObjectReader(objects, ref, file);
  try {
    const archive = await openBundle(reader);
    const described = await describeBundle(archive, (competition) =>
      resolveReferences(context, creation.created_by, competition),
    );
    if (!described.ok) throw new Failed(described.problems);
    const parts = partsOf(described.found.competition);
    creation.progress = await planStoring(context, creation, archive, parts, file.etag);
    if (!(await storeParts(context, creation, archive, creation.progress, stopAt))) return false;
    await finish(context, creation, archive, described, creation.progress);
    return true;
  } finally {
    reader.close();
  }
}

const platformSettings = ({
  allowRobotSubmissions,
  teamsShareLimits,
  whitelistEmails,
  report,
}: DumpedSettings): PlatformSettings => ({
  allow_robot_submissions: allowRobotSubmissions,
  teams_share_limits: teamsShareLimits,
  whitelist_emails: whitelistEmails,
  report,
  published: false,
});

type Described = Extract<Description<References>, { ok: true }>;

/** Stores the competition and its datasets, whose objects already exist, in one transaction. */
async function finish(
  context: Context,
  creation: Creation,
  archive: BundleArchive,
  { found: { competition, files }, pages, problems }: Described,
  progress: CreationProgress,
): Promise<void> {
  const stamp = context
    .now()
    .toISOString()
    .replace(/^(\d+)-(\d+)-(\d+)T(\d+:\d+).*$/, "$2-$3-$1 $4");
  const sources = fileSources(competition).flatMap(({ source }) => (source.from === "bundle" ? [source] : []));
  await withSizedLogo(context, progress.files.at(-1)!.object_key, (logo) =>
    transact(context, async (tx) => {
      // From here on the bundle cannot be deleted, because the competition refers to it.
      const bundle = await lockDataset(tx, creation.dataset!.id);
      if (!bundle) throw failed("The bundle was deleted while it was being unpacked.");
      const datasets = new Map(files.datasets);
      const solutionMd5s = new Map<FileSource, string>();
      for (const [i, source] of sources.entries()) {
        const file = progress.files[i]!;
        const { type, key, object_key, size, md5 } = file;
        const dataset = {
          key,
          createdBy: creation.created_by,
          type: type as DatasetType,
          // Names are unique per person, and a bundle may contain many datasets of one type.
          name: `${type} @ ${stamp} (${creation.id}.${i + 1})`,
          description: null,
          license: null,
          isPublic: false,
          fileName: fileNameOf(archive, file),
          fileSize: size!,
          objectKey: object_key,
          uploaded: true,
          wasCreatedByCompetition: true,
          competitionId: null,
        };
        const row =
          (await insertDataset(tx, dataset)) ?? (await insertDataset(tx, { ...dataset, name: `${type} ${key}` }));
        if (!row) throw new Error(`a dataset named ${type} ${key} exists already`);
        datasets.set(source, row.id);
        if (md5 !== undefined) solutionMd5s.set(source, md5);
      }
      const id = await insertCompetition(tx, creation.created_by, competition, {
        ...files,
        ...pages,
        datasets,
        solutionMd5s,
        logo,
        bundleDatasetId: bundle.id,
      });
      await record(
        tx,
        { actor: { id: creation.created_by }, reason: null },
        {
          place: { competition: id },
          kind: "competition.created",
          subject: id,
          before: null,
          after: { title: competition.title },
        },
      );
      if (competition.dumpedSettings)
        await updatePlatformSettings(tx, id, platformSettings(competition.dumpedSettings));
      await renameDataset(tx, bundle.id, `${bundle.name} - ${competition.title}`, id);
      if (!(await finishCreation(tx, creation, id, problems)))
        throw new CreationLost("another attempt has taken over the creation");
    }),
  );
}
