import * as z from "zod";
import { findLeaderboard } from "../../db/competitions.ts";
import { findScore } from "../../db/scores.ts";
import { parseDecimal, decimalText, fitsDecimal } from "../../rules/decimal.ts";
import { may } from "../../../policy/policy.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import { isFinal } from "../../rules/submission-status.ts";
import { anySubmission, noSuchSubmission, submissionFor, submissionsFor } from "../../service/access.ts";
import { artifactLinks, logStreams, readLog } from "../../service/artifacts.ts";
import { transact, type Context } from "../../../kernel/context.ts";
import { changeAnswers, togglePublic } from "../../service/submission-edits.ts";
import { changeScore } from "../../service/submission-runs.ts";
import { idParams, ids, integer, json } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";
import { leaderboardSchema, shownLeaderboard } from "../shapes/leaderboard.ts";

const downloadSeconds = 3600;

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

const dataFile = ({ objects }: Context, key: string, name: string) =>
  objects.signGet({ bucket: "uploads", key }, { seconds: downloadSeconds, downloadName: name });

export const submissionResultRoutes = [
  route({
    method: "GET",
    path: "/api/submissions/{id}/get_details/",
    summary: "Links to a submission's file, logs and outputs, and what each attempt at it took and cost",
    access: "anyone",
    params: idParams,
    answer: { status: 200, description: "The links, good for an hour", schema: detailsSchema },
    async handle({ context, actor, params }) {
      const { submission, facts } = await submissionFor(context, actor, params.id, "submission.details");
      const links = await artifactLinks(context, submission.files_deleted ? null : submission.job_id);
      const board = await findLeaderboard(context.db, submission.competition_id);
      const showsBoard =
        board && may(actor, "leaderboard.view", { competition: facts.competition, hidden: board.hidden });
      const withHidden = may(actor, "competition.hiddenScores", facts.competition);
      return {
        status: 200,
        body: {
          ...links,
          prediction_result: may(actor, "submission.prediction", facts) ? links.prediction_result : null,
          scoring_result: may(actor, "submission.scoring", facts) ? links.scoring_result : null,
          data_file:
            submission.data_object_key === null
              ? null
              : await dataFile(context, submission.data_object_key, submission.filename ?? "submission"),
          leaderboards: showsBoard ? [shownLeaderboard(board, withHidden)] : [],
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
    answer: { status: 200, description: "The link, good for an hour", schema: z.string() },
    async handle({ context, actor, params }) {
      const { submission, facts } = await anySubmission(context, actor, params.id);
      const open = may(actor, "submission.detailedResult", facts);
      if (!open && !may(actor, "submission.view", facts)) throw noSuchSubmission();
      if (!submission.detailed_results)
        throw new Refusal("not-found", "DETAILED_RESULTS_OFF", "This competition shows no detailed results.");
      if (!open)
        throw new Refusal(
          "forbidden",
          "DETAILED_RESULTS_HIDDEN",
          "You may not see these detailed results. They are for approved participants of the competition.",
        );
      const { detailed_result } = await artifactLinks(context, submission.files_deleted ? null : submission.job_id);
      if (detailed_result === null)
        throw new Refusal("not-found", "NO_DETAILED_RESULT", "This submission has no detailed results.");
      return { status: 200, body: detailed_result };
    },
  }),
  route({
    method: "GET",
    path: "/api/submissions/{id}/logs/",
    summary: "Read on in a log, also while the submission runs",
    access: "user",
    params: idParams,
    query: z.object({
      stream: z.enum(logStreams).default("scoring_stdout"),
      offset: z.coerce.number().int().nonnegative().default(0),
      attempt: integer.optional(),
    }),
    answer: {
      status: 200,
      description: "At most 1 MB from the offset, and where to go on",
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
    method: "POST",
    path: "/api/submissions/download_many/",
    summary: "Links to the files of submissions",
    reasonUnder: "error",
    access: "user",
    body: z.object({ pks: json(ids) }),
    answer: {
      status: 200,
      description: "The links, good for an hour",
      schema: z.array(z.object({ name: z.string(), url: z.string() })),
    },
    async handle({ context, actor, body }) {
      const found = await submissionsFor(context, actor, body.pks, "submission.download");
      const files = await Promise.all(
        found.flatMap(({ submission: { id, owner, phase_id, created_when, filename, data_object_key: key } }) => {
          if (key === null) return [];
          const day = created_when.toISOString().slice(0, 10);
          const name = `${id}_${owner}_PhaseId${phase_id}_${day}_${filename ?? "submission"}`;
          return [dataFile(context, key, name).then((url) => ({ name, url }))];
        }),
      );
      return { status: 200, body: files };
    },
  }),
  route({
    method: "GET",
    path: "/api/submissions/{id}/toggle_public/",
    summary: "Show a submission and its file to everybody, or take them back",
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
      summary: "Put another score in the place of one; what is computed from it follows (organizers)",
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
        const score = await findScore(context.db, params.id);
        if (!score) throw new Refusal("not-found", "NO_SUCH_SCORE", "There is no such score.");
        await submissionFor(context, actor, score.submission_id, "submission.editScores");
        if (score.computation !== null)
          throw new Refusal("invalid", "COMPUTED_SCORE", "This score is computed from others. Change those.");
        const value = parseDecimal(body.score);
        if (value === undefined || !fitsDecimal(value)) {
          const message = "A score is a number with at most ten digits before its point.";
          throw new Refusal("invalid", "INVALID", message, { score: [message] });
        }
        await transact(context, (tx) =>
          changeScore(tx, { actor, reason }, score.submission_id, score.column_id, decimalText(value)),
        );
        return {
          status: 200,
          body: { id: score.id, index: score.index, score: decimalText(value), column_key: score.column_key },
        };
      },
    }),
  ),
];
