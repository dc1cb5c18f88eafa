import { ChangeMessageVisibilityCommand, DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import type { Message, SQSClient } from "@aws-sdk/client-sqs";

/** The maximum of SQS. */
const pollSeconds = 20;
/** The most messages that SQS gives at once. */
export const maxDoorbells = 10;

/** A received message. It permits one claim. */
export interface Doorbell {
  /** Deletes the message after its claim, so that no other worker receives it. */
  delete(): Promise<void>;
  /** Makes the unused message visible to other workers at once. */
  returnToQueue(): Promise<void>;
}

/** One SQS queue whose messages tell workers that jobs are ready. */
export class DoorbellQueue {
  readonly url: string;
  readonly #client: SQSClient;

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.url = url;
  }

  /**
   * Gives at most `count` messages, after a wait of up to 20 s for the first one if `waits`. Throws errors of SQS and the network,
   * and when aborted.
   */
  async receive(count: number, waits: boolean, signal: AbortSignal): Promise<Doorbell[]> {
    const { Messages = [] } = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.url,
        MaxNumberOfMessages: count,
        WaitTimeSeconds: waits ? pollSeconds : 0,
      }),
      { abortSignal: signal },
    );
    return Messages.map((message) => this.#doorbell(message));
  }

  #doorbell({ ReceiptHandle }: Message): Doorbell {
    const message = { QueueUrl: this.url, ReceiptHandle };
    return {
      delete: async () => void (await this.#client.send(new DeleteMessageCommand(message))),
      returnToQueue: async () =>
        void (await this.#client.send(new ChangeMessageVisibilityCommand({ ...message, VisibilityTimeout: 0 }))),
    };
  }
}
