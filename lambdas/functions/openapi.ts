import * as z from "zod";
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from "zod-openapi";
import { reasonHeaderSchema } from "../http/reason.ts";
import type { Route } from "../http/route.ts";

const errorSchema = z
  .looseObject({
    code: z.string().meta({ description: "A stable code for programs" }),
    detail: z.string().meta({ description: "A message for people" }),
    request_id: z.string(),
  })
  .meta({
    id: "Error",
    description: "Each invalid field of the request is a further key, with a list of messages.",
  });

/** The sections of the API documentation, in order. */
const tags = [
  "accounts",
  "organizations",
  "competitions",
  "phases",
  "participants",
  "submissions",
  "leaderboards",
  "forum",
  "datasets",
  "tasks",
  "storage",
  "queues",
  "administration",
  "platform",
  "worker",
  "worksheets",
] as const;

/** Routes, grouped by their section of the documentation. */
export type TaggedRoutes = Partial<Record<(typeof tags)[number], Route[]>>;

export type OpenApi = ReturnType<typeof createDocument>;

/** Builds the OpenAPI 3.1 document from the same schemas that validate the requests. */
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
        "Competitions and benchmarks, compatible with Codabench's API. Log in at /api/api-token-auth/ and send `Authorization: Token <key>`. " +
        "Paths work with and without a trailing slash. Bodies may be JSON or forms. " +
        "An answer of more than 5 MB is a redirect (303) to the same answer, which can be fetched for an hour. A read with the `If-None-Match` of the answer before is answered 304 if nothing has changed. " +
        "If a request contains fields or query parameters that it cannot contain, they are ignored, and the header `Warning` of the answer names them.",
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
          description:
            "Set by /accounts/login/. Changes must also send the value of the cookie csrftoken as the header X-CSRFToken",
        },
        worker: { type: "http", scheme: "bearer", description: "The token of a worker" },
      },
    },
    paths,
  });
}

const bodyTypes = (route: Route) =>
  route.takesFiles ? ["multipart/form-data"] : ["application/json", "application/x-www-form-urlencoded"];

/** The media types of the formats that a query can ask for. */
const typesOfFormats: Record<string, string> = { csv: "text/csv", zip: "application/zip" };

const formatsOf = ({ query }: Route): string[] => {
  const format: unknown = query instanceof z.ZodObject ? query.shape["format"] : undefined;
  const values: unknown = format instanceof z.ZodDefault ? format.unwrap() : format;
  return values instanceof z.ZodEnum ? values.options.map(String).filter((name) => name in typesOfFormats) : [];
};

/** The bodies of a successful answer, by their media types. */
function contentOf(route: Route): ZodOpenApiResponseObject["content"] {
  const { schema, type } = route.answer;
  if (!schema && type === undefined) return undefined;
  return {
    [type ?? "application/json"]: { schema: schema ?? z.string() },
    ...Object.fromEntries(formatsOf(route).map((format) => [typesOfFormats[format]!, { schema: z.string() }])),
  };
}

/** Worksheets tell errors as texts, with the code in the header `x-error-code`; OAuth2 has a form of its own. */
function errorOf({ path }: Route): NonNullable<ZodOpenApiResponseObject["content"]> {
  if (!path.startsWith("/rest/")) return { "application/json": { schema: errorSchema } };
  const texts = { "text/plain": { schema: z.string() } };
  if (!path.startsWith("/rest/oauth2/")) return texts;
  return { ...texts, "application/json": { schema: z.looseObject({ error: z.string() }) } };
}

function operation(tag: string, route: Route): ZodOpenApiOperationObject {
  const { status, description, also = {} } = route.answer;
  const content = contentOf(route);
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
      [status]: { description, ...(content ? { content } : {}) },
      ...Object.fromEntries(
        Object.entries(also).map(([status, { description, type }]) => [
          status,
          { description, ...(type === undefined ? {} : { content: { [type]: { schema: z.string() } } }) },
        ]),
      ),
      default: { description: "An error", content: errorOf(route) },
    },
  };
}
