import type { Context } from "../../../kernel/context.ts";
import type { Tx } from "../../../kernel/db/connection.ts";
import { enqueue } from "../../../kernel/db/outbox.ts";
import { nextWaiting } from "../../db/runs.ts";

/** Has the next run of a person started that waits until fewer of theirs are going. */
export async function enqueueNext(tx: Tx, { environment, correlationId }: Context, ownerId: number): Promise<void> {
  const next = await nextWaiting(tx, ownerId);
  if (next !== undefined)
    await enqueue(tx, environment.CONTROL_QUEUE, correlationId, { type: "start-run", bundle: next });
}
