/** What people own in worksheets: an export has it, and after their account is deleted only what others need stays. */
import { discardJobs } from "../../jobs/db/stop-jobs.ts";
import { enqueueErasure } from "../../jobs/service/erase.ts";
import type { Belongings } from "../../accounts/service/belongings.ts";
import { transact } from "../../kernel/context.ts";
import { bundlesAfter, eraseSome, membershipsOf, settingsOf, worksheetsAfter } from "../db/leaving.ts";

const batch = 500;

/** All rows of a list that is read piece by piece. */
async function* inPieces<Row extends { id: string }>(read: (after: string) => Promise<Row[]>): AsyncIterable<Row> {
  for (let after = "0"; ;) {
    const some = await read(after);
    if (some.length === 0) return;
    yield* some;
    after = some.at(-1)!.id;
  }
}

export const worksheetBelongings: Belongings = {
  obstacles: () => Promise.resolve([]),
  owned: () => Promise.resolve([]),
  async erase(context, userId) {
    for (;;) {
      const { count, keys } = await transact(context, async (tx) => {
        const erased = await eraseSome(tx, userId, batch);
        await enqueueErasure(tx, context, { jobIds: await discardJobs(tx, erased.jobs), uploads: [] });
        return erased;
      });
      for (const key of keys) await context.objects.delete({ bucket: "uploads", key });
      if (count < batch) return;
    }
  },
  documents: ({ db }, { id }) => ({
    worksheets: () => inPieces((after) => worksheetsAfter(db, id, after, batch)),
    "worksheet-bundles": () => inPieces((after) => bundlesAfter(db, id, after, batch)),
    async *"worksheet-groups"() {
      yield* await membershipsOf(db, id);
    },
    async *"worksheet-settings"() {
      yield* await settingsOf(db, id);
    },
  }),
};
