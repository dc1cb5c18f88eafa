import * as z from "zod";
import { drop, quarantinedJobs, replay } from "../service/quarantine.ts";
import { uuid } from "../../http/fields.ts";
import { offset, page, pageQuery } from "../../http/paging.ts";
import { route } from "../../http/route.ts";

/** What failed on a queue by no fault of its own. */

const params = z.object({ id: uuid });
const jobParams = z.object({ id: uuid, job: uuid });

const failure = z.object({ code: z.string(), message: z.string(), step: z.string().nullable() });

const quarantinedJob = z
  .object({
    job: z.string(),
    submission: z.int(),
    competition: z.object({ id: z.int(), title: z.string() }),
    quarantined_when: z.iso.datetime(),
    reason: failure.meta({ description: "Of its last attempt; what the submission says as well" }),
    attempts: z
      .array(
        z.object({
          id: z.string(),
          number: z.int(),
          host: z.string(),
          launcher: z.string(),
          outcome: z
            .string()
            .nullable()
            .meta({ description: "`released` was given back by a worker that was told to stop, and is no try" }),
          failure: failure.nullable(),
          started_when: z.string(),
          ended_when: z.string().nullable(),
        }),
      )
      .meta({ description: "Oldest first, with those of before a replay" }),
  })
  .meta({ id: "QuarantinedJob" });

export const queueQuarantineRoutes = [
  route({
    method: "GET",
    path: "/api/queues/{id}/quarantine/",
    summary: "Jobs of a queue of yours that the platform or its workers could not run to their end, the latest first",
    access: "user",
    params,
    query: pageQuery(100),
    answer: { status: 200, description: "A page of jobs with why they failed", schema: page(quarantinedJob) },
    async handle({ context, actor, params, query }) {
      const { count, jobs } = await quarantinedJobs(context, actor, params.id, offset(query));
      const results = jobs.map(({ id: job, failure: reason, ...rest }) => ({ job, reason, ...rest }));
      return { status: 200, body: page.of(context, `/api/queues/${params.id}/quarantine/`, query, count, results) };
    },
  }),
  route({
    method: "POST",
    path: "/api/queues/{id}/quarantine/{job}/replay/",
    summary: "Run a quarantined job again, with all its tries anew: its submission waits in the queue again",
    access: "user",
    audited: true,
    params: jobParams,
    answer: { status: 204, description: "It is in the queue" },
    async handle({ context, actor, reason, params }) {
      await replay(context, { actor, reason }, params.id, params.job);
      return { status: 204 };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/queues/{id}/quarantine/{job}/",
    summary: "Drop a quarantined job from the list: its submission stays failed",
    access: "user",
    audited: true,
    params: jobParams,
    answer: { status: 204, description: "It is in the list no more" },
    async handle({ context, actor, reason, params }) {
      await drop(context, { actor, reason }, params.id, params.job);
      return { status: 204 };
    },
  }),
];
