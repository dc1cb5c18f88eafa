import { openDatabase, type Db, type Tx } from "./db/connection.ts";
import { correlationOf, markSent, messagesOf, type OutboxMessage } from "./db/outbox.ts";
import type { Environment } from "./environment.ts";
import { processLog, type PlatformLog } from "./log.ts";
import { connectQueues, NotAllSent, type Queues } from "./sqs/sqs.ts";
import { Objects } from "./objects/objects.ts";

/** What every use case works with. A Lambda environment shares its connections; each request has its own ids and log. */
export interface Context {
  /** Id of the request, message, schedule or event that is being handled; null if there is none. */
  correlationId: string | null;
  db: Db;
  objects: Objects;
  queues: Queues;
  environment: Environment;
  hooks: Hooks;
  /** Adds the correlation id to each line. */
  log: PlatformLog;
  now: () => Date;
}

/** Functions of higher wings that the kernel calls on its events. */
export interface Hooks {
  /** Called after a transaction has sent messages to queues of workers. */
  doorbellsRung: (context: Context) => Promise<void>;
}

/** Less than the half minute in which API Gateway wants an answer, and far more than any query takes. */
export const maxQueryMs = 25_000;

/** Creates the clients of everything that the environment names. Each connects on first use. */
export function connectContext(environment: Environment, hooks: Hooks): Context {
  return {
    environment,
    hooks,
    db: openDatabase({
      connectionString: environment.DATABASE_URL,
      maxConnections: environment.DATABASE_MAX_CONNECTIONS,
      maxQueryMs,
    }),
    objects: new Objects({
      buckets: { uploads: environment.UPLOADS_BUCKET, jobs: environment.JOBS_BUCKET },
      region: environment.AWS_REGION,
      forcePathStyle: environment.S3_FORCE_PATH_STYLE,
      ...(environment.AWS_ENDPOINT_URL_S3 ? { endpoint: environment.AWS_ENDPOINT_URL_S3 } : {}),
      ...(environment.PUBLIC_S3_ENDPOINT ? { publicEndpoint: environment.PUBLIC_S3_ENDPOINT } : {}),
    }),
    queues: connectQueues(
      environment.QUEUE_URL_PREFIX,
      environment.QUEUE_ARN_PREFIX,
      environment.LENT_QUEUE_URL_PREFIX,
    ),
    correlationId: null,
    log: processLog(),
    now: () => new Date(),
  };
}

/** The context of one request, message or event. Its logs and messages carry the correlation id. */
export const forRequest = (context: Context, correlationId: string): Context => ({
  ...context,
  correlationId,
  log: context.log.with({ correlationId }),
});

/**
 * Runs a transaction, then sends the messages that it put into the outbox. If sending fails, the transaction stays committed,
 * and the sweeper sends the messages within a minute.
 */
export async function transact<Result>(context: Context, work: (tx: Tx) => Promise<Result>): Promise<Result> {
  const { db, environment, log } = context;
  const { result, messages, todo } = await db.transaction().execute(async (tx) => {
    const result = await work(tx);
    return { result, messages: await messagesOf(tx), todo: afterwards.get(tx) ?? [] };
  });
  for (const step of todo) step();
  if (messages.length > 0) {
    try {
      await sendMessages(context, messages);
      if (messages.some((message) => isDoorbell(message, environment))) await context.hooks.doorbellsRung(context);
    } catch (error) {
      log.warn("outbox.unsent", { count: messages.length, error });
    }
  }
  return result;
}

const afterwards = new WeakMap<object, (() => void)[]>();

/** Runs a step after a transaction of `transact` has committed. Log changes here, because the transaction may roll back. */
export function afterCommit(tx: Tx, step: () => void): void {
  const steps = afterwards.get(tx) ?? [];
  steps.push(step);
  afterwards.set(tx, steps);
}

/** Whether a message goes to workers. The others go to the platform's own queues for control messages and mail. */
const isDoorbell = ({ queueName }: OutboxMessage, { CONTROL_QUEUE, MAIL_QUEUE }: Environment): boolean =>
  queueName !== CONTROL_QUEUE && queueName !== MAIL_QUEUE;

/**
 * Sends messages of the outbox. Throws if some could not be sent. Doorbells of deleted queues have no receiver, so they count
 * as sent.
 */
export async function sendMessages(
  { db, queues, environment, log }: Context,
  messages: OutboxMessage[],
): Promise<void> {
  const logSent = (ids: string[]) => {
    const doorbells = messages.filter((message) => ids.includes(message.id) && isDoorbell(message, environment));
    for (const alike of Map.groupBy(doorbells, ({ queueName, body }) => `${queueName} ${correlationOf(body)}`).values())
      log
        .with({ correlationId: correlationOf(alike[0]!.body) })
        .info("doorbell.sent", { queue: alike[0]!.queueName, count: alike.length });
  };
  try {
    const sent = await queues.send(messages);
    await markSent(db, sent);
    logSent(sent);
  } catch (error) {
    if (!(error instanceof NotAllSent)) throw error;
    const { sent, withoutQueue } = error;
    logSent(sent);
    const unheard = messages.filter((message) => withoutQueue.includes(message.id) && isDoorbell(message, environment));
    await markSent(db, [...sent, ...unheard.map(({ id }) => id)]);
    if (unheard.length > 0)
      log.warn("doorbell.unheard", {
        queues: [...new Set(unheard.map(({ queueName }) => queueName))],
      });
    if (sent.length + unheard.length < messages.length) throw error;
  }
}
