import * as z from "zod";
import { route } from "../../http/route.ts";
import { openApi } from "../openapi.ts";
import { renderDescription } from "../description-page.ts";
import { allRoutes } from "../all-routes.ts";
import { serve } from "../serve.ts";

const descriptionRoutes = [
  // The second path is Codabench's. Its clients expect YAML, and JSON is valid YAML.
  ...["/api/schema.json", "/api/api/schema/"].map((path) =>
    route({
      method: "GET",
      path,
      summary: "The OpenAPI 3.1 document of this API",
      access: "anyone",
      answer: { status: 200, description: "The OpenAPI document", schema: z.looseObject({}) },
      handle: ({ context }) =>
        Promise.resolve({
          status: 200,
          body: openApi(allRoutes, context.environment.PUBLIC_URL),
          headers: { "cache-control": "max-age=300" },
        }),
    }),
  ),
  route({
    method: "GET",
    path: "/api/redoc/",
    summary: "Redirect from the address of Codabench's second documentation page",
    access: "anyone",
    answer: { status: 302, description: "A redirect to the documentation" },
    handle: () => Promise.resolve({ status: 302, headers: { location: "/api/docs/" } }),
  }),
  route({
    method: "GET",
    path: "/api/docs/",
    summary: "The documentation of this API as a web page",
    access: "anyone",
    answer: { status: 200, description: "The page", type: "text/html" },
    handle: ({ context }) =>
      Promise.resolve({
        status: 200,
        body: renderDescription(openApi(allRoutes, context.environment.PUBLIC_URL)),
        headers: {
          "content-type": "text/html; charset=utf-8",
          "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
          "cache-control": "max-age=300",
        },
      }),
  }),
];

export const handler = serve({ description: descriptionRoutes });
