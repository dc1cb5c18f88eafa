import * as z from "zod";
import type { OfferedProfiles } from "../../../../contract/capacity-profile.ts";
import type { QueueRow } from "../../../jobs/service/queues.ts";
import { profileBarrier } from "../../../jobs/rules/capacity.ts";
import { may, permissions, type Actor } from "../../../policy/policy.ts";
import type { Context } from "../../../kernel/context.ts";
import { permissionsSchema } from "../../../http/permissions.ts";
import { queueFields } from "../../rules/queue-fields.ts";

/** How the API shows a queue. */
export const queueSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    vhost: z.string().meta({ description: "The same as id; use it for `queue:` in a bundle" }),
    is_public: z.boolean(),
    owner: z.string().nullable(),
    organizers: z.array(z.object({ username: z.string(), id: z.int() })),
    broker_url: z
      .string()
      .nullable()
      .meta({ description: "Visible to the owner and the people it is shared with; it contains no secret" }),
    created_when: z.iso.datetime(),
    is_owner: z.boolean(),
    prediction_profile: z.string().nullable().meta({
      description:
        "Capacity profile on which the platform's workers run this step; null if the owner's own machines serve the queue",
    }),
    scoring_profile: z.string().nullable(),
    max_running: z.int().nullable().meta({ description: "Maximum number of jobs that run at a time" }),
    max_step_seconds: z.int().nullable().meta({ description: "Maximum seconds that a step may run" }),
    max_submission_bytes: z.int().nullable(),
    accepts_jobs: z
      .boolean()
      .meta({ description: "False while the queue is drained: its jobs still run, but no job is added" }),
    problem: z.string().nullable().meta({ description: "Why the platform's workers do not run its jobs" }),
    permissions: permissionsSchema("queue"),
  })
  .meta({ id: "Queue" });

export const shownQueue = ({ environment }: Context, viewer: Actor, profiles: OfferedProfiles, queue: QueueRow) => ({
  id: queue.id,
  name: queue.name,
  vhost: queue.id,
  is_public: queue.is_public,
  owner: queue.owner,
  organizers: queue.shared_with,
  broker_url: may(viewer, "queue.run", queue) ? `${environment.PUBLIC_URL}/queues/${queue.id}` : null,
  created_when: queue.created_when,
  is_owner: viewer.kind === "user" && queue.owner_id === viewer.id,
  ...queueFields(queue),
  accepts_jobs: queue.accepts_jobs,
  problem: profileBarrier(queue, queue.chooser, profiles),
  permissions: permissions(viewer, "queue", queue),
});
