import type { Transaction } from "kysely";
import type { Database } from "../../kernel/db/schema.ts";
import { forgetQuarantined } from "../../jobs/db/quarantine.ts";
import { discardJobs } from "../../jobs/db/stop-jobs.ts";
import {
  deleteSubmissions as deleteRows,
  deleteUnusedSubmissionData,
  lockFamilies,
  markSoftDeleted,
  runsOf,
} from "../db/submission-changes.ts";
import type { SubmissionRow } from "../db/submissions.ts";
import type { AuditEvent } from "../../accounts/rules/audit.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { isFinal } from "../rules/submission-status.ts";
import { record, type Author } from "../../accounts/service/audit.ts";
import { enqueueErasure } from "../../jobs/service/erase.ts";
import { transact, type Context } from "../../kernel/context.ts";

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
export async function deleteSubmissions(context: Context, by: Author, submissions: SubmissionRow[]): Promise<void> {
  requireWhole(submissions);
  await transact(context, async (tx) => {
    const deleted = await deleteFamilies(
      tx,
      context,
      submissions.map(({ id }) => id),
    );
    const events = submissions.filter(({ id }) => deleted.includes(id)).map(deletion);
    await record(tx, by, ...events);
  });
}

/** That a submission was deleted, with what it was. */
const deletion = ({
  id,
  competition_id,
  phase_id,
  owner_id,
  status,
  on_leaderboard,
  scores,
}: SubmissionRow): AuditEvent => ({
  place: { competition: competition_id },
  kind: "submission.deleted",
  subject: id,
  before: {
    phase: phase_id,
    owner: owner_id,
    status,
    on_leaderboard,
    scores: scores.map(({ column_key, score }) => ({ column_key, score })),
  },
  after: null,
});

/** The same within a transaction, by the ids of parents and single submissions. Gives the ids of all that it deleted. */
export async function deleteFamilies(tx: Tx, context: Context, ids: number[]): Promise<number[]> {
  if (ids.length === 0) return [];
  // Jobs are locked before submissions, wherever runs end.
  const over = await discardJobs(
    tx,
    (await runsOf(tx, ids)).flatMap(({ job_id }) => job_id ?? []),
  );
  const family = await lockFamilies(tx, ids);
  await deleteRows(
    tx,
    family.map(({ id }) => id),
  );
  await eraseFiles(tx, context, over, family);
  return family.map(({ id }) => id);
}

/** Deletes the files of a submission that is over and off the leaderboard. That it was made stays, and counts. */
export async function softDelete(context: Context, by: Author, submission: SubmissionRow): Promise<void> {
  requireWhole([submission]);
  if (!isFinal(submission.status))
    throw new Refusal("forbidden", "NOT_OVER", "A submission that runs cannot be deleted. Cancel it first.");
  await transact(context, async (tx) => {
    // Jobs are locked before submissions.
    const jobs = (await runsOf(tx, [submission.id])).flatMap(({ job_id }) => job_id ?? []);
    await forgetQuarantined(tx, jobs);
    const family = await lockFamilies(tx, [submission.id]);
    if (
      !(await markSoftDeleted(
        tx,
        family.map(({ id }) => id),
      ))
    )
      throw new Refusal("invalid", "SOFT_DELETED_ALREADY", "This submission was deleted already.");
    await record(tx, by, {
      place: { competition: submission.competition_id },
      kind: "submission.soft_deleted",
      subject: submission.id,
      before: { is_soft_deleted: false },
      after: { is_soft_deleted: true },
    });
    await eraseFiles(
      tx,
      context,
      family.flatMap(({ job_id }) => job_id ?? []),
      family,
    );
  });
}

/** Deletes what runs of submissions left, and what was submitted unless another submission has it. */
export async function eraseFiles(
  tx: Tx,
  context: Context,
  jobIds: string[],
  family: { data_id: number | null }[],
): Promise<void> {
  const dataIds = [...new Set(family.flatMap(({ data_id }) => data_id ?? []))];
  await enqueueErasure(tx, context, { jobIds, uploads: await deleteUnusedSubmissionData(tx, dataIds) });
}
