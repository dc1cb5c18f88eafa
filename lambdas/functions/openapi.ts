import * as z from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from "zod-openapi";
import { reasonHeaderSchema } from "../http/reason.ts";
import type { Route } from "../http/route.ts";

const errorSchema = z
  .looseObject({
    code: z.string().meta({ description: "Stable; programs go by it" }),
    detail: z.string().meta({ description: "A sentence for a person" }),
    request_id: z.string(),
  })
  .meta({
    id: "Error",
    description: "Fields of the request that are wrong come as further keys, each with a list of sentences.",
  });

/** The parts of the description, in its order. */
const tags = [
  "accounts",
  "organizations",
  "competitions",
  "phases",
  "participants",
  "submissions",
  "leaderboards",
  "datasets",
  "tasks",
  "queues",
  "worker",
] as const;

/** Routes by the part of the description that they belong to. */
export type TaggedRoutes = Partial<Record<(typeof tags)[number], Route[]>>;

export type OpenApi = ReturnType<typeof createDocument>;

/** The OpenAPI 3.1 document of routes, from the very schemas that check their requests. */
export function openApi(routes: TaggedRoutes, serverUrl: string): OpenApi {
  const paths: ZodOpenApiPathsObject = {};
  const used = tags.filter((tag) => routes[tag]);
  for (const tag of used)
    for (const route of routes[tag] ?? [])
      paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(tag, route) };
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Benchstack",
      version: "1",
      description:
        "Competitions and benchmarks in the shape of Codabench's API. Log in at /api/api-token-auth/ and send `Authorization: Token <key>`. " +
        "Paths work with and without the slash at the end; bodies may be JSON or forms.",
    },
    servers: [{ url: serverUrl }],
    tags: used.map((name) => ({ name })),
    components: {
      securitySchemes: {
        user: { type: "apiKey", in: "header", name: "Authorization", description: "Token <key>" },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "sessionid",
          description: "Of /accounts/login/; changes need the cookie csrftoken sent back as X-CSRFToken as well",
        },
        worker: { type: "http", scheme: "bearer", description: "The token of a queue's worker" },
      },
    },
    paths,
  });
}

const bodyTypes = (route: Route) =>
  route.takesFiles ? ["multipart/form-data"] : ["application/json", "application/x-www-form-urlencoded"];

function operation(tag: string, route: Route): ZodOpenApiOperationObject {
  const { status, description, schema } = route.answer;
  return {
    tags: [tag],
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.path.replace(/[^a-z_]+([a-z_]?)/gi, (_, letter: string) => letter.toUpperCase())}`,
    ...(route.access === "anyone"
      ? {}
      : { security: route.access === "user" ? [{ user: [] }, { session: [] }] : [{ worker: [] }] }),
    requestParams: {
      ...(route.params ? { path: route.params as z.ZodObject } : {}),
      ...(route.query ? { query: route.query as z.ZodObject } : {}),
      ...(route.audited ? { header: reasonHeaderSchema } : {}),
    },
    ...(route.body
      ? {
          requestBody: {
            required: true,
            content: Object.fromEntries(bodyTypes(route).map((type) => [type, { schema: route.body }])),
          },
        }
      : {}),
    responses: {
      [status]: { description, ...(schema ? { content: { "application/json": { schema } } } : {}) },
      default: { description: "Refused, or failed", content: { "application/json": { schema: errorSchema } } },
    },
  };
}
