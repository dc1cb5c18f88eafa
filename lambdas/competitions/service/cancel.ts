import { requestCancel } from "../../jobs/db/stop-jobs.ts";
import { lockFamily, runsOf, setStatus } from "../db/submission-changes.ts";
import type { SubmissionRow } from "../db/submissions.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record, type Author, type UserAuthor } from "../../accounts/service/audit.ts";
import { afterCommit, transact, type Context } from "../../kernel/context.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { possibleSubmissions } from "./access.ts";
import { changingRows } from "./board-rows.ts";
import { possibleOf, type Skipped } from "./many.ts";
import { rowsOf, settleParent } from "./submission-runs.ts";

/**
 * Cancels a submission, or all children of a parent. A waiting run is cancelled immediately. A running one is stopped, and is
 * cancelled when its worker confirms. Returns whether there was anything to cancel.
 */
export async function cancel(
  context: Context,
  by: Author,
  submission: Pick<
    SubmissionRow,
    "id" | "parent" | "has_children" | "competition_id" | "phase_id" | "owner_id" | "status"
  >,
): Promise<boolean> {
  return transact(context, async (tx) => {
    const runs = await runsOf(tx, [submission.id]);
    // All code that ends runs locks jobs before submissions, and parents before children, to avoid deadlocks.
    const asked = await requestCancel(
      tx,
      runs.flatMap(({ job_id }) => job_id ?? []),
    );
    const parent = submission.has_children ? submission.id : submission.parent;
    const any = await changingRows(tx, by, rowsOf(submission), async (board) => {
      if (parent !== null) await lockFamily(tx, parent);
      let some = false;
      for (const { id, job_id } of runs) {
        const answer = job_id === null ? "cancelled" : asked.get(job_id);
        if (answer === "cancelled") some = (await markCancelled(tx, id)) || some;
        if (answer === "requested") some = true;
      }
      if (parent !== null) await settleParent(tx, board, parent);
      return some;
    });
    if (any) {
      await record(tx, by, {
        place: { competition: submission.competition_id },
        kind: "submission.cancelled",
        subject: submission.id,
        before: { status: submission.status },
        after: { status: "Cancelled" },
      });
      const jobs = runs.flatMap(({ job_id }) => job_id ?? []);
      afterCommit(tx, () => context.log.info("submission.cancelled", { submission: submission.id, jobs }));
    }
    return any;
  });
}

/** Cancels those of many submissions that the actor may cancel and that have not ended. */
export async function cancelMany(
  context: Context,
  by: UserAuthor,
  ids: number[],
): Promise<{ cancelled: number[]; skipped: Skipped[] }> {
  const allowed = await possibleSubmissions(context, by.actor, ids, "submission.cancel");
  const byId = new Map(allowed.possible.map((submission) => [submission.id, submission]));
  const { possible, skipped } = await possibleOf([...byId.keys()], async (id) =>
    (await cancel(context, by, byId.get(id)!)) ? id : ended(id),
  );
  return { cancelled: possible, skipped: [...allowed.skipped, ...skipped] };
}

const ended = (id: number) => new Refusal("invalid", "OVER_ALREADY", `Submission ${id} has already ended.`);

const markCancelled = (tx: Tx, id: number) => setStatus(tx, id, { status: "Cancelled", details: null });
