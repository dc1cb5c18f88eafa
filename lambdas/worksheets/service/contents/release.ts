import { enqueueErasure } from "../../../jobs/service/erase.ts";
import { transact, type Context } from "../../../kernel/context.ts";
import type { Tx } from "../../../kernel/db/connection.ts";
import { resetLostMakes } from "../../db/starts.ts";
import { abandonedContents, recordEnd, forgetContents, forgetUnfinished, makeAgain } from "../../db/contents.ts";

/** Forgets the contents of bundles, all but `except`. Their objects are deleted when the transaction has ended. */
export async function releaseContents(
  tx: Tx,
  context: Context,
  bundleIds: string[],
  except: string | null,
): Promise<void> {
  const keys = await forgetContents(tx, bundleIds, except);
  if (keys.length > 0) await enqueueErasure(tx, context, { jobIds: [], uploads: keys });
}

/** An upload without a byte for so long goes on no more. */
const abandonedSeconds = 30 * 60;
const maxAbandoned = 100;

/** Ends uploads whose process ended before them, so that no bundle is uploading forever. */
export async function endAbandonedContents(context: Context): Promise<void> {
  for (const { id, key, bundleId, state } of await abandonedContents(context.db, abandonedSeconds, maxAbandoned))
    await transact(context, async (tx) => {
      await forgetUnfinished(tx, id);
      await enqueueErasure(tx, context, { jobIds: [], uploads: [key] });
      const failure_message = "Upload failed: it was interrupted. Upload it again, as a new bundle.";
      if (state === "making") await makeAgain(tx, bundleId);
      if (state !== "uploading") return;
      await recordEnd(tx, bundleId, { contents: null, state: "failed", metadata: { failure_message } });
    });
  await resetLostMakes(context.db, abandonedSeconds);
}
