import {
  CreateQueueCommand,
  DeleteQueueCommand,
  QueueDoesNotExist,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { tellOutages } from "../outages/aws-clients.ts";

/** The SQS client of the platform. It only sends: workers receive messages themselves, and event sources invoke functions. */
export interface Queues {
  /**
   * Sends messages, up to ten per request, and returns the ids of those that SQS accepted. A failed request does not stop the
   * others. If one failed, throws `NotAllSent` after the last.
   */
  send(messages: { id: string; queueName: string; body: Record<string, unknown> }[]): Promise<string[]>;
  url(queueName: string): string;
  /** The URL of a queue for workers to which the platform lends credentials. */
  lentUrl(queueName: string): string;
  /** Creates a queue for doorbells, which requires TLS. Does nothing if the queue exists. */
  create(queueName: string): Promise<void>;
  /** Deletes a queue if it exists. */
  delete(queueName: string): Promise<void>;
}

/** Some messages could not be sent. Contains the errors of the failed requests. */
export class NotAllSent extends AggregateError {
  /** Ids of the messages that SQS accepted. */
  readonly sent: string[];
  /** Ids of the messages whose queue does not exist. */
  readonly withoutQueue: string[];

  constructor(errors: Error[], sent: string[], withoutQueue: string[]) {
    super(errors, `messages could not be sent: ${[...new Set(errors.map(({ message }) => message))].join(" ")}`);
    this.sent = sent;
    this.withoutQueue = withoutQueue;
  }
}

/** The attributes of the deployment's own queues. A claim takes seconds, and lost doorbells are rung again. */
const queueAttributes = {
  VisibilityTimeout: "60",
  MessageRetentionPeriod: String(4 * 24 * 3600),
  SqsManagedSseEnabled: "true",
};

/** The policy of the deployment's own queues: every request without TLS is denied. */
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

/**
 * `urlPrefix` is a queue's URL before its name, with the slash at the end; `arnPrefix` is its ARN before its name. If workers
 * with lent credentials reach the queues by another URL, `lentUrlPrefix` is that.
 */
export function connectQueues(urlPrefix: string, arnPrefix: string, lentUrlPrefix = urlPrefix): Queues {
  // Short, because a request waits for it although its transaction has committed.
  const requestHandler = { connectionTimeout: 3_000, socketTimeout: 5_000 };
  const client = tellOutages(new SQSClient({ requestHandler }), "message queue");
  const url = (queueName: string) => urlPrefix + queueName;
  return {
    url,
    lentUrl: (queueName) => lentUrlPrefix + queueName,
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
