import { deleteCompetition as deleteRow, lockCompetition, submissionsOfCompetition } from "../db/change-competition.ts";
import { lockLeaderboard } from "../db/leaderboards.ts";
import { noSuchCompetition } from "./access.ts";
import { record, type Author } from "../../accounts/service/audit.ts";
import { deleteFamilies, discardRuns } from "./delete-submissions.ts";
import { objectsOfLogo } from "../../accounts/service/images.ts";
import { enqueueErasure } from "../../jobs/service/erase.ts";
import { transact, type Context } from "../../kernel/context.ts";

/**
 * Deletes a competition with its submissions and their outputs. Tasks and datasets are kept, because other competitions
 * may use them.
 */
export async function deleteCompetition(context: Context, by: Author, id: number): Promise<void> {
  await transact(context, async (tx) => {
    if ((await lockCompetition(tx, id)) === undefined) throw noSuchCompetition();
    const submissions = await submissionsOfCompetition(tx, id);
    const jobs = await discardRuns(tx, submissions);
    // Whoever changes its rows locks the leaderboard before the submissions.
    await lockLeaderboard(tx, id, "update");
    await deleteFamilies(tx, context, submissions, jobs);
    const { title, ...logo } = await deleteRow(tx, id);
    await record(tx, by, {
      place: { competition: id },
      kind: "competition.deleted",
      subject: id,
      before: { title, submissions },
      after: null,
    });
    await enqueueErasure(tx, context, { jobIds: [], uploads: objectsOfLogo(logo) });
  });
}
