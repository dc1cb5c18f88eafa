import type { Context } from "../../kernel/context.ts";
import { transact } from "../../kernel/context.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { enqueue } from "../../kernel/db/outbox.ts";
import { bundlesToStart, stalledBundles, type ReadyBundle } from "../db/starts.ts";

const messages = { make: "make-bundle", run: "start-run" };

const send = (tx: Tx, { environment, correlationId }: Context, bundles: ReadyBundle[]): Promise<void> =>
  enqueue(
    tx,
    environment.CONTROL_QUEUE,
    correlationId,
    ...bundles.map(({ uuid: bundle, type }) => ({ type: messages[type], bundle })),
  );

/** Has bundles made and run for which everything is there: those that were created, and those that waited for one that has ended. */
export async function startBundles(tx: Tx, context: Context, uuids: string[]): Promise<void> {
  await send(tx, context, await bundlesToStart(tx, uuids));
}

const stalledSeconds = 120;
const maxStalled = 100;

/** Has bundles made and run whose message was lost, or whose making was interrupted. */
export async function startStalledBundles(context: Context): Promise<void> {
  const bundles = await stalledBundles(context.db, stalledSeconds, maxStalled);
  await transact(context, (tx) => send(tx, context, bundles));
}
