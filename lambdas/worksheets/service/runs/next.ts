import type { Context } from "../../../kernel/context.ts";
import type { Tx } from "../../../kernel/db/connection.ts";
import { enqueue } from "../../../kernel/db/outbox.ts";
import { nextWaiting } from "../../db/runs.ts";
import { noMachine } from "../../rules/run-end.ts";

/** Has the next run of a person started that waits until fewer of theirs are going. */
export async function enqueueNext(tx: Tx, context: Context, ownerId: number): Promise<void> {
  const next = await nextWaiting(tx, ownerId, noMachine);
  if (next !== undefined) await enqueueStart(tx, context, next);
}

/** Has a run started that waits, if it need not wait any more. */
export const enqueueStart = (tx: Tx, { environment, correlationId }: Context, uuid: string): Promise<void> =>
  enqueue(tx, environment.CONTROL_QUEUE, correlationId, { type: "start-run", bundle: uuid });
