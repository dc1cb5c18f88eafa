import {
  CreateQueueCommand,
  DeleteQueueCommand,
  QueueDoesNotExist,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";

/** The one adapter over SQS for Lambdas. (Workers receive on their own; event sources feed Lambdas.) */
export interface Queues {
  /**
   * Sends messages, at most ten a request, and returns the ids of those SQS took. What goes wrong with one request keeps no
   * other from being sent; `NotAllSent` is thrown when all are done.
   */
  send(messages: { id: string; queueName: string; body: Record<string, unknown> }[]): Promise<string[]>;
  url(queueName: string): string;
  /** Makes a queue for doorbells, which answers over TLS only; one of that name that is there already is fine. */
  create(queueName: string): Promise<void>;
  /** Deletes a queue if it is there. */
  delete(queueName: string): Promise<void>;
}

/** Requests that came to nothing, and what became of the messages of all of them. */
export class NotAllSent extends AggregateError {
  /** Ids of the messages that SQS took. */
  readonly sent: string[];
  /** Ids of those whose queue is not there. */
  readonly withoutQueue: string[];

  constructor(errors: Error[], sent: string[], withoutQueue: string[]) {
    super(errors, `messages could not be sent: ${[...new Set(errors.map(({ message }) => message))].join(" ")}`);
    this.sent = sent;
    this.withoutQueue = withoutQueue;
  }
}

/** As the deployment makes its own: a claim answers in seconds, and a doorbell nobody hears is rung again. */
const queueAttributes = {
  VisibilityTimeout: "60",
  MessageRetentionPeriod: String(4 * 24 * 3600),
  SqsManagedSseEnabled: "true",
};

/** As the deployment gives its own: nobody is answered without TLS, whoever they are. */
const overTlsOnly = (arn: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Deny",
        Principal: { AWS: "*" },
        Action: "sqs:*",
        Resource: arn,
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });

const batchLimit = 10;

/** @param urlPrefix what comes before a queue's name in its URL, with the slash at the end; `arnPrefix` the same of its ARN. */
export function connectQueues(urlPrefix: string, arnPrefix: string): Queues {
  const client = new SQSClient({});
  const url = (queueName: string) => urlPrefix + queueName;
  return {
    url,
    async send(messages) {
      const byQueue = Map.groupBy(messages, (message) => message.queueName);
      const batches = [...byQueue].flatMap(([queueName, all]) =>
        Array.from({ length: Math.ceil(all.length / batchLimit) }, (_, index) => ({
          queueName,
          batch: all.slice(index * batchLimit, (index + 1) * batchLimit),
        })),
      );
      const sent: string[] = [];
      const withoutQueue: string[] = [];
      const errors: Error[] = [];
      await Promise.all(
        batches.map(async ({ queueName, batch }) => {
          try {
            const answer = await client.send(
              new SendMessageBatchCommand({
                QueueUrl: url(queueName),
                Entries: batch.map(({ id, body }) => ({ Id: id, MessageBody: JSON.stringify(body) })),
              }),
            );
            sent.push(...(answer.Successful ?? []).flatMap(({ Id }) => Id ?? []));
          } catch (error) {
            errors.push(error as Error);
            if (error instanceof QueueDoesNotExist) withoutQueue.push(...batch.map(({ id }) => id));
          }
        }),
      );
      if (errors.length > 0) throw new NotAllSent(errors, sent, withoutQueue);
      return sent;
    },
    async create(queueName) {
      const tags = { "benchstack:queue": "organizer" };
      const Attributes = { ...queueAttributes, Policy: overTlsOnly(arnPrefix + queueName) };
      await client.send(new CreateQueueCommand({ QueueName: queueName, Attributes, tags }));
    },
    async delete(queueName) {
      try {
        await client.send(new DeleteQueueCommand({ QueueUrl: url(queueName) }));
      } catch (error) {
        if (!(error instanceof QueueDoesNotExist)) throw error;
      }
    },
  };
}
