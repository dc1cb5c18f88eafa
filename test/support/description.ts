import assert from "node:assert/strict";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { allRoutes } from "../../lambdas/functions/all-routes.ts";
import { openApi } from "../../lambdas/functions/openapi.ts";
import type { Route } from "../../lambdas/http/route.ts";
import type { Answer } from "./http.ts";

const document = openApi(allRoutes, "http://localhost");
const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(document, "document");
const validators = new Map<string, ValidateFunction>();

type Responses = Record<string, { content?: Record<string, object> }>;

const responsesOf = ({ method, path }: Route): Responses =>
  (document.paths![path] as unknown as Record<string, { responses: Responses }>)[method.toLowerCase()]!.responses;

const pointer = (...keys: string[]) =>
  `document#/${keys.map((key) => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;

/** Asserts that an answer which is no error has a status, a type and a content that the OpenAPI document describes. */
export function assertDescribed(route: Route, answer: Answer<unknown>): void {
  const name = `${route.method} ${route.path}`;
  const status = String(answer.status);
  const responses = responsesOf(route);
  assert.ok(status in responses, `${name} answers ${status}: the document has ${Object.keys(responses).join(", ")}`);
  const { content } = responses[status]!;
  const type = answer.headers.get("content-type")?.split(";")[0];
  if (!content) return assert.equal(answer.text === "" ? undefined : type, undefined, `${name} has a body of ${type}`);
  assert.ok(
    type !== undefined && type in content,
    `${name} answers ${type}: the document has ${Object.keys(content).join(", ")}`,
  );
  if (type !== "application/json") return;
  const place = pointer(
    "paths",
    route.path,
    route.method.toLowerCase(),
    "responses",
    status,
    "content",
    type,
    "schema",
  );
  const validate = validators.get(place) ?? ajv.compile({ $ref: place });
  validators.set(place, validate);
  assert.ok(validate(answer.body), `${name}: ${ajv.errorsText(validate.errors)}\n${answer.text.slice(0, 2000)}`);
}
