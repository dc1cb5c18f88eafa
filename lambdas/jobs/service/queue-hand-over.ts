/** Queues of people who leave, or who hand one over. */
import { changeQueueOwner, findQueueRow, leaveQueues, ownedQueues } from "../db/queues.ts";
import { findUser } from "../../accounts/db/users.ts";
import { record } from "../../accounts/service/audit.ts";
import type { Belongings } from "../../accounts/service/belongings.ts";
import { handedOver, type HandOverKind } from "../../accounts/service/hand-over.ts";
import { may } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact } from "../../kernel/context.ts";
import { noSuchQueue, ownQueues, usableQueue } from "./queues.ts";

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * A queue keeps its workers, their tokens, its logins for registries, its budget and whoever uses it. Its owner before
 * still shares it.
 */
export const queueHandOver: HandOverKind = {
  async owned(context, actor, id) {
    if (!uuid.test(id)) throw noSuchQueue();
    const queue = await usableQueue(context, actor, id);
    if (queue.owner_id === null || !may(actor, "queue.handOver", queue))
      throw new Refusal("forbidden", "NOT_ALLOWED", "Only its owner may hand a queue over.");
    return { name: queue.name, ownerId: queue.owner_id };
  },
  nameOf: async ({ db }, id) => (await findQueueRow(db, id))?.name,
  async transfer(tx, by, id, { from, to }) {
    const user = await findUser(tx, to);
    const { count, most } = await ownQueues(tx, { id: to, isSuperuser: user?.is_superuser ?? false });
    if (count >= most)
      throw new Refusal("forbidden", "QUEUE_LIMIT", `The new owner has ${count} queues, and may have ${most}.`);
    if (!(await changeQueueOwner(tx, id, { from, to }))) return false;
    await record(tx, by, handedOver({ kind: "queue", id }, { from, to }));
    return true;
  },
};

export const queueBelongings: Belongings = {
  async obstacles(db, userId) {
    return (await ownedQueues(db, userId)).map(({ id, name }) => ({
      kind: "queue" as const,
      id,
      name,
      detail: "Its workers would have no owner. Hand it over, or delete it.",
    }));
  },
  async owned(db, userId) {
    return (await ownedQueues(db, userId)).map(({ id, name }) => `the queue "${name}" (${id})`);
  },
  erase: (context, userId) => transact(context, (tx) => leaveQueues(tx, userId)),
  documents: ({ db }, actor) => ({
    async *queues() {
      yield* await ownedQueues(db, actor.id);
    },
  }),
};
