import * as z from "zod";
import { route } from "../../http/route.ts";
import { openApi } from "../openapi.ts";
import { renderDescription } from "../description-page.ts";
import { allRoutes } from "../all-routes.ts";
import { serve } from "../serve.ts";

const descriptionRoutes = [
  // The second is Codabench's path. JSON is YAML, which clients expect there.
  ...["/api/schema.json", "/api/api/schema/"].map((path) =>
    route({
      method: "GET",
      path,
      summary: "This API as OpenAPI 3.1",
      access: "anyone",
      answer: { status: 200, description: "The description", schema: z.looseObject({}) },
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
    summary: "Where Codabench has another page of its API",
    access: "anyone",
    answer: { status: 302, description: "Where it is here" },
    handle: () => Promise.resolve({ status: 302, headers: { location: "/api/docs/" } }),
  }),
  route({
    method: "GET",
    path: "/api/docs/",
    summary: "This API as a page",
    access: "anyone",
    answer: { status: 200, description: "The page" },
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
