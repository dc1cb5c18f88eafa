/** The pages, by subject. Each subject has a folder with its routes, pages and texts. */
import { accountSettings, settingsRoute } from "../account/routes.ts";
import { accountRoutes } from "../accounts/routes.ts";
import { adminRoutes } from "../admin/routes.ts";
import { competitionRoute, competitionRoutes, listRoutes } from "../competitions/routes.ts";
import { createRoutes } from "../create/routes.ts";
import { editorRoutes } from "../editor/routes.ts";
import { homeRoutes } from "../home/routes.ts";
import { forumRedirects, forumRoutes } from "../forum/routes.ts";
import { leaderboardRoutes } from "../leaderboard/routes.ts";
import { mineRoutes } from "../my-submissions/routes.ts";
import { noticeRoutes } from "../notices/routes.ts";
import { organizeRoutes } from "../organize/routes.ts";
import { organizationRoutes, organizationSettings } from "../organizations/routes.ts";
import { profileRoutes, profileSettings } from "../people/routes.ts";
import { queueRoutes } from "../queues/routes.ts";
import { resourceRoutes } from "../resources/routes.ts";
import { submissionRoutes } from "../submissions/routes.ts";
import { submitRoutes } from "../submit/routes.ts";
import { worksheetRoutes } from "../worksheets/routes.ts";

export const routes = [
  ...homeRoutes,
  ...listRoutes,
  ...createRoutes,
  ...editorRoutes,
  competitionRoute.addChildren([
    ...competitionRoutes,
    ...leaderboardRoutes,
    ...mineRoutes,
    ...submitRoutes,
    ...forumRoutes,
    ...organizeRoutes,
  ]),
  ...submissionRoutes,
  ...accountRoutes,
  settingsRoute.addChildren([...accountSettings, ...profileSettings, ...organizationSettings]),
  ...profileRoutes,
  ...organizationRoutes,
  ...forumRedirects,
  ...queueRoutes,
  ...resourceRoutes,
  ...worksheetRoutes,
  ...noticeRoutes,
  ...adminRoutes,
];
