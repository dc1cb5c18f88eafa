import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { allRoutes } from "../../../lambdas/functions/all-routes.ts";
import { areas } from "../../../lambdas/functions/areas.ts";
import type { Route } from "../../../lambdas/http/route.ts";

/** The paths that lead to an area, also by way of an area outside that asks it. */
const pathsTo = (name: string) =>
  Object.entries(areas).flatMap(([other, area]) =>
    other === name || ("asks" in area && area.asks === name) ? area.paths : [],
  );

describe("the routes of an area", () => {
  for (const [area, { entry }] of Object.entries(areas))
    it(`${area}: lie under the paths of the area, and are in the description of the API`, async () => {
      // Areas that describe the API or lend credentials export no routes.
      const { routes = {} } = (await import(`../../../${entry}`)) as { routes?: Record<string, Route[]> };
      const described = new Set(Object.values(allRoutes).flat());
      for (const route of Object.values(routes).flat()) {
        const { method, path } = route;
        assert.ok(
          pathsTo(area).some((prefix) => path.startsWith(`${prefix}/`)),
          `${path} is under none of the paths of ${area} in lambdas/functions/areas.ts`,
        );
        assert.ok(described.has(route), `${method} ${path} is not in lambdas/functions/all-routes.ts`);
      }
    });
});
