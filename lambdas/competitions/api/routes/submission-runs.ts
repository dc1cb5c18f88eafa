import * as z from "zod";
import { submissionFor, visibleSubmission } from "../../service/access.ts";
import { cancel, cancelMany } from "../../service/cancel.ts";
import { changeEntry } from "../../service/leaderboard-entries.ts";
import { rerun, rerunMany } from "../../service/rerun.ts";
import { startWaiting } from "../../service/start-waiting.ts";
import { idParams, ids, uuid } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";
import { skippedSchema } from "../shapes/skipped.ts";

const idAnswer = z.object({ id: z.int() });

export const submissionRunRoutes = [
  ...(["GET", "POST"] as const).map((method) =>
    route({
      method,
      path: "/api/submissions/{id}/cancel_submission/",
      summary: "Cancel a submission and stop its run",
      access: "user",
      audited: true,
      changes: true,
      params: idParams,
      answer: {
        status: 200,
        description: "Whether there was anything to cancel",
        schema: z.object({ canceled: z.boolean() }),
      },
      async handle({ context, actor, reason, params }) {
        const { submission } = await submissionFor(context, actor, params.id, "submission.cancel");
        return { status: 200, body: { canceled: await cancel(context, { actor, reason }, submission) } };
      },
    }),
  ),
  route({
    method: "POST",
    path: "/api/submissions/cancel_many/",
    summary: "Cancel submissions and stop their runs; those that have ended or are not yours are skipped",
    access: "user",
    audited: true,
    body: ids,
    answer: {
      status: 200,
      description: "What was cancelled; refused if nothing was",
      schema: z.object({ cancelled: z.array(z.int()), skipped: skippedSchema }),
    },
    async handle({ context, actor, reason, body }) {
      return { status: 200, body: await cancelMany(context, { actor, reason }, body) };
    },
  }),
  route({
    method: "POST",
    path: "/api/submissions/{id}/run_submission/",
    summary: "Start a waiting submission, if submissions do not run automatically (organizers)",
    access: "user",
    audited: true,
    params: idParams,
    answer: { status: 200, description: "The submission's id", schema: idAnswer },
    async handle({ context, actor, reason, params }) {
      const { submission } = await submissionFor(context, actor, params.id, "submission.run");
      return { status: 200, body: { id: await startWaiting(context, { actor, reason }, submission) } };
    },
  }),
  route({
    method: "POST",
    path: "/api/submissions/{id}/re_run_submission/",
    summary: "Run a submission again, or run it on another task for comparison only (organizers)",
    reasonUnder: "error_msg",
    access: "user",
    audited: true,
    params: idParams,
    query: z.object({ task_key: uuid.optional() }),
    answer: { status: 200, description: "The id of the new submission", schema: idAnswer },
    async handle({ context, actor, reason, params, query }) {
      const { submission } = await submissionFor(context, actor, params.id, "submission.run");
      const id = await rerun(context, { actor, reason }, submission.id, query.task_key ?? null);
      return { status: 200, body: { id } };
    },
  }),
  route({
    method: "POST",
    path: "/api/submissions/re_run_many_submissions/",
    summary: "Run submissions again; those that cannot be rerun are skipped (organizers)",
    access: "user",
    audited: true,
    body: ids,
    answer: {
      status: 200,
      description: "The ids of the new submissions; refused if there is none",
      schema: z.object({ submissions: z.array(z.int()), skipped: skippedSchema }),
    },
    async handle({ context, actor, reason, body }) {
      return { status: 200, body: await rerunMany(context, { actor, reason }, body) };
    },
  }),
  ...(["POST", "DELETE"] as const).map((method) =>
    route({
      method,
      path: "/api/submissions/{id}/submission_leaderboard_connection/",
      summary:
        method === "POST"
          ? "Put a submission on the leaderboard"
          : "Take a submission off the leaderboard; what an organizer takes off stays off",
      access: "user",
      audited: true,
      params: idParams,
      answer: { status: 200, description: "Done", schema: z.object({}) },
      async handle({ context, actor, reason, params }) {
        const found = await visibleSubmission(context, actor, params.id);
        await changeEntry(context, { actor, reason }, found, method === "POST" ? "on" : "off");
        return { status: 200, body: {} };
      },
    }),
  ),
];
