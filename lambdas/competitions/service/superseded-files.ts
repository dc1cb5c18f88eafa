import { findLeaderboard } from "../db/competitions.ts";
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
import { bestOf } from "./submission-runs.ts";

/** So many people are looked at in one go. */
const batch = 200;

/**
 * Deletes the files of submissions that have been followed by others, in phases that keep a participant's best and last
 * ones only: what was submitted, outputs and logs. The submissions stay, with their scores. It is safe to do twice; what
 * cannot be done for one keeps no other waiting, and is tried again with the next call.
 */
export async function deleteSupersededFiles(context: Context): Promise<void> {
  for (const unsettled of await unsettledOwners(context.db, batch)) {
    try {
      await settle(context, unsettled);
    } catch (error) {
      context.log.error("cleanup.failed", { phase: unsettled.phaseId, error });
    }
  }
}

async function settle(context: Context, { phaseId, competitionId, ownerId }: Unsettled): Promise<void> {
  await transact(context, async (tx) => {
    const contestant = await findContestant(tx, phaseId, ownerId);
    // Held from here on, so that none gets onto the leaderboard, or is shown to everybody, unseen.
    await lockFamilies(
      tx,
      (await storedSubmissions(tx, phaseId, contestant)).map(({ id }) => id),
    );
    await markSettled(tx, phaseId, ownerId);
    const stored = await storedSubmissions(tx, phaseId, contestant);
    const board = await findLeaderboard(tx, competitionId);
    const ids = superseded(stored, board && (await bestOf(tx, board, stored)));
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
