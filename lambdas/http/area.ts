// Turns the routes of an area into a Lambda handler: routing, authentication, validation, errors and the request log.
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context as Invocation } from "aws-lambda";
import type * as z from "zod";
import { keepable } from "../../contract/keepable.ts";
import { mayImpersonate } from "../policy/impersonation.ts";
import { may, type Actor } from "../policy/policy.ts";
import { scopesFor } from "../policy/scopes.ts";
import { notLoggedIn, Refusal } from "../kernel/refusal.ts";
import { forRequest, type Context } from "../kernel/context.ts";
import { Unavailable } from "../kernel/outages/unavailable.ts";
import { plainProblem } from "../kernel/plain-problems.ts";
import { readBody, requireSmallBody } from "./body.ts";
import { fromOwnPage, requireOwnSite } from "./cookies.ts";
import { asRefusal, errorAnswer, invalidFields } from "./errors.ts";
import { render } from "./render.ts";
import { aboutIgnored, warningHeader } from "./ignored-fields.ts";
import { answeredOnce } from "./etag.ts";
import { requireKeepable } from "./keepable.ts";
import { reasonOf } from "./reason.ts";
import type { Answer, CurrentLogin, Route } from "./route.ts";

/** Names the administrator who acts as somebody else, on every answer, also on those that refuse. */
const impersonationHeader = "x-impersonated-by";

export type AreaHandler = (
  event: APIGatewayProxyEventV2,
  invocation: Invocation,
) => Promise<APIGatewayProxyStructuredResultV2>;

export interface Authenticated {
  actor: Actor;
  /** Null for anonymous people and workers. */
  login: CurrentLogin | null;
  /** Writes down that a request changes something as somebody else. */
  noteChange?: (request: { method: string; path: string }) => Promise<void>;
}

/** What the entry points pass to an area, because `http` imports no wing. */
export interface Wiring {
  currentContext: () => Context;
  authenticate: (context: Context, event: APIGatewayProxyEventV2) => Promise<Authenticated>;
  /** Refuses changes while the platform is in maintenance mode. */
  requireNoMaintenance: (context: Context) => Promise<void>;
  /** Answers a request that failed, where clients do not expect JSON. */
  answerError?: typeof errorAnswer;
  /** Guesses which of the known names an unknown one means. */
  likelyName: (unknown: string, known: string[]) => string | null;
}

const segments = (path: string) => path.split("/").filter((segment) => segment !== "");

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The path parameters if the path matches the route's pattern, else undefined. */
function match(pattern: string[], path: string[], endIsOpen: boolean): Record<string, string> | undefined {
  if (endIsOpen ? path.length < pattern.length : pattern.length !== path.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const takesRest = endIsOpen && index === pattern.length - 1;
    const actual = takesRest ? path.slice(index) : [path[index]!];
    if (expected.startsWith("{")) params[expected.slice(1, -1)] = actual.map(decode).join("/");
    else if (expected !== actual[0]) return undefined;
  }
  return params;
}

/** Splits a path that ends in a format, for example `results.csv`. */
function withoutFormat(path: string): { path: string; format: string } | undefined {
  const [, base, format] = /^(.+)\.(json|csv|zip|html)\/?$/.exec(path) ?? [];
  return base !== undefined && format !== undefined ? { path: base, format } : undefined;
}

/** Puts routes with fewer parameters first, so that `public` in `competitions/public/` is not read as an id. */
const bySpecificity = (a: { pattern: string[] }, b: { pattern: string[] }) =>
  a.pattern.filter((s) => s.startsWith("{")).length - b.pattern.filter((s) => s.startsWith("{")).length;

/** Makes the Lambda handler of an area from its routes. */
export function area(
  routes: Route[],
  { currentContext, authenticate, requireNoMaintenance, answerError = errorAnswer, likelyName }: Wiring,
): AreaHandler {
  const table = routes.map((route) => ({ route, pattern: segments(route.path) })).sort(bySpecificity);

  const matching = (path: string[]) =>
    table.flatMap(({ route, pattern }) => {
      const params = match(pattern, path, route.endIsOpen ?? false);
      return params ? [{ route, params }] : [];
    });

  function find(method: string, rawPath: string) {
    const suffixed = withoutFormat(rawPath);
    const exact = matching(segments(rawPath));
    const matches =
      suffixed && !exact.some(({ route, params }) => route.hasNoFormats || isPlain(params))
        ? matching(segments(suffixed.path)).map((found) => ({ ...found, format: suffixed.format }))
        : exact.map((found) => ({ ...found, format: undefined }));
    if (matches.length === 0) throw new Refusal("not-found", "NO_SUCH_ROUTE", `There is nothing at ${rawPath}.`);
    const found = matches.find(({ route }) => route.method === (method === "HEAD" ? "GET" : method));
    if (!found) throw new Refusal("method", "METHOD_NOT_ALLOWED", `${rawPath} does not take ${method}.`);
    return found;
  }

  /** Who sends a request. Somebody who is banned is refused, unless the route is for them as well. */
  async function whoSends(
    context: Context,
    { forBanned }: Route,
    event: APIGatewayProxyEventV2,
  ): Promise<Authenticated & { ban?: string }> {
    try {
      return await authenticate(context, event);
    } catch (error) {
      if (!forBanned || !(error instanceof Refusal) || error.code !== "BANNED") throw error;
      return { actor: { kind: "anonymous" }, login: null, ban: error.message };
    }
  }

  async function answer(
    context: Context,
    { route, params, format }: ReturnType<typeof find>,
    event: APIGatewayProxyEventV2,
    seen: Seen,
  ): Promise<Answer> {
    const { actor, login, noteChange, ban } = await whoSends(context, route, event);
    seen.actor = actor;
    requireAccess(route, actor);
    requireOwnAct(route, actor);
    if (login) requireScope(route, login);
    if (actor.kind === "anonymous") requireSmallBody(event);
    // Browsers also send cookies when another site makes the request.
    if (login?.kind === "session") await requireIntent(route, event, context.environment.PUBLIC_URL);
    if (isStoppedByMaintenance(route, actor)) await requireNoMaintenance(context);
    const body = await bodyOf(route, event);
    const request = {
      actor,
      params: parse(route.params, params, "not-found"),
      query: parse(
        route.query,
        { ...nonEmptyParameters(event.queryStringParameters), ...(format && { format }) },
        "invalid",
      ),
      body: parse(route.body, body, "invalid"),
      context,
      reason: reasonOf(event),
      login,
      ban: ban ?? null,
      event,
    };
    // Before it is handled, so that nothing is changed of which nobody knows.
    if (isChange(route)) await noteChange?.({ method: event.requestContext.http.method, path: event.rawPath });
    const answered = await route.handle(request as Parameters<typeof route.handle>[0]);
    const ignored =
      route.access === "worker" || route.passesOn
        ? []
        : aboutIgnored(route, event.queryStringParameters ?? {}, body, answered.body, likelyName);
    return withWarnings(answered, ignored);
  }

  return async (event, { awsRequestId }) => {
    const startedAt = performance.now();
    const { requestId, http } = event.requestContext;
    const context = forRequest(currentContext(), requestId);
    const log = context.log.with({ functionRequestId: awsRequestId });
    const seen: Seen = {};
    const answered = async (): Promise<Answer> => {
      try {
        const found = find(http.method, event.rawPath);
        seen.route = found.route;
        return await answer(context, found, event, seen);
      } catch (error) {
        return refused(error);
      }
    };
    const refused = (error: unknown): Answer => {
      const refusal = asRefusal(error);
      seen.code = refusal?.code ?? "INTERNAL";
      const failed = { method: http.method, route: seen.route?.path, error };
      if (!refusal) log.error("request.failed", failed);
      if (error instanceof Unavailable) log.warn("request.unavailable", failed);
      return answerError(error, requestId, seen.route?.reasonUnder);
    };
    const rendered = await render(context, await answered(), requestId).catch((error: unknown) =>
      render(context, refused(error), requestId),
    );
    const { actor, route, code } = seen;
    if (actor?.kind === "user" && actor.impersonatedBy)
      rendered.headers = {
        ...rendered.headers,
        [impersonationHeader]: encodeURIComponent(actor.impersonatedBy.username),
      };
    const result = route && !isChange(route) ? answeredOnce(event, rendered, context.now()) : rendered;
    const status = result.statusCode ?? 200;
    if (actor?.kind !== "worker" || status >= 400)
      log.info("request.answered", {
        method: http.method,
        route: route?.path,
        status,
        code,
        ms: Math.round(performance.now() - startedAt),
        actor: actor?.kind,
        actorId: actor?.kind === "user" ? actor.id : null,
      });
    return result;
  };
}

/** What the request log reports, collected while the request is handled. */
interface Seen {
  route?: Route;
  actor?: Actor;
  /** The error code, if the request was refused. */
  code?: string;
}

/** The query parameters without empty ones, because HTML forms also send fields that were left empty. */
const nonEmptyParameters = (query: APIGatewayProxyEventV2["queryStringParameters"]) =>
  Object.fromEntries(Object.entries(query ?? {}).filter(([, value]) => value !== ""));

/** Whether no parameter ends in a format suffix. Only fixed segments of a route may end in one, for example `schema.json`. */
const isPlain = (params: Record<string, string>) => !Object.values(params).some((value) => withoutFormat(value));

/** The body of a request. A route that reads none also accepts one that cannot be parsed. */
async function bodyOf(route: Route, event: APIGatewayProxyEventV2): Promise<unknown> {
  if (route.passesOn) return undefined;
  if (!route.body)
    return route.method === "GET" ? undefined : readBody(event, { takesFiles: true }).catch(() => undefined);
  const body = await readBody(event, { takesFiles: route.takesFiles ?? false, maxValues: route.maxValues });
  return route.access === "worker" ? keepable(body) : body;
}

/** Adds the warnings of the route and those about its request as a header. */
function withWarnings(answer: Answer, warnings: string[]): Answer {
  const all = [...(answer.warnings ?? []), ...warnings];
  return all.length === 0 ? answer : { ...answer, headers: { ...answer.headers, warning: warningHeader(all) } };
}

/** Protects sessions from forged requests: a change must come from one of our own pages. */
async function requireIntent(route: Route, event: APIGatewayProxyEventV2, publicUrl: string): Promise<void> {
  if (!isChange(route)) return;
  if (route.changes && fromOwnPage(event, publicUrl)) return;
  await requireOwnSite(event, publicUrl);
}

const isChange = (route: Route): boolean => route.method !== "GET" || route.changes === true;

/** Whether maintenance mode stops a request: only administrators change something, and workers report what they run. */
const isStoppedByMaintenance = (route: Route, actor: Actor): boolean =>
  isChange(route) && !route.inMaintenance && route.access !== "worker" && !may(actor, "platform.administer", null);

/** Refuses what nobody may do as somebody else. */
function requireOwnAct(route: Route, actor: Actor): void {
  if (actor.kind !== "user" || !actor.impersonatedBy) return;
  if (mayImpersonate(route.method, route.path, isChange(route))) return;
  throw new Refusal(
    "forbidden",
    "IMPERSONATING",
    `You act as ${actor.username}. Logins, accounts, exports and deletions are for the person alone.`,
  );
}

/** Refuses what a limited token does not permit. Anybody may do what needs no login. */
function requireScope(route: Route, { scopes }: CurrentLogin): void {
  if (scopes === null || route.access === "anyone") return;
  const permitting = scopesFor(route.method, route.path, isChange(route));
  if (permitting.some((scope) => scopes.includes(scope))) return;
  throw new Refusal(
    "forbidden",
    "SCOPE_MISSING",
    permitting.length === 0
      ? "This needs a session, or a token without scopes."
      : `This needs a token with the scope ${permitting.join(" or ")}. Yours has: ${scopes.join(", ")}.`,
  );
}

function requireAccess(route: Route, actor: Actor): void {
  if (route.access !== "worker" && actor.kind === "worker")
    throw new Refusal("forbidden", "WORKER_TOKEN", "The token of a worker opens the worker API only.");
  if (route.access === "user" && actor.kind !== "user") throw notLoggedIn();
  if (route.access === "worker" && actor.kind !== "worker")
    throw new Refusal("unauthenticated", "NOT_A_WORKER", "This takes the token of a worker.");
}

function parse(schema: z.ZodType | undefined, value: unknown, onError: "invalid" | "not-found"): unknown {
  if (!schema) return undefined;
  if (onError === "invalid") requireKeepable(value);
  const result = schema.safeParse(value, { error: plainProblem });
  if (result.success) return result.data;
  if (onError === "not-found") throw new Refusal("not-found", "NOT_FOUND", "Not found.");
  throw invalidFields(result.error);
}
