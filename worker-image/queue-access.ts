import { SQSClient } from "@aws-sdk/client-sqs";
import type { SQSClientConfig } from "@aws-sdk/client-sqs";
import { isRefused } from "./http.ts";
import type { Log } from "./log.ts";
import type { LentAccess, Platform } from "./api-client.ts";

/** A queue's poll holds its connection for 20 s, and there may be many queues. */
const noLimit = { maxSockets: Infinity };
const always: SQSClientConfig = { requestHandler: { httpAgent: noLimit, httpsAgent: noLimit } };

/** SQS as a worker of the platform itself reaches it: with the machine's own role or keys. */
export const ownAccess = (): SQSClient => new SQSClient(always);

/** SQS as the worker of a queue's owner reaches it: with credentials for that one queue, which the platform lends for an hour at most. */
export function lentAccess(first: LentAccess, platform: Pick<Platform, "lend">, log: Log): SQSClient {
  const lent = new LentCredentials(first, platform, log);
  return new SQSClient({
    ...always,
    region: first.region,
    endpoint: new URL(first.queue).origin,
    credentials: () => lent.current(),
  });
}

/** The SDK asks for new credentials from five minutes before the old ones end, at each call. */
class LentCredentials {
  #lent: LentAccess;
  /** The first ones are as good as new. */
  #isUsed = false;
  readonly #platform: Pick<Platform, "lend">;
  readonly #log: Log;

  constructor(first: LentAccess, platform: Pick<Platform, "lend">, log: Log) {
    this.#lent = first;
    this.#platform = platform;
    this.#log = log;
  }

  /** Throws what the platform says when it lends no more, or does not answer and the old ones have ended. */
  async current() {
    if (this.#isUsed) await this.#renew();
    this.#isUsed = true;
    const { credentials, expires } = this.#lent;
    return { ...credentials, expiration: new Date(expires) };
  }

  async #renew(): Promise<void> {
    try {
      this.#lent = await this.#platform.lend();
    } catch (error) {
      if (isRefused(error) || Date.parse(this.#lent.expires) <= Date.now()) throw error;
      this.#log.warn("credentials.unrenewed", { error });
    }
  }
}
