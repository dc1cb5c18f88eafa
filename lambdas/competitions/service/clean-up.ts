/** Cleans up what a person no longer needs: what nothing uses, failed submissions, and the files of old runs. */
import { record, thePlatform, type UserAuthor } from "../../accounts/service/audit.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { abandonedUploads } from "../db/dataset-uploads.ts";
import { findDatasetById } from "../db/datasets.ts";
import { cleanupTotals, largestUnneeded, nextUnneeded } from "../db/clean-ups.ts";
import { lockFamilies } from "../db/submission-changes.ts";
import { markFilesDeleted } from "../db/submission-storage.ts";
import { deleteUnusedTasks } from "../db/tasks.ts";
import type { Part } from "../../kernel/db/page.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { cleanups, type Cleanup } from "../rules/storage.ts";
import { possibleSubmissions } from "./access.ts";
import { eraseUnused } from "./datasets.ts";
import { deleteMany, eraseFiles } from "./delete-submissions.ts";
import { keepUpload } from "./keep-upload.ts";

/** How many things one transaction deletes, and one request. An answer must be there within half a minute. */
const batch = 100;
const maxInRequest = 1000;
/** An upload may begin for a day, and one in parts that began last goes on for two. */
const abandonedSeconds = 3 * 24 * 3600;
const maxAbandoned = 50;

/** How much a person could clean up, of each kind. */
export async function cleanupsOf({ db }: Context, userId: number) {
  const found: Partial<Record<Cleanup, { count: number; bytes: number }>> = {};
  for (const what of cleanups) found[what] = await cleanupTotals(db, userId, what);
  return found as Record<Cleanup, { count: number; bytes: number }>;
}

/** A page of what a person could clean up, the largest first, with the total number and size. */
export async function unneededOf({ db }: Context, userId: number, what: Cleanup, part: Part) {
  return { ...(await cleanupTotals(db, userId, what)), rows: await largestUnneeded(db, userId, what, part) };
}

/** Deletes what the actor could clean up of a kind. What is used meanwhile stays. `isAll` is false if a request cannot delete more. */
export async function cleanUp(
  context: Context,
  by: UserAuthor,
  what: Cleanup,
): Promise<{ deleted: number; bytes: number; isAll: boolean }> {
  let [deleted, bytes, after] = [0, 0, 0];
  for (let seen = 0; seen < maxInRequest; seen += batch) {
    const found = await nextUnneeded(context.db, by.actor.id, what, { after, limit: batch });
    if (found.length > 0) {
      const ids = new Set(
        await deletes[what](
          context,
          by,
          found.map(({ id }) => id),
        ),
      );
      deleted += ids.size;
      bytes += found.filter(({ id }) => ids.has(id)).reduce((sum, one) => sum + one.bytes, 0);
      after = found.at(-1)!.id;
    }
    if (found.length < batch) return { deleted, bytes, isAll: true };
  }
  return { deleted, bytes, isAll: false };
}

/** Deletes things by id, as far as that is still possible. Returns the ids of what it deleted. */
type Delete = (context: Context, by: UserAuthor, ids: number[]) => Promise<number[]>;

const datasets: Delete = (context, by, ids) =>
  transact(context, async (tx) => (await eraseUnused(tx, context, by, ids)).map(({ id }) => id));

const deletes: Record<Cleanup, Delete> = {
  unused_tasks: (context, _, ids) => transact(context, (tx) => deleteUnusedTasks(tx, ids)),
  unused_datasets_programs: datasets,
  unused_submissions: datasets,
  unused_starting_kits: datasets,
  unused_competition_bundles_and_dumps: datasets,
  failed_submissions: async (context, by, ids) => (await unlessNone(deleteMany(context, by, ids)))?.deleted ?? [],
  old_outputs: deleteFiles,
};

/** A request about many submissions is refused if none of them is possible. Here that is nothing to tell. */
async function unlessNone<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Deletes the submitted files, outputs and logs of submissions. The submissions and their scores stay. */
async function deleteFiles(context: Context, by: UserAuthor, ids: number[]): Promise<number[]> {
  const allowed = await unlessNone(possibleSubmissions(context, by.actor, ids, "submission.softDelete"));
  const competitions = new Map(allowed?.possible.map(({ id, competition_id }) => [id, competition_id]));
  if (competitions.size === 0) return [];
  return transact(context, async (tx) => {
    const family = await lockFamilies(tx, [...competitions.keys()]);
    // Somebody may have put one on the leaderboard, or published it, since it was looked up.
    const locked = new Set(
      family.filter((one) => !one.on_leaderboard && !one.is_public && one.parent_id === null).map(({ id }) => id),
    );
    const own = family.filter(({ id, parent_id: parent }) => locked.has(parent ?? id));
    await markFilesDeleted(
      tx,
      own.map(({ id }) => id),
    );
    const event = {
      kind: "submission.files_deleted",
      before: { has_files: true },
      after: { has_files: false },
    } as const;
    await record(
      tx,
      by,
      ...[...locked].map((subject) => ({ ...event, place: { competition: competitions.get(subject)! }, subject })),
    );
    await eraseFiles(
      tx,
      context,
      own.flatMap(({ job_id: job }) => job ?? []),
      own,
    );
    return [...locked];
  });
}

/**
 * Ends uploads that nobody completed: if the file is there, it is kept as if its owner had said so, and otherwise the dataset is
 * deleted.
 */
export async function endAbandonedUploads(context: Context): Promise<void> {
  for (const id of await abandonedUploads(context.db, abandonedSeconds, maxAbandoned)) {
    const dataset = await findDatasetById(context.db, id);
    if (!dataset || (await unlessNone(keepUpload(context, dataset)))) continue;
    await transact(context, (tx) => eraseUnused(tx, context, thePlatform, [id]));
  }
}
