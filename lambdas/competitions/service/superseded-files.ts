import { findLeaderboard, tasksOfPhases } from "../db/competitions.ts";
import {
  markFilesDeleted,
  markSettled,
  storedSubmissions,
  unsettledOwners,
  type Unsettled,
} from "../db/submission-storage.ts";
import { lockFamilies } from "../db/submission-changes.ts";
import { findContestant } from "../db/teams.ts";
import { superseded } from "../rules/submission-rules.ts";
import { record, thePlatform } from "../../accounts/service/audit.ts";
import { eraseFiles } from "./delete-submissions.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { bestSubmission } from "../rules/board-rows.ts";
import { rankedBoard, taskScoresOf } from "./board-rows.ts";

/** Maximum number of owners handled per call. */
const maxOwners = 200;

/**
 * Deletes files in phases that keep only those of a participant's best and last submissions: the submitted files,
 * outputs and logs. The submissions and their scores are kept. Can be repeated safely. If it fails for one participant,
 * the others are still handled, and the next call tries again.
 */
export async function deleteSupersededFiles(context: Context): Promise<void> {
  for (const unsettled of await unsettledOwners(context.db, maxOwners)) {
    try {
      await deleteFilesOf(context, unsettled);
    } catch (error) {
      context.log.error("cleanup.failed", { phase: unsettled.phaseId, error });
    }
  }
}

async function deleteFilesOf(context: Context, { phaseId, competitionId, ownerId }: Unsettled): Promise<void> {
  await transact(context, async (tx) => {
    const contestant = await findContestant(tx, phaseId, ownerId);
    // Locked from here on, so that no submission is put on the leaderboard or made public unnoticed.
    await lockFamilies(
      tx,
      (await storedSubmissions(tx, phaseId, contestant)).map(({ id }) => id),
    );
    await markSettled(tx, phaseId, ownerId);
    const stored = await storedSubmissions(tx, phaseId, contestant);
    const board = await findLeaderboard(tx, competitionId);
    const scores = board && (await taskScoresOf(tx, board, stored));
    const candidates = stored.flatMap(({ id, isKeptOff, submitted_when: submittedWhen }) =>
      isKeptOff ? [] : [{ id, submittedWhen, tasks: scores?.get(id) ?? [] }],
    );
    const tasks = await tasksOfPhases(tx, [phaseId]);
    const best = board && bestSubmission(rankedBoard(board, tasks), candidates)?.id;
    const ids = superseded(stored, best);
    if (ids.length === 0) return;
    const family = await lockFamilies(tx, ids);
    await markFilesDeleted(
      tx,
      family.map(({ id }) => id),
    );
    await record(
      tx,
      thePlatform,
      ...ids.map(
        (subject) =>
          ({
            place: { competition: competitionId },
            kind: "submission.files_deleted",
            subject,
            before: { has_files: true },
            after: { has_files: false },
          }) as const,
      ),
    );
    await eraseFiles(
      tx,
      context,
      family.flatMap(({ job_id }) => job_id ?? []),
      family,
    );
  });
}
