/** Serves the contents of worksheet bundles as streams. Whoever has a server of HTTP mounts it: it needs no Lambda. */
import { randomUUID } from "node:crypto";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { requireNoMaintenance } from "../accounts/service/maintenance.ts";
import { asRefusal } from "../http/errors.ts";
import { requireOwnSite } from "../http/cookies.ts";
import { forRequest, type Context } from "../kernel/context.ts";
import { Refusal } from "../kernel/refusal.ts";
import { may } from "../policy/policy.ts";
import { answerBlob, type BlobAnswer } from "../worksheets/api/blob.ts";
import { textError } from "../worksheets/api/text-error.ts";
import type { OpenUrl } from "../worksheets/service/contents/upload.ts";
import { authenticateForWorksheets } from "./authenticate.ts";
import { carriedRange } from "./carried-range.ts";
import { currentContext } from "./context.ts";

export interface StreamRequest {
  method: string;
  /** As it stands in the first line of the request: a path, or a whole address as `cl` sends it. */
  target: string;
  headers: Record<string, string>;
  address: string;
  body: AsyncIterable<Buffer>;
}

const pattern = /^\/rest\/bundles\/(0x[0-9a-f]{32})\/contents\/blob(?:\/(.*))?$/;

/** The address that a request names. */
function urlOf(target: string): URL | null {
  const text = target.startsWith("/") ? `http://localhost${target}` : target;
  return URL.canParse(text) ? new URL(text) : null;
}

/** Whether a request is for the contents of a bundle. */
export const isForBlob = (target: string): boolean => pattern.test(urlOf(target)?.pathname ?? "");

/** Answers a request for the contents of a bundle. */
export async function serveBlob(request: StreamRequest, openUrl: OpenUrl): Promise<BlobAnswer> {
  const startedAt = performance.now();
  const requestId = randomUUID();
  const context = forRequest(currentContext(), requestId);
  const route = "/rest/bundles/{uuid}/contents/blob/";
  const ended = (answer: BlobAnswer, code?: string): BlobAnswer => {
    const ms = Math.round(performance.now() - startedAt);
    context.log.info("request.answered", {
      method: request.method,
      route,
      status: answer.status,
      code,
      ms,
      actorId: null,
    });
    return { ...answer, headers: { "x-request-id": requestId, ...answer.headers } };
  };
  try {
    return ended(await answered(context, requestId, request, openUrl));
  } catch (error) {
    const refusal = asRefusal(error);
    if (!refusal) context.log.error("request.failed", { method: request.method, route, error });
    const { status, headers = {}, body } = textError(error, requestId);
    const text = Buffer.from(String(body));
    return ended(
      { status, headers: { ...headers, "content-length": String(text.length) }, body: only(text) },
      refusal?.code ?? "INTERNAL",
    );
  }
}

async function* only(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes;
}

async function answered(
  context: Context,
  requestId: string,
  { method, target, headers, address, body }: StreamRequest,
  openUrl: OpenUrl,
): Promise<BlobAnswer> {
  const url = urlOf(target)!;
  const [, uuid = "", path = ""] = pattern.exec(url.pathname)!;
  const event = eventOf({ method, url, headers, address, requestId });
  const { actor, login } = await authenticateForWorksheets(context, event);
  const isChange = method !== "GET" && method !== "HEAD";
  if (actor.kind === "worker")
    throw new Refusal("forbidden", "WORKER_TOKEN", "The token of a worker opens the worker API only.");
  if (isChange && login && login.scopes !== null)
    throw new Refusal("forbidden", "SCOPE_MISSING", "This needs a session, or a token without scopes.");
  if (isChange && actor.kind === "user" && actor.impersonatedBy)
    throw new Refusal("forbidden", "IMPERSONATING", `You act as ${actor.username}. Uploads are for the person alone.`);
  if (isChange && login?.kind === "session") await requireOwnSite(event, context.environment.PUBLIC_URL);
  if (isChange && !may(actor, "platform.administer", null)) await requireNoMaintenance(context);
  const request = {
    method,
    uuid,
    path: decoded(path),
    query: url.searchParams,
    header: (name: string) => headers[name] ?? (name === "range" ? headers[carriedRange] : undefined),
    body,
  };
  return answerBlob(context, actor, request, openUrl);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refusal("invalid", "INVALID", "The path is not encoded as paths in addresses are.");
  }
}

/** What the rules of logins look at. */
function eventOf(request: {
  method: string;
  url: URL;
  headers: Record<string, string>;
  address: string;
  requestId: string;
}): APIGatewayProxyEventV2 {
  const { method, url, headers, address, requestId } = request;
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    ...(headers["cookie"] ? { cookies: headers["cookie"].split(/; */) } : {}),
    headers,
    requestContext: {
      accountId: "",
      apiId: "",
      domainName: headers["host"] ?? "",
      domainPrefix: "",
      http: {
        method,
        path: url.pathname,
        protocol: "HTTP/1.1",
        sourceIp: address,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId,
      routeKey: "$default",
      stage: "$default",
      time: "",
      timeEpoch: 0,
    },
    isBase64Encoded: false,
  };
}
