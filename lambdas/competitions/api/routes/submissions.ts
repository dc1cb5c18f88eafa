import * as z from "zod";
import { submissionStatuses } from "../../rules/submission-status.ts";
import { anySubmission, submissionFor } from "../../service/access.ts";
import { deleteMany, deleteSubmissions, softDelete } from "../../service/delete-submissions.ts";
import { placesOf } from "../../service/places.ts";
import {
  pageOfSubmissions,
  submissionOrders,
  submissionsSeenBy,
  waitingSubmission,
} from "../../service/submissions.ts";
import { submit } from "../../service/submit.ts";
import { csvAnswer } from "../../../http/csv.ts";
import { boolean, idParams, ids, integer, json, list, nothing, severalInQuery, uuid } from "../../../http/fields.ts";
import { offset, optionalPageQuery, ordering, orderOf, page, pageWanted } from "../../../http/paging.ts";
import { route } from "../../../http/route.ts";
import { skippedSchema } from "../shapes/skipped.ts";
import { submissionTable } from "../shapes/submission-table.ts";
import {
  createdSchema,
  createdSubmission,
  shownRun,
  shownSubmission,
  shownInFull,
  submissionPage,
  submissionSchema,
  waitingSubmissionSchema,
} from "../shapes/submission.ts";

/** The list has no pages, so it contains only this many of the newest submissions. */
const maxListed = 5000;

export const submissionRoutes = [
  route({
    method: "POST",
    path: "/api/submissions/",
    summary: "Submit an uploaded file to a phase and run it",
    access: "user",
    body: z.object({
      phase: integer,
      data: uuid,
      tasks: list(integer),
      fact_sheet_answers: json(z.record(z.string(), z.unknown()).nullable()).default(null),
      queue: z.union([uuid, z.literal("").transform(() => null)]).nullish(),
      organization: nothing(integer).default(null),
    }),
    answer: { status: 201, description: "The submission", schema: createdSchema },
    async handle({ context, actor, body }) {
      const submission = await submit(context, actor, {
        phase: body.phase,
        data: body.data,
        tasks: body.tasks,
        factSheetAnswers: body.fact_sheet_answers,
        queue: body.queue ?? null,
        organization: body.organization,
      });
      return { status: 201, body: createdSubmission(submission) };
    },
  }),
  route({
    method: "GET",
    path: "/api/submissions/",
    summary: "Submissions you may see, newest first; with format=csv as a table",
    access: "anyone",
    query: optionalPageQuery.extend({
      phase: integer.optional(),
      phase__competition: integer.optional(),
      status: severalInQuery(z.enum(submissionStatuses)),
      owner: z.string().optional().meta({ description: "A username" }),
      task: integer.optional(),
      on_leaderboard: boolean.optional(),
      with_children: boolean
        .default(true)
        .meta({ description: "False leaves out the children of submissions to several tasks" }),
      search: z.string().optional(),
      ordering: ordering(...submissionOrders),
      is_soft_deleted: boolean.optional(),
      show_is_soft_deleted: boolean.default(false),
      format: z.enum(["json", "csv"]).default("json"),
    }),
    answer: {
      status: 200,
      description: `A plain list of at most ${maxListed}; a page, if the request has page or page_size`,
      schema: z.union([z.array(submissionSchema), submissionPage]),
    },
    async handle({ context, actor, query }) {
      const wanted = {
        phase: query.phase,
        competition: query.phase__competition,
        statuses: query.status,
        owner: query.owner,
        task: query.task,
        onLeaderboard: query.on_leaderboard,
        search: query.search,
        softDeleted: query.is_soft_deleted,
        withSoftDeleted: query.show_is_soft_deleted,
        withChildren: query.with_children,
        order: orderOf(query.ordering, { field: "id", descending: true }),
      };
      const paged = query.format === "json" ? pageWanted(query) : undefined;
      if (paged) {
        const { submissions, count, counts } = await pageOfSubmissions(context, actor, wanted, offset(paged));
        const results = submissions.map((one) => ({
          ...shownSubmission(one.seen, actor),
          permissions: one.permissions,
          run: shownRun(one.run),
        }));
        const body = page.of(context, "/api/submissions/", { ...query, ...paged }, count, results);
        return { status: 200, body: { ...body, counts } };
      }
      const submissions = await submissionsSeenBy(context, actor, wanted, { offset: 0, limit: maxListed });
      if (query.format === "json") return { status: 200, body: submissions.map((s) => shownSubmission(s, actor)) };
      const places = await placesOf(context, actor, submissions);
      return csvAnswer("submissions.csv", submissionTable(submissions, actor, places));
    },
  }),
  route({
    method: "GET",
    path: "/api/submissions/{id}/",
    summary: "A submission with its status, the reason why it waits or failed, and its scores",
    access: "anyone",
    params: idParams,
    answer: { status: 200, description: "The submission", schema: waitingSubmissionSchema },
    async handle({ context, actor, params }) {
      return { status: 200, body: shownInFull(await waitingSubmission(context, actor, params.id), actor) };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/submissions/{id}/",
    summary: "Delete a submission with its files and results (organizers; its owner unless it is on the leaderboard)",
    access: "user",
    audited: true,
    params: idParams,
    answer: { status: 204, description: "Deleted" },
    async handle({ context, actor, reason, params }) {
      const { submission } = await submissionFor(context, actor, params.id, "submission.delete");
      await deleteSubmissions(context, { actor, reason }, [submission]);
      return { status: 204 };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/submissions/delete_many/",
    summary: "Delete submissions; those that you cannot delete are skipped",
    access: "user",
    audited: true,
    body: ids,
    answer: {
      status: 200,
      description: "What was deleted; refused if nothing was",
      schema: z.object({ deleted: z.array(z.int()), skipped: skippedSchema }),
    },
    async handle({ context, actor, reason, body }) {
      return { status: 200, body: await deleteMany(context, { actor, reason }, body) };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/submissions/{id}/soft_delete/",
    summary: "Delete the files of your own submission; it still counts toward the limits",
    reasonUnder: "error",
    access: "user",
    audited: true,
    params: idParams,
    answer: { status: 200, description: "The files are deleted", schema: z.object({ message: z.string() }) },
    async handle({ context, actor, reason, params }) {
      const found = await anySubmission(context, actor, params.id);
      const { owner_id, on_leaderboard, kept_off_leaderboard } = found.submission;
      if (owner_id !== actor.id || on_leaderboard || kept_off_leaderboard)
        await submissionFor(context, actor, params.id, "submission.softDelete");
      await softDelete(context, { actor, reason }, found.submission);
      return { status: 200, body: { message: "Submission deleted successfully" } };
    },
  }),
];
