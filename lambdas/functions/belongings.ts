import { ownBelongings, organizationHandOver } from "../accounts/service/own-belongings.ts";
import type { HandOverKinds } from "../accounts/service/hand-over.ts";
import { shownSubmission } from "../competitions/api/shapes/submission.ts";
import { competitionBelongings } from "../competitions/service/belongings.ts";
import { competitionHandOver } from "../competitions/service/hand-over.ts";
import { forumBelongings } from "../forum/service/belongings.ts";
import { worksheetBelongings } from "../worksheets/service/belongings.ts";
import { queueBelongings, queueHandOver } from "../jobs/service/queue-hand-over.ts";

/** What people own in each wing. Competitions come first, because their submissions use the rest. */
export const belongings = [
  competitionBelongings(shownSubmission),
  queueBelongings,
  forumBelongings,
  worksheetBelongings,
  ownBelongings,
];

/** What people can hand over. */
export const handOverKinds: HandOverKinds = {
  competition: competitionHandOver,
  organization: organizationHandOver,
  queue: queueHandOver,
};
