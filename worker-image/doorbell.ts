import { ChangeMessageVisibilityCommand, DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import type { Message, SQSClient } from "@aws-sdk/client-sqs";

/** The longest that SQS lets a poll wait. */
const pollSeconds = 20;
/** The most that SQS gives at once. */
const maxMessages = 10;

/** Leave to claim once. */
export interface Ring {
  /** It was used, so that nobody else uses it. */
  used(): Promise<void>;
  /** It was not used; another worker may have it at once. */
  giveBack(): Promise<void>;
}

/** One SQS queue whose messages say that there is work. */
export class Doorbell {
  readonly url: string;
  readonly #client: SQSClient;

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.url = url;
  }

  /** Waits up to 20 s for at most `count` rings. Throws what SQS or the network says, or when aborted. */
  async listen(count: number, signal: AbortSignal): Promise<Ring[]> {
    const { Messages = [] } = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.url,
        MaxNumberOfMessages: Math.min(count, maxMessages),
        WaitTimeSeconds: pollSeconds,
      }),
      { abortSignal: signal },
    );
    return Messages.map((message) => this.#ring(message));
  }

  #ring({ ReceiptHandle }: Message): Ring {
    const message = { QueueUrl: this.url, ReceiptHandle };
    return {
      used: async () => void (await this.#client.send(new DeleteMessageCommand(message))),
      giveBack: async () =>
        void (await this.#client.send(new ChangeMessageVisibilityCommand({ ...message, VisibilityTimeout: 0 }))),
    };
  }
}
