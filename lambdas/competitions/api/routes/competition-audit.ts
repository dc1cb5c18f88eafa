import * as z from "zod";
import { competitionFor } from "../../service/access.ts";
import { runnableQueue } from "../../../jobs/service/queues.ts";
import { idParams, uuid } from "../../../http/fields.ts";
import { auditRoute } from "../../../accounts/api/audit.ts";

export const competitionAuditRoute = auditRoute({
  path: "/api/competitions/{id}/",
  what: "a competition",
  who: "organizers",
  params: idParams,
  place: ({ id }) => ({ competition: id }),
  requireReader: (context, actor, { id }) => competitionFor(context, actor, id, "competition.audit"),
});

export const queueAuditRoute = auditRoute({
  path: "/api/queues/{id}/",
  what: "a queue",
  who: "its owner and those it is shared with",
  params: z.object({ id: uuid }),
  place: ({ id }) => ({ queue: id }),
  requireReader: (context, actor, { id }) => runnableQueue(context, actor, id),
});
