import { z } from "zod";
import type { QueueRow } from "../../db/queues.ts";
import { may, type Actor } from "../../domain/policy.ts";
import type { Platform } from "../../services/platform.ts";

/** A queue as the API shows it. */
export const queueSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    vhost: z.string().meta({ description: "The id again; what `queue:` in a bundle names" }),
    is_public: z.boolean(),
    owner: z.string().nullable(),
    organizers: z.array(z.object({ username: z.string(), id: z.int() })),
    broker_url: z
      .string()
      .nullable()
      .meta({ description: "For its owner and those it is shared with; there is no secret in it" }),
    created_when: z.iso.datetime(),
    is_owner: z.boolean(),
  })
  .meta({ id: "Queue" });

export const shownQueue = ({ environment }: Platform, viewer: Actor, queue: QueueRow) => ({
  id: queue.id,
  name: queue.name,
  vhost: queue.id,
  is_public: queue.is_public,
  owner: queue.owner,
  organizers: queue.shared_with,
  broker_url: may(viewer, "queue.run", queue) ? `${environment.PUBLIC_URL}/queues/${queue.id}` : null,
  created_when: queue.created_when,
  is_owner: viewer.kind === "user" && queue.owner_id === viewer.id,
});
