import { bundleDetailRoutes } from "../../worksheets/api/bundle-details.ts";
import { bundleRoutes } from "../../worksheets/api/bundles.ts";
import { contentsRoutes } from "../../worksheets/api/contents.ts";
import { groupRoutes } from "../../worksheets/api/groups.ts";
import { interpretRoutes } from "../../worksheets/api/interpret.ts";
import { oauthRoutes } from "../../worksheets/api/oauth.ts";
import { peopleRoutes } from "../../worksheets/api/people.ts";
import { portRoutes } from "../../worksheets/api/ports.ts";
import { textError } from "../../worksheets/api/text-error.ts";
import { itemRoutes } from "../../worksheets/api/worksheet-items.ts";
import { worksheetRoutes } from "../../worksheets/api/worksheets.ts";
import { authenticateForWorksheets } from "../authenticate.ts";
import type { TaggedRoutes } from "../openapi.ts";
import { serve } from "../serve.ts";

export const routes = {
  worksheets: [
    ...oauthRoutes,
    ...peopleRoutes,
    ...groupRoutes,
    ...worksheetRoutes,
    ...itemRoutes,
    ...bundleRoutes,
    ...bundleDetailRoutes,
    ...contentsRoutes,
    ...portRoutes,
    ...interpretRoutes,
  ],
} satisfies TaggedRoutes;

export const handler = serve(routes, { authenticate: authenticateForWorksheets, answerError: textError });
