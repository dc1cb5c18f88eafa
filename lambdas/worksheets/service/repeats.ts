/**
 * `cl` repeats every request that failed once, after a second. What was created by a request that got no answer is not created
 * again: the repeated request gets the answer that was lost. Of a request that was answered nothing is kept, because people
 * may want the same thing twice.
 */
import { createHash } from "node:crypto";
import type { Tx } from "../../kernel/db/connection.ts";
import { transact, type Context } from "../../kernel/context.ts";
import type { UserActor } from "../../policy/policy.ts";
import { deleteCreation, findCreation, insertCreation } from "../db/creations.ts";

/** Creates something in a transaction, unless a request that was the same has just done so. Gives what `work` gives. */
export async function createOnce<Answer extends object>(
  context: Context,
  actor: UserActor,
  request: unknown,
  work: (tx: Tx) => Promise<Answer>,
): Promise<Answer> {
  const hash = createHash("sha256").update(JSON.stringify(request)).digest();
  const creation = { userId: actor.id, hash };
  const earlier = await findCreation(context.db, creation);
  const answer =
    (earlier as Answer | undefined) ??
    (await transact(context, async (tx) => {
      const made = await work(tx);
      await insertCreation(tx, creation, made);
      return made;
    }));
  // If this fails, the answer goes out all the same, and after a minute the row means nothing.
  await deleteCreation(context.db, creation).catch(() => undefined);
  return answer;
}
