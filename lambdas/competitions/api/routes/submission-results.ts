import * as z from "zod";
import { isFinal } from "../../rules/submission-status.ts";
import { submissionFor } from "../../service/access.ts";
import { logStreams, readLog } from "../../service/artifacts.ts";
import { logEntries } from "../../service/log-entries.ts";
import { detailedResult, submissionDetails, submittedFiles } from "../../service/submission-details.ts";
import { changeAnswers, overrideScore, togglePublic } from "../../service/submission-edits.ts";
import { idParams, ids, integer, json, wholeNumber } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";
import { leaderboardSchema, shownLeaderboard } from "../shapes/leaderboard.ts";

const link = z.string().nullable();

const detailsSchema = z.object({
  logs: z.array(z.object({ name: z.enum(logStreams), data_file: z.string() })),
  data_file: link,
  prediction_result: link,
  scoring_result: link,
  detailed_result: link,
  leaderboards: z.array(leaderboardSchema).nullable(),
  fact_sheet_answers: z.record(z.string(), z.unknown()).nullable(),
  attempts: z.array(
    z.looseObject({ number: z.int(), outcome: z.string().nullable(), cost_usd: z.string().nullable() }),
  ),
});

export const submissionResultRoutes = [
  route({
    method: "GET",
    path: "/api/submissions/{id}/get_details/",
    summary: "Links to a submission's file, logs and outputs, and the duration and cost of each attempt",
    access: "anyone",
    params: idParams,
    answer: { status: 200, description: "The links, valid for an hour", schema: detailsSchema },
    async handle({ context, actor, params }) {
      const { submission, links, file, boards, withHiddenColumns } = await submissionDetails(context, actor, params.id);
      return {
        status: 200,
        body: {
          ...links,
          data_file: file,
          leaderboards: boards.map((board) => shownLeaderboard(board, withHiddenColumns)),
          fact_sheet_answers: submission.fact_sheet_answers,
        },
      };
    },
  }),
  route({
    method: "GET",
    path: "/api/submissions/{id}/get_detail_result/",
    summary: "A link to a submission's detailed results",
    reasonUnder: "error_msg",
    access: "anyone",
    params: idParams,
    answer: { status: 200, description: "The link, valid for an hour", schema: z.string() },
    async handle({ context, actor, params }) {
      return { status: 200, body: await detailedResult(context, actor, params.id) };
    },
  }),
  route({
    method: "GET",
    path: "/api/submissions/{id}/logs/",
    summary: "Read a log from an offset, also while the submission runs",
    access: "user",
    params: idParams,
    query: z.object({
      stream: z.enum(logStreams).default("scoring_stdout"),
      offset: wholeNumber(0).default(0),
      attempt: integer.optional(),
    }),
    answer: {
      status: 200,
      description: "At most 1 MB from the offset, and the next offset",
      schema: z.object({
        attempt: z.int(),
        offset: z.int(),
        next_offset: z.int(),
        text: z.string(),
        complete: z.boolean(),
      }),
    },
    async handle({ context, actor, params, query }) {
      const { submission } = await submissionFor(context, actor, params.id, "submission.logs");
      const piece = await readLog(context, submission.job_id, query.stream, query);
      return {
        status: 200,
        body: { ...piece, complete: piece.complete || (isFinal(submission.status) && piece.text === "") },
      };
    },
  }),
  route({
    method: "GET",
    path: "/api/submissions/{id}/log_entries/",
    summary: "All logs of a run in the order in which they arrived, from a cursor; can wait for more",
    access: "user",
    params: idParams,
    query: z.object({
      cursor: z.string().max(300).optional().meta({ description: "Of the last answer; without it, from the start" }),
      wait: wholeNumber(0, 20)
        .default(0)
        .meta({ description: "How many seconds to wait if there is nothing new, unless many others wait already" }),
    }),
    answer: {
      status: 200,
      description: "At most about 250 kB of each log. Ask again with the cursor until `complete`",
      schema: z.object({
        cursor: z.string(),
        attempt: z.int().meta({ description: "A new attempt begins new logs. 0 before the first" }),
        entries: z.array(
          z.object({
            stream: z.enum(logStreams),
            time: z.iso.datetime().meta({ description: "When it arrived, some seconds after it was printed" }),
            text: z.string(),
          }),
        ),
        complete: z.boolean(),
        ask_again_seconds: z
          .int()
          .meta({ description: "How long to pause before the next request. 0 if this one had something, or waited" }),
      }),
    },
    async handle({ context, actor, params, query }) {
      await submissionFor(context, actor, params.id, "submission.logs");
      const from = { cursor: query.cursor, waitSeconds: query.wait };
      const { askAgainSeconds, ...found } = await logEntries(context, actor, params.id, from);
      return { status: 200, body: { ...found, ask_again_seconds: askAgainSeconds } };
    },
  }),
  route({
    method: "POST",
    path: "/api/submissions/download_many/",
    summary: "Links to the files of several submissions",
    reasonUnder: "error",
    access: "user",
    body: z.object({ pks: json(ids) }),
    answer: {
      status: 200,
      description: "The links, valid for an hour",
      schema: z.array(z.object({ name: z.string(), url: z.string() })),
    },
    async handle({ context, actor, body }) {
      const { files, without } = await submittedFiles(context, actor, body.pks);
      return {
        status: 200,
        body: files,
        warnings: without.map((id) => `The file of submission ${id} was deleted, so there is no link to it.`),
      };
    },
  }),
  ...(["GET", "POST"] as const).map((method) =>
    route({
      method,
      path: "/api/submissions/{id}/toggle_public/",
      summary: "Make a submission and its file public or private",
      access: "user",
      audited: true,
      changes: true,
      params: idParams,
      answer: { status: 200, description: "Done", schema: z.object({}) },
      async handle({ context, actor, reason, params }) {
        const { submission } = await submissionFor(context, actor, params.id, "submission.makePublic");
        await togglePublic(context, { actor, reason }, submission);
        return { status: 200, body: {} };
      },
    }),
  ),
  route({
    method: "PATCH",
    path: "/api/submissions/{id}/update_fact_sheet/",
    summary: "Change a submission's answers to the fact sheet",
    access: "user",
    audited: true,
    params: idParams,
    body: json(z.record(z.string(), z.unknown())),
    answer: { status: 200, description: "Changed", schema: z.object({}) },
    async handle({ context, actor, reason, params, body }) {
      const { submission } = await submissionFor(context, actor, params.id, "submission.answerFactSheet");
      await changeAnswers(context, { actor, reason }, submission, body);
      return { status: 200, body: {} };
    },
  }),
  ...(["PUT", "PATCH"] as const).map((method) =>
    route({
      method,
      path: "/api/submission_scores/{id}/",
      summary: "Override a score; computed scores are updated (organizers)",
      access: "user",
      audited: true,
      params: idParams,
      body: z.object({ score: z.coerce.string() }),
      answer: {
        status: 200,
        description: "The score",
        schema: z.object({ id: z.int(), index: z.int(), score: z.string(), column_key: z.string() }),
      },
      async handle({ context, actor, reason, params, body }) {
        return { status: 200, body: await overrideScore(context, { actor, reason }, params.id, body.score) };
      },
    }),
  ),
];
