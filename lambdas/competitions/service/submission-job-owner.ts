import * as z from "zod";
import type { AttemptReport } from "../../../contract/job.ts";
import { record, thePlatform } from "../../accounts/service/audit.ts";
import type { JobEnd, JobOwner } from "../../jobs/service/job-owner.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { findLeaderboard } from "../db/competitions.ts";
import { lockFamily, setStatus, setStatusOfJob, type StatusChange } from "../db/submission-changes.ts";
import { countOutputs } from "../db/storage.ts";
import { reopenSubmission, submissionsOfJobs } from "../db/submission-jobs.ts";
import { noteEnded } from "../db/submission-mails.ts";
import { findSubmissionOfJob } from "../db/submissions.ts";
import { runWarnings } from "../rules/run-warnings.ts";
import { scoreColumns } from "../rules/score-columns.ts";
import { runFailure, statusOfClaim, statusOfProgress, type VisibleStatus } from "../rules/submission-status.ts";
import { judgeScores, type ScoringResult } from "./scoring-result.ts";
import { changingRows, viewsOf } from "./board-rows.ts";
import { rowsOf, settleParent, storeScores } from "./submission-runs.ts";

/** Updates submissions when their jobs change. */
export const submissionJobs: JobOwner<ScoringResult> = {
  kind: "submission",
  shown: z.object({ submission: z.int(), competition: z.object({ id: z.int(), title: z.string() }) }),

  /** Shows the claim in the status of the submission and its parent. */
  claimed: (tx, jobId, firstStep, host) => show(tx, jobId, statusOfClaim(firstStep, host)),

  progressed: (tx, jobId, progress, host) => show(tx, jobId, statusOfProgress(progress, host)),

  /** Shows the submission as waiting again, with the reason. */
  async returned(tx, jobId, failure) {
    const why = failure ? `${failure.message} It will be tried again.` : "The worker stopped. It will be tried again.";
    await setStatusOfJob(tx, jobId, { status: "Submitted", details: why });
  },

  async judge({ db, objects, log }, { files, jobId }, report) {
    const submission = await findSubmissionOfJob(db, jobId);
    const board = submission && (await findLeaderboard(db, submission.competition_id));
    const end = await judgeScores(objects, files, report, board ? scoreColumns(viewsOf(board)) : []);
    log.info("submission.judged", {
      submission: submission?.id,
      scores: end.state === "succeeded" ? end.result.scores.size : 0,
      failure: end.state === "failed" ? end.failure.code : undefined,
    });
    return end;
  },

  /** Stores the scores, then the status, then decides the rows of the leaderboard. */
  async ended(tx, jobId, end, report) {
    const submission = await findSubmissionOfJob(tx, jobId);
    if (!submission) return false;
    const { id, parent_id: parentId } = submission;
    await changingRows(tx, thePlatform, rowsOf(submission), async (board) => {
      // The lock makes siblings end one by one, so that exactly one finds all of them ended.
      if (parentId !== null) await lockFamily(tx, parentId);
      if (board && end.state !== "cancelled") {
        const scores = end.state === "succeeded" ? end.result.scores : new Map<string, string>();
        await storeScores(tx, board, id, scores);
      }
      const warnings = runWarnings(report, end.state === "succeeded" ? end.result.warnings : []);
      const change = { ...endStatus(end, report), warnings, md5: submissionMd5(report) };
      const hasEnded = await setStatus(tx, id, change);
      await countOutputs(tx, { submission: id });
      if (parentId !== null) await settleParent(tx, board, parentId);
      else if (hasEnded) await noteEnded(tx, id);
    });
    return true;
  },

  async replayed(tx, by, jobId) {
    const found = await findSubmissionOfJob(tx, jobId);
    if (!found) return;
    const submission = await changingRows(tx, by, rowsOf(found), () => reopenSubmission(tx, jobId));
    if (!submission) return;
    await record(tx, by, {
      place: { competition: submission.competition },
      kind: "submission.replayed",
      subject: submission.id,
      before: { status: "Failed" },
      after: { status: "Submitted" },
    });
  },

  async describe(db, jobIds) {
    const submissions = await submissionsOfJobs(db, jobIds);
    return new Map(
      submissions.map(({ job, id: submission, competition_id: id, title }) => [
        job,
        { shown: { submission, competition: { id, title } }, audited: { submission } },
      ]),
    );
  },
};

async function show(tx: Tx, jobId: string, { status, details }: VisibleStatus): Promise<void> {
  const changed = await setStatusOfJob(tx, jobId, { status, details });
  if (changed && changed.parent_id !== null && status === "Running")
    await setStatus(tx, changed.parent_id, { status, details: null });
}

function endStatus(end: JobEnd<ScoringResult>, report: AttemptReport | null): StatusChange {
  switch (end.state) {
    case "cancelled":
      return { status: "Cancelled", details: null };
    case "failed":
      return { status: "Failed", details: runFailure(end.failure, report), failureCode: end.failure.code };
    case "succeeded":
      return { status: "Finished", details: null };
  }
}

const submissionMd5 = (report: AttemptReport | null) =>
  report?.steps.map((step) => step.md5["submission"]).find((md5) => md5 !== undefined);
