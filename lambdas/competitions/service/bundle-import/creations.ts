import { findCreation, insertCreation } from "../../db/competition-creations.ts";
import type { UserActor } from "../../../policy/policy.ts";
import type { Tx } from "../../../kernel/db/connection.ts";
import { enqueue } from "../../../kernel/db/outbox.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import { transact, type Context } from "../../../kernel/context.ts";

/** Stores that a bundle is to be unpacked and asks for it. Returns the id that `creation_status` goes by. */
export async function requestCreation(context: Context, datasetId: number, userId: number): Promise<number> {
  return transact(context, async (tx) => {
    const { id, isNew } = await insertCreation(tx, datasetId, userId);
    if (isNew) await askToUnpack(context, tx, id);
    return id;
  });
}

/** Asks for the unpacking of a bundle, or for more of it. */
export const askToUnpack = ({ environment, correlationId }: Context, tx: Tx, creation: number): Promise<void> =>
  enqueue(tx, environment.CONTROL_QUEUE, correlationId, { type: "unpack-bundle", creation });

/** How far the unpacking of a bundle has come that the actor uploaded. */
export async function creationOf({ db }: Context, actor: UserActor, id: number) {
  const creation = await findCreation(db, id);
  if (!creation || (creation.created_by !== actor.id && !actor.isSuperuser))
    throw new Refusal("not-found", "NO_SUCH_CREATION", "You have no such upload.");
  return creation;
}
