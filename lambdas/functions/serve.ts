import { likelyKey } from "../competitions/rules/bundle-format/spelling.ts";
import { area, type AreaHandler } from "../http/area.ts";
import type { Route } from "../http/route.ts";
import { authenticate } from "./authenticate.ts";
import { currentContext } from "./context.ts";

/** Makes the Lambda handler of an area of the API. */
export const serve = (routes: Record<string, Route[]>): AreaHandler =>
  area(Object.values(routes).flat(), { currentContext, authenticate, likelyName: likelyKey });
