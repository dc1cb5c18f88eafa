/** The service that streams the contents of worksheet bundles where the rest of the API is Lambda functions. */
import { randomUUID } from "node:crypto";
import type { OpenUrl } from "../lambdas/worksheets/service/contents/upload.ts";
import { listen } from "./listen.ts";
import { createPatientServer } from "./patient-server.ts";
import { answerContents, isForContents } from "./requests.ts";

export interface Gateway {
  port: number;
  /** Accepts no more requests, and resolves when running ones have ended. */
  close(): Promise<void>;
}

/** Where the load balancer asks whether the gateway runs. */
export const healthPath = "/health";
/** Longer than the load balancer keeps a connection, so that it sends no request on one that ends. */
const keepAliveTimeout = 130_000;

/** Starts the gateway. Port 0 is a free one. */
export async function startGateway(port: number, openUrl: OpenUrl, host = "0.0.0.0"): Promise<Gateway> {
  const server = createPatientServer(
    (request, response) => {
      // Files that people uploaded come from the same origin as the API.
      response.setHeader("x-content-type-options", "nosniff");
      if (isForContents(request)) return answerContents(request, response, openUrl);
      const isHealth = request.url === healthPath;
      const text = isHealth ? "The gateway runs.\n" : "The gateway answers for the contents of bundles only.\n";
      response.writeHead(isHealth ? 200 : 404, {
        "content-type": "text/plain; charset=utf-8",
        "x-request-id": randomUUID(),
        ...(isHealth ? {} : { "x-error-code": "NO_SUCH_ROUTE" }),
      });
      response.end(text);
    },
    { keepAliveTimeout },
  );
  return {
    port: await listen(server, port, host),
    close: () => new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve()))),
  };
}
