import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface AwsCall {
  /** For example `GetSecretValue`; for a REST service, the path. */
  operation: string;
  body: Record<string, unknown>;
}

/** An error that the service answers with, by its name. */
export class AwsError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * A fake AWS service with a JSON protocol, or the older Query protocol, whose answers are XML. It passes each call's operation
 * and body to the test and sends the test's answer. Use it for services without a local implementation.
 */
export async function startAwsJson(
  answer: (call: AwsCall) => unknown,
): Promise<{ url: string; calls: AwsCall[]; close(): Promise<void> }> {
  const calls: AwsCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const target = String(request.headers["x-amz-target"] ?? request.url);
      const text = Buffer.concat(chunks).toString();
      const { Action, ...fields } = Object.fromEntries(new URLSearchParams(text));
      const body = Action ? fields : (JSON.parse(text || "{}") as Record<string, unknown>);
      const call = { operation: Action ?? target.split(".").at(-1)!, body };
      calls.push(call);
      // A thrown error as well as a rejected promise.
      Promise.resolve(call)
        .then(answer)
        .then(
          (result) =>
            Action
              ? response.end(
                  `<${Action}Response><${Action}Result>${String(result ?? "")}</${Action}Result></${Action}Response>`,
                )
              : response
                  .writeHead(200, { "content-type": "application/x-amz-json-1.1" })
                  .end(JSON.stringify(result ?? {})),
          (error: Error) =>
            Action
              ? response
                  .writeHead(400)
                  .end(
                    `<ErrorResponse><Error><Code>${error.name}</Code><Message>${error.message}</Message></Error></ErrorResponse>`,
                  )
              : error instanceof AwsError
                ? response
                    .writeHead(400, { "content-type": "application/x-amz-json-1.1" })
                    .end(JSON.stringify({ __type: error.name, message: error.message }))
                : response
                    .writeHead(200, { "content-type": "application/json", "x-amz-function-error": "Unhandled" })
                    .end(JSON.stringify({ errorMessage: error.message })),
        );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
