import { lockStorageOf } from "../../../competitions/db/storage.ts";
import { transact, type Context } from "../../../kernel/context.ts";
import type { Tx } from "../../../kernel/db/connection.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import type { Bundle } from "../../db/bundles.ts";
import { recordEnd, type NewContents } from "../../db/contents.ts";
import type { BundleState } from "../../rules/bundle.ts";
import type { Metadata } from "../../rules/metadata.ts";
import { startBundles } from "../start-bundles.ts";
import { releaseContents } from "./release.ts";
import { requireSpaceLeft } from "./store.ts";

/**
 * Sets what a bundle has from now on, and starts the makes and runs that waited for its end. `also` belongs to the same transaction.
 * Refuses a bundle that has ended.
 */
export async function endBundle(
  context: Context,
  bundle: Bundle,
  result: { contents: NewContents | null; state: BundleState | null; metadata: Metadata },
  also: (tx: Tx) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await transact(context, async (tx) => {
    await lockStorageOf(tx, bundle.owner_id);
    if (!(await recordEnd(tx, bundle.id, result)))
      throw new Refusal("forbidden", "FINAL", "Contents cannot be modified, bundle already finalized.");
    if (result.contents) {
      await requireSpaceLeft({ ...context, db: tx }, bundle.owner_id);
      await releaseContents(tx, context, [bundle.id], result.contents.key);
    }
    if (result.state) await startBundles(tx, context, [bundle.uuid]);
    await also(tx);
  });
}

/** Ends a bundle that the platform could not make or start. */
export async function failBundle(tx: Tx, context: Context, bundle: Bundle, message: string): Promise<void> {
  await recordEnd(tx, bundle.id, { contents: null, state: "failed", metadata: { failure_message: message } });
  await startBundles(tx, context, [bundle.uuid]);
}
