/** Requests to unpack bundles into competitions, and their progress. */
import { creationsOf as readCreations, findCreation, insertCreation } from "../../db/competition-creations.ts";
import type { UserActor } from "../../../policy/policy.ts";
import type { Tx } from "../../../kernel/db/connection.ts";
import { enqueue } from "../../../kernel/db/outbox.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import { transact, type Context } from "../../../kernel/context.ts";

/** Stores a request to unpack a bundle and sends it. Returns the id for `creation_status`. */
export async function requestCreation(context: Context, datasetId: number, userId: number): Promise<number> {
  return transact(context, async (tx) => {
    const { id, isNew } = await insertCreation(tx, datasetId, userId);
    if (isNew) await askToUnpack(context, tx, id);
    return id;
  });
}

/** Requests that a bundle is unpacked, or that unpacking continues. */
export const askToUnpack = ({ environment, correlationId }: Context, tx: Tx, creation: number): Promise<void> =>
  enqueue(tx, environment.CONTROL_QUEUE, correlationId, { type: "unpack-bundle", creation });

/** The progress of unpacking a bundle that the actor uploaded. */
export async function creationOf({ db }: Context, actor: UserActor, id: number) {
  const creation = await findCreation(db, id);
  if (!creation || (creation.created_by !== actor.id && !actor.isSuperuser))
    throw new Refusal("not-found", "NO_SUCH_CREATION", "You have no such upload.");
  return creation;
}

/** The actor's bundles that are being unpacked, and those that were refused lately. */
export const creationsOf = ({ db }: Context, actor: UserActor) => readCreations(db, actor.id);
