/** API of the quarantine: jobs that the platform failed to run. */
import * as z from "zod";
import { drop, quarantinedJobs, replay } from "../service/quarantine.ts";
import { uuid } from "../../http/fields.ts";
import { offset, page, pageQuery } from "../../http/paging.ts";
import { route } from "../../http/route.ts";
import type { JobOwners } from "../service/job-owner.ts";

const params = z.object({ id: uuid });
const jobParams = z.object({ id: uuid, job: uuid });

const failure = z.object({ code: z.string(), message: z.string(), step: z.string().nullable() });

const quarantinedJob = z.object({
  job: z.string(),
  quarantined_when: z.iso.datetime(),
  reason: failure.meta({ description: "Of its last attempt" }),
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
          .meta({ description: "`released`: a worker that was told to stop gave it back; it does not count as a try" }),
        failure: failure.nullable(),
        started_when: z.string(),
        ended_when: z.string().nullable(),
      }),
    )
    .meta({ description: "Oldest first, including those before a replay" }),
});

/** The schema of a job's description, whichever owner the job has. */
const described = (owners: JobOwners) =>
  z.union([...owners.values()].map(({ shown }) => quarantinedJob.extend(shown.shape))).meta({ id: "QuarantinedJob" });

export const queueQuarantineRoutes = (owners: JobOwners) => [
  route({
    method: "GET",
    path: "/api/queues/{id}/quarantine/",
    summary: "Jobs of a queue of yours that the platform or its workers failed to run, the latest first",
    access: "user",
    params,
    query: pageQuery(100),
    answer: { status: 200, description: "A page of jobs with why they failed", schema: page(described(owners)) },
    async handle({ context, actor, params, query }) {
      const { count, jobs } = await quarantinedJobs(context, owners, actor, params.id, offset(query));
      const results = jobs.map(({ job: { id: job, failure: reason, quarantined_when, attempts }, shown }) => ({
        job,
        reason,
        quarantined_when,
        ...shown,
        attempts,
      }));
      return { status: 200, body: page.of(context, `/api/queues/${params.id}/quarantine/`, query, count, results) };
    },
  }),
  route({
    method: "POST",
    path: "/api/queues/{id}/quarantine/{job}/replay/",
    summary: "Run a quarantined job again, with all its tries again: it waits in the queue",
    access: "user",
    audited: true,
    params: jobParams,
    answer: { status: 204, description: "It is in the queue" },
    async handle({ context, actor, reason, params }) {
      await replay(context, owners, { actor, reason }, params.id, params.job);
      return { status: 204 };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/queues/{id}/quarantine/{job}/",
    summary: "Drop a quarantined job from the list: it stays failed",
    access: "user",
    audited: true,
    params: jobParams,
    answer: { status: 204, description: "It is no longer in the list" },
    async handle({ context, actor, reason, params }) {
      await drop(context, owners, { actor, reason }, params.id, params.job);
      return { status: 204 };
    },
  }),
];
