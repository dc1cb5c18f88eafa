import * as z from "zod";
import { idParams, secretKey } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";
import { beforeSubmitting } from "../../service/before-submitting.ts";
import { allowanceFields, shownAllowance } from "../shapes/phase.ts";

const size = z.number().nullable().meta({ description: "Null if the profile no longer exists" });

const beforeSubmittingSchema = z
  .object({
    ...allowanceFields,
    left_today: z.int().nullable().meta({ description: "How many you may still make today; null means no limit" }),
    left: z.int().nullable().meta({ description: "How many you may still make in all; null means no limit" }),
    resets_when: z.iso.datetime().nullable().meta({ description: "When the limit for each day begins anew" }),
    time_limit_seconds: z
      .int()
      .meta({ description: "For each step: the least of what phase, queue and platform allow" }),
    max_submission_bytes: z.int().nullable().meta({ description: "What the queue allows; the phase can allow less" }),
    queue_accepts_jobs: z.boolean(),
    usual_wait_seconds: z.number().nullable().meta({
      description:
        "Half of the last hundred runs of a week on the queue began after at most this; null if there were none",
    }),
    waiting_now: z.int().meta({ description: "Runs that wait on the queue" }),
    runs_on: z.enum(["platform", "owner of the queue"]).meta({ description: "Whose machines run it" }),
    machines: z
      .array(
        z.object({
          step: z.string(),
          profile: z.string().meta({ description: "The name of the capacity profile" }),
          vcpus: size,
          memory_mib: size,
          disk_gib: size,
          gpus: size,
        }),
      )
      .meta({ description: "Of each step; none on machines of the queue's owner" }),
  })
  .meta({ id: "BeforeSubmitting" });

export const beforeSubmittingRoute = route({
  method: "GET",
  path: "/api/phases/{id}/before_submitting/",
  summary: "What a submission to a phase will find: the usual wait, the machine, the time limit, and how many are left",
  access: "anyone",
  params: idParams,
  query: z.object({ secret_key: secretKey }),
  answer: { status: 200, description: "How it is now", schema: beforeSubmittingSchema },
  async handle({ context, actor, params, query }) {
    const found = await beforeSubmitting(context, actor, params.id, query.secret_key ?? null);
    return {
      status: 200,
      body: {
        ...shownAllowance(found.allowance),
        left_today: found.left.today,
        left: found.left.inAll,
        resets_when: found.left.resetsWhen,
        time_limit_seconds: found.timeLimitSeconds,
        max_submission_bytes: found.maxSubmissionBytes,
        queue_accepts_jobs: found.acceptsJobs,
        usual_wait_seconds: found.wait.usualSeconds,
        waiting_now: found.wait.waiting,
        runs_on: found.machines === null ? "owner of the queue" : "platform",
        machines: (found.machines ?? []).map(({ step, name, profile }) => ({
          step,
          profile: name,
          vcpus: profile && profile.cpu / 1024,
          memory_mib: profile && profile.memoryMiB,
          disk_gib: profile && profile.diskGiB,
          gpus: profile && profile.gpus,
        })),
      },
    };
  },
});
