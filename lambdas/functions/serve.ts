import { requireNoMaintenance } from "../accounts/service/maintenance.ts";
import { likelyKey } from "../competitions/rules/bundle-format/spelling.ts";
import { area, type AreaHandler, type Wiring } from "../http/area.ts";
import type { Route } from "../http/route.ts";
import { authenticate } from "./authenticate.ts";
import { currentContext } from "./context.ts";

/** Makes the Lambda handler of an area of the API, for people and with errors as JSON unless it is wired otherwise. */
export const serve = (
  routes: Record<string, Route[]>,
  wiring: Partial<Pick<Wiring, "currentContext" | "authenticate" | "answerError">> = {},
): AreaHandler =>
  area(Object.values(routes).flat(), {
    currentContext,
    authenticate,
    ...wiring,
    requireNoMaintenance,
    likelyName: likelyKey,
  });
