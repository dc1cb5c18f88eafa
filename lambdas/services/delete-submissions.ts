import type { Transaction } from "kysely";
import type { Database } from "../db/schema.ts";
import { discardJobs } from "../db/stop-jobs.ts";
import {
  deleteSubmissions as deleteRows,
  deleteUnusedSubmissionData,
  lockFamilies,
  markSoftDeleted,
  runsOf,
} from "../db/submission-changes.ts";
import type { SubmissionRow } from "../db/submissions.ts";
import { Refusal } from "../domain/refusal.ts";
import { isFinal } from "../domain/submission-status.ts";
import { enqueueErasure } from "./erase.ts";
import { transact, type Platform } from "./platform.ts";

type Tx = Transaction<Database>;

/** One task's run is a part of its parent: what is left without it would be another submission. */
function requireWhole(submissions: SubmissionRow[]): void {
  const ids = new Set(submissions.map(({ id }) => id));
  const child = submissions.find(({ parent }) => parent !== null && !ids.has(parent));
  if (child)
    throw new Refusal(
      "invalid",
      "PART_OF_A_SUBMISSION",
      `Submission ${child.id} is a part of submission ${child.parent}. Delete that one.`,
    );
}

/** Deletes submissions, what runs of them, what they left, and their files unless another submission has them. */
export async function deleteSubmissions(platform: Platform, submissions: SubmissionRow[]): Promise<void> {
  requireWhole(submissions);
  await transact(platform, (tx) => deleteFamilies(tx, platform, submissions.map(({ id }) => id)));
}

/** The same within a transaction, by the ids of parents and single submissions. */
export async function deleteFamilies(tx: Tx, platform: Platform, ids: number[]): Promise<void> {
  if (ids.length === 0) return;
  // Jobs are locked before submissions, wherever runs end.
  const over = await discardJobs(tx, (await runsOf(tx, ids)).flatMap(({ job_id }) => job_id ?? []));
  const family = await lockFamilies(tx, ids);
  await deleteRows(tx, family.map(({ id }) => id));
  await eraseFiles(tx, platform, over, family);
}

/** Deletes the files of a submission that is over and off the leaderboard. That it was made stays, and counts. */
export async function softDelete(platform: Platform, submission: SubmissionRow): Promise<void> {
  requireWhole([submission]);
  if (!isFinal(submission.status))
    throw new Refusal("forbidden", "NOT_OVER", "A submission that runs cannot be deleted. Cancel it first.");
  await transact(platform, async (tx) => {
    const family = await lockFamilies(tx, [submission.id]);
    if (!(await markSoftDeleted(tx, family.map(({ id }) => id))))
      throw new Refusal("invalid", "SOFT_DELETED_ALREADY", "This submission was deleted already.");
    await eraseFiles(tx, platform, family.flatMap(({ job_id }) => job_id ?? []), family);
  });
}

async function eraseFiles(tx: Tx, platform: Platform, jobIds: string[], family: { data_id: number | null }[]): Promise<void> {
  const dataIds = [...new Set(family.flatMap(({ data_id }) => data_id ?? []))];
  await enqueueErasure(tx, platform, { jobIds, uploads: await deleteUnusedSubmissionData(tx, dataIds) });
}
