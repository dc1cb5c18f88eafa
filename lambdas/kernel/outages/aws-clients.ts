import { isNetworkError, Unavailable, type Service } from "./unavailable.ts";

/** The part of the middleware stack of every AWS client that is used here. */
interface AwsClient {
  middlewareStack: {
    add(
      middleware: (next: (args: never) => Promise<unknown>) => (args: never) => Promise<unknown>,
      options: { name: string; step: "initialize"; priority: "high" },
    ): void;
  };
}

/** Makes a client of the AWS SDK throw `Unavailable` when its service still cannot be reached after the SDK's own tries. */
export function tellOutages<Client extends object>(client: Client, service: Service): Client {
  (client as unknown as AwsClient).middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        throw isOutage(error) ? new Unavailable(service, error) : error;
      }
    },
    // Around all others, those that try again too.
    { name: "tellOutages", step: "initialize", priority: "high" },
  );
  return client;
}

/** S3 asks for fewer requests with 503 as well, SQS with 403 and a name. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isNetworkError(error) || error.name === "TimeoutError") return true;
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 500 || status === 429 || /^(RequestThrottled|ThrottlingException|SlowDown)$/.test(error.name);
}
