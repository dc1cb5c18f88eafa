import { queueEventsFor } from "../../accounts/rules/audit.ts";
import { record, type Author } from "../../accounts/service/audit.ts";
import type { QueueUses } from "../../jobs/service/queue-uses.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import type { Context } from "../../kernel/context.ts";
import type { UserActor } from "../../policy/policy.ts";
import { competitionsOnQueues, competitionsWithQueue, leaveQueue, strangersLeaveQueue } from "../db/queue-uses.ts";
import { profileField, queueFields } from "../rules/queue-fields.ts";
import { runSteps } from "../rules/run-steps.ts";

/** How competitions use queues: their submissions run on them. */
export const queueUses: QueueUses = {
  steps: runSteps,
  profileField,
  fieldsOf: queueFields,
  async changed(tx, by, queueId, events) {
    const competitions = await competitionsWithQueue(tx, queueId);
    await record(tx, by, ...competitions.flatMap((competition) => queueEventsFor(competition, events)));
  },
  async detachStrangers(tx, by, queueId) {
    await recordLoss(tx, by, queueId, await strangersLeaveQueue(tx, queueId));
  },
  async detachAll(tx, by, queueId) {
    await recordLoss(tx, by, queueId, await leaveQueue(tx, queueId));
  },
};

/** The competitions on each of some queues, by queue id. Contains only those that the actor may know. */
export const competitionsOn = ({ db }: Context, actor: UserActor, queues: { id: string }[]) =>
  competitionsOnQueues(
    db,
    queues.map(({ id }) => id),
    actor,
  );

/** Records in the audit trail that competitions moved from a queue to the default one. */
const recordLoss = (tx: Tx, by: Author, queue: string, competitions: number[]): Promise<void> =>
  record(
    tx,
    by,
    ...competitions.map(
      (competition) =>
        ({
          place: { competition },
          kind: "competition.changed",
          subject: competition,
          before: { queue },
          after: { queue: null },
        }) as const,
    ),
  );
