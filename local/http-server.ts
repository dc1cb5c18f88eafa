import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { createPatientServer } from "../gateway/patient-server.ts";
import type { AreaHandler } from "../lambdas/http/area.ts";
import { processLog } from "../lambdas/kernel/log.ts";
import { areas } from "../lambdas/functions/areas.ts";
import { listen } from "../gateway/listen.ts";

/** The maximum of Lambda. */
const maxBodyBytes = 6 * 1024 * 1024;
/** The maximum of API Gateway. */
const maxRequestSeconds = 30;

/** Something beside the API that answers some of the requests to the platform's port. */
export interface Neighbour {
  isFor: (request: IncomingMessage) => boolean;
  answer: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface PlatformServer {
  port: number;
  /** Answers requests from now on. Until then, and after `pause`, they get 503. */
  open(neighbours: Neighbour[]): void;
  pause(): void;
  close(): Promise<void>;
}

/**
 * Starts the one HTTP server of the platform. It passes requests to its neighbours or, as events of API Gateway's HTTP
 * APIs, to the Lambda handlers of the API.
 */
export async function startHttpServer(options: { host: string; port: number }): Promise<PlatformServer> {
  const handlers = new Map<string, Promise<{ handler: AreaHandler }>>();
  const load = (entry: string) => {
    const loaded = handlers.get(entry) ?? (import(`../${entry}`) as Promise<{ handler: AreaHandler }>);
    handlers.set(entry, loaded);
    return loaded;
  };

  let neighbours: Neighbour[] | null = null;
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    // Files that people uploaded come from the same origin as the API.
    response.setHeader("x-content-type-options", "nosniff");
    const neighbour = neighbours?.find((one) => one.isFor(request));
    if (neighbour) {
      neighbour.answer(request, response);
      return;
    }
    if (request.headers.expect !== undefined) response.writeContinue();
    const requestId = randomUUID();
    if (neighbours === null) send(response, notOpen(requestId), requestId);
    else
      answer(request, requestId, load).then(
        (result) => send(response, result, requestId),
        // The client went away before its request was whole.
        () => response.destroy(),
      );
  };
  const server = createPatientServer(listener);
  return {
    port: await listen(server, options.port, options.host),
    open: (opened) => void (neighbours = opened),
    pause: () => void (neighbours = null),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

const notOpen = (requestId: string) => ({
  ...refusal(503, "NOT_READY", "The platform is starting or stopping. Try again in a moment.", requestId),
  headers: { "retry-after": "1" },
});

async function answer(
  request: IncomingMessage,
  requestId: string,
  load: (entry: string) => Promise<{ handler: AreaHandler }>,
): Promise<APIGatewayProxyStructuredResultV2> {
  const startedAt = performance.now();
  const method = request.method ?? "GET";
  const log = processLog().with({ correlationId: requestId });
  /** Logs what no area answers, as areas log their own answers. */
  const own = (result: APIGatewayProxyStructuredResultV2) => {
    log.info("request.answered", {
      method,
      status: result.statusCode ?? 200,
      ms: Math.round(performance.now() - startedAt),
    });
    return result;
  };
  // Not resolved against a base URL, because a path that begins with two slashes would become a host.
  const url = new URL(`http://localhost${request.url?.startsWith("/") ? request.url : "/"}`);
  const entry = entryFor(url.pathname);
  if (url.pathname === "/") return own({ statusCode: 302, headers: { location: "/api/docs/" } });
  if (!entry) return own(refusal(404, "NO_SUCH_ROUTE", `There is nothing at ${url.pathname}.`, requestId));
  const body = await readBody(request);
  if (!body) {
    const detail = "A request body may have at most 6 MB. Upload files to the signed URL of a dataset.";
    return own({ ...refusal(413, "BODY_TOO_LARGE", detail, requestId), headers: { connection: "close" } });
  }
  try {
    const { handler } = await load(entry);
    return await handler(toEvent(request, url, body, requestId), context());
  } catch (error) {
    log.error("request.failed", { method, error });
    return own({ statusCode: 500, body: JSON.stringify({ message: "Internal Server Error" }) });
  }
}

/** Whether a path has routes of the API. */
export const isOfApi = (path: string): boolean => entryFor(path) !== undefined;

const entryFor = (path: string): string | undefined =>
  Object.values(areas).find(({ paths }) => paths.some((prefix) => path === prefix || path.startsWith(`${prefix}/`)))
    ?.entry;

const refusal = (statusCode: number, code: string, detail: string, requestId: string) => ({
  statusCode,
  body: JSON.stringify({ code, detail, request_id: requestId }),
});

/** Reads the whole body; undefined when it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) return undefined;
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request) {
    length += (piece as Buffer).length;
    if (length > maxBodyBytes) return undefined;
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}

function toEvent(request: IncomingMessage, url: URL, body: Buffer, requestId: string): APIGatewayProxyEventV2 {
  const query = new Map<string, string>();
  for (const [name, value] of url.searchParams)
    query.set(name, query.has(name) ? `${query.get(name)},${value}` : value);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(",") : (value ?? ""),
    ]),
  );
  const now = new Date();
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    ...(request.headers.cookie ? { cookies: request.headers.cookie.split(/; */) } : {}),
    headers,
    ...(query.size > 0 ? { queryStringParameters: Object.fromEntries(query) } : {}),
    requestContext: {
      accountId: "000000000000",
      apiId: "local",
      domainName: request.headers.host ?? "localhost",
      domainPrefix: "local",
      http: {
        method: request.method ?? "GET",
        path: url.pathname,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? "",
        userAgent: request.headers["user-agent"] ?? "",
      },
      requestId,
      routeKey: "$default",
      stage: "$default",
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 ? { body: body.toString("base64") } : {}),
    isBase64Encoded: body.length > 0,
  };
}

function context(): Context {
  const deadline = Date.now() + maxRequestSeconds * 1000;
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: "local",
    functionVersion: "$LATEST",
    invokedFunctionArn: "arn:aws:lambda:local:000000000000:function:local",
    memoryLimitInMB: "512",
    awsRequestId: randomUUID(),
    logGroupName: "local",
    logStreamName: "local",
    getRemainingTimeInMillis: () => deadline - Date.now(),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}

function send(response: ServerResponse, result: APIGatewayProxyStructuredResultV2, requestId: string): void {
  const body = Buffer.from(result.body ?? "", result.isBase64Encoded ? "base64" : "utf8");
  response.writeHead(result.statusCode ?? 200, {
    "x-request-id": requestId,
    ...(body.length > 0 && !result.headers?.["content-type"] ? { "content-type": "application/json" } : {}),
    ...(result.headers as Record<string, string> | undefined),
    ...(result.cookies ? { "set-cookie": result.cookies } : {}),
    // Of a 304, it would be the length of what is not sent.
    ...(result.statusCode === 304 ? {} : { "content-length": body.length }),
  });
  response.end(body);
}
