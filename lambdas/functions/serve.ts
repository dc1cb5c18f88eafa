import { likelyKey } from "../competitions/rules/bundle-format/spelling.ts";
import { area, type AreaHandler, type Wiring } from "../http/area.ts";
import type { Route } from "../http/route.ts";
import { authenticate } from "./authenticate.ts";
import { currentContext } from "./context.ts";

/** Makes the Lambda handler of an area of the API, for people unless it is wired otherwise. */
export const serve = (
  routes: Record<string, Route[]>,
  wiring: Pick<Wiring, "currentContext" | "authenticate"> = { currentContext, authenticate },
): AreaHandler => area(Object.values(routes).flat(), { ...wiring, likelyName: likelyKey });
