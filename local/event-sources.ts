import { setTimeout as wait } from "node:timers/promises";
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";

/**
 * Passes the messages of a queue to a handler, as Lambda's event source mapping does. Deletes the messages that the
 * handler does not report as failed.
 */
export function pollQueue(
  queueUrl: string,
  handler: (event: SQSEvent) => Promise<SQSBatchResponse>,
): { stop(): Promise<void> } {
  const client = new SQSClient({});
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      try {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 20, MaxNumberOfMessages: 10 }),
          { abortSignal: stopping.signal },
        );
        if (Messages.length === 0) continue;
        const { batchItemFailures } = await handler({
          Records: Messages.map((message) => ({
            messageId: message.MessageId!,
            receiptHandle: message.ReceiptHandle!,
            body: message.Body!,
            attributes: {
              ApproximateReceiveCount: "1",
              SentTimestamp: "0",
              SenderId: "",
              ApproximateFirstReceiveTimestamp: "0",
            },
            messageAttributes: {},
            md5OfBody: message.MD5OfBody!,
            eventSource: "aws:sqs",
            eventSourceARN: queueUrl,
            awsRegion: "local",
          })),
        });
        const failed = new Set(batchItemFailures.map((failure) => failure.itemIdentifier));
        const done = Messages.filter((message) => !failed.has(message.MessageId!));
        if (done.length > 0)
          await client.send(
            new DeleteMessageBatchCommand({
              QueueUrl: queueUrl,
              Entries: done.map((message) => ({ Id: message.MessageId!, ReceiptHandle: message.ReceiptHandle! })),
            }),
          );
      } catch {
        await wait(1000, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
      client.destroy();
    },
  };
}

/** Runs a handler at once and then repeatedly, with a pause of `everySeconds` between runs. */
export function schedule(everySeconds: number, handler: () => Promise<void>): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await handler().catch(() => undefined);
      await wait(everySeconds * 1000, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
