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
import type { Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { isFinal } from "../rules/submission-status.ts";
import { record, type Author, type UserAuthor } from "../../accounts/service/audit.ts";
import { enqueueErasure } from "../../jobs/service/erase.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { possibleSubmissions } from "./access.ts";
import { changingRows } from "./board-rows.ts";
import { possibleOf, type Skipped } from "./many.ts";
import { rowsOf } from "./submission-runs.ts";

/** Children cannot be deleted alone, because the parent's scores are computed from all of them. */
function refusalOfPart({ id, parent }: SubmissionRow, ids: number[]): Refusal | undefined {
  if (parent === null || ids.includes(parent)) return undefined;
  return new Refusal(
    "invalid",
    "PART_OF_A_SUBMISSION",
    `Submission ${id} is part of submission ${parent}. Delete that one instead.`,
  );
}

function requireWhole(submissions: SubmissionRow[]): void {
  const ids = submissions.map(({ id }) => id);
  const refusal = submissions.map((submission) => refusalOfPart(submission, ids)).find((one) => one !== undefined);
  if (refusal) throw refusal;
}

/** Deletes those of many submissions that the actor may delete. Returns their ids, and what was skipped. */
export async function deleteMany(
  context: Context,
  by: UserAuthor,
  ids: number[],
): Promise<{ deleted: number[]; skipped: Skipped[] }> {
  const allowed = await possibleSubmissions(context, by.actor, ids, "submission.delete");
  const byId = new Map(allowed.possible.map((submission) => [submission.id, submission]));
  const known = [...byId.keys()];
  const whole = await possibleOf(known, (id) => refusalOfPart(byId.get(id)!, known) ?? byId.get(id)!);
  await deleteSubmissions(context, by, whole.possible);
  return { deleted: whole.possible.map(({ id }) => id), skipped: [...allowed.skipped, ...whole.skipped] };
}

/** Deletes submissions with their jobs and outputs. Submitted files are deleted unless another submission uses them. */
export async function deleteSubmissions(context: Context, by: Author, submissions: SubmissionRow[]): Promise<void> {
  requireWhole(submissions);
  await transact(context, async (tx) => {
    const jobs = await discardRuns(
      tx,
      submissions.map(({ id }) => id),
    );
    const deleted = new Set<number>();
    const byCompetition = Map.groupBy(submissions, ({ competition_id }) => competition_id);
    // In the same order for everybody, to avoid deadlocks.
    for (const [competitionId, own] of [...byCompetition].sort(([one], [other]) => one - other)) {
      const ids = own.map(({ id }) => id);
      const ownerIds = [...new Set(own.map(({ owner_id }) => owner_id))];
      await changingRows(tx, by, { competitionId, phaseId: null, ownerIds }, async () => {
        for (const id of await deleteFamilies(tx, context, ids, jobs)) deleted.add(id);
      });
    }
    await record(tx, by, ...submissions.filter(({ id }) => deleted.has(id)).map(deletion));
  });
}

/** The audit event of a deletion. */
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

/**
 * Ends the jobs of submissions that are about to be deleted. Returns those whose files can be erased at once. Jobs are
 * locked before leaderboards and submissions, as where they end, to avoid deadlocks.
 */
export async function discardRuns(tx: Tx, ids: number[]): Promise<string[]> {
  if (ids.length === 0) return [];
  return discardJobs(
    tx,
    (await runsOf(tx, ids)).flatMap(({ job_id }) => job_id ?? []),
  );
}

/**
 * Deletes parents and single submissions whose jobs `discardRuns` has ended, with their files. Returns the ids of all
 * deleted submissions.
 */
export async function deleteFamilies(tx: Tx, context: Context, ids: number[], endedJobs: string[]): Promise<number[]> {
  if (ids.length === 0) return [];
  const family = await lockFamilies(tx, ids);
  await deleteRows(
    tx,
    family.map(({ id }) => id),
  );
  await eraseFiles(tx, context, endedJobs, family);
  return family.map(({ id }) => id);
}

/**
 * Deletes the files of an ended submission that is not on the leaderboard. The submission still counts against the
 * limits.
 */
export async function softDelete(context: Context, by: Author, submission: SubmissionRow): Promise<void> {
  requireWhole([submission]);
  if (!isFinal(submission.status))
    throw new Refusal("forbidden", "NOT_OVER", "A running submission cannot be deleted. Cancel it first.");
  await transact(context, async (tx) => {
    // Jobs are locked before submissions.
    const jobs = (await runsOf(tx, [submission.id])).flatMap(({ job_id }) => job_id ?? []);
    await forgetQuarantined(tx, jobs);
    const family = await changingRows(tx, by, rowsOf(submission), async () => {
      const locked = await lockFamilies(tx, [submission.id]);
      const ids = locked.map(({ id }) => id);
      if (!(await markSoftDeleted(tx, ids)))
        throw new Refusal("invalid", "SOFT_DELETED_ALREADY", "This submission has already been deleted.");
      return locked;
    });
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

/** Deletes the outputs of jobs, and the submitted files unless another submission uses them. */
export async function eraseFiles(
  tx: Tx,
  context: Context,
  jobIds: string[],
  family: { data_id: number | null }[],
): Promise<void> {
  const dataIds = [...new Set(family.flatMap(({ data_id }) => data_id ?? []))];
  await enqueueErasure(tx, context, { jobIds, uploads: await deleteUnusedSubmissionData(tx, dataIds) });
}
