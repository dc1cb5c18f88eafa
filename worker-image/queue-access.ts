import { SQSClient } from "@aws-sdk/client-sqs";
import type { SQSClientConfig } from "@aws-sdk/client-sqs";
import { isRefused } from "./http.ts";
import type { Log } from "./log.ts";
import type { LentCredentials, WorkerApi } from "./api-client.ts";

/** Each queue's long poll holds a connection for 20 s, so many queues need many connections. */
const unlimitedSockets = { maxSockets: Infinity };
const clientConfig: SQSClientConfig = {
  requestHandler: { httpAgent: unlimitedSockets, httpsAgent: unlimitedSockets },
};

/** SQS client of the platform's own workers, with the credentials of their machine or role. */
export const ownAccess = (): SQSClient => new SQSClient(clientConfig);

/**
 * SQS client of an organizer's worker. The platform lends it credentials for its one queue, which are valid for at most an
 * hour and are renewed when needed.
 */
export function lentAccess(first: LentCredentials, api: Pick<WorkerApi, "lend">, log: Log): SQSClient {
  const lender = new CredentialsLender(first, api, log);
  return new SQSClient({
    ...clientConfig,
    region: first.region,
    endpoint: new URL(first.queue).origin,
    credentials: () => lender.current(),
  });
}

/** Gives the SDK lent credentials. The SDK asks at every call from five minutes before the known ones expire. */
class CredentialsLender {
  #lent: LentCredentials;
  /** The first credentials are new, so the first question needs no renewal. */
  #isUsed = false;
  readonly #api: Pick<WorkerApi, "lend">;
  readonly #log: Log;

  constructor(first: LentCredentials, api: Pick<WorkerApi, "lend">, log: Log) {
    this.#lent = first;
    this.#api = api;
    this.#log = log;
  }

  /** Throws `HttpError` when the platform refuses, and any error when the known credentials have expired. */
  async current() {
    if (this.#isUsed) await this.#renew();
    this.#isUsed = true;
    const { credentials, expires } = this.#lent;
    return { ...credentials, expiration: new Date(expires) };
  }

  async #renew(): Promise<void> {
    try {
      this.#lent = await this.#api.lend();
    } catch (error) {
      if (isRefused(error) || Date.parse(this.#lent.expires) <= Date.now()) throw error;
      this.#log.warn("credentials.unrenewed", { error });
    }
  }
}
