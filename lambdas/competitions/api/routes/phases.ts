import * as z from "zod";
import type { UserActor } from "../../../policy/policy.ts";
import { phaseFor } from "../../service/access.ts";
import { blindPhase } from "../../service/blind.ts";
import type { Context } from "../../../kernel/context.ts";
import {
  changePhase,
  deletePhase,
  migrateToNextPhase,
  migrationPreview,
  organizedPhase,
} from "../../service/phases.ts";
import { rerunPhase } from "../../service/rerun.ts";
import { fileAnswer, submissionAnswer } from "../../service/submit.ts";
import { boolean, idParams, idsInQuery, integer, wholeNumber } from "../../../http/fields.ts";
import { offset, page, pageQuery } from "../../../http/paging.ts";
import { route } from "../../../http/route.ts";
import { allowanceFields, phaseFields, shownAllowance, shownPhase } from "../shapes/phase.ts";
import { editorFields, phaseForm } from "./competition-form.ts";

const phaseSchema = z
  .object({
    ...phaseFields,
    tasks: z.array(z.string()).meta({ description: "Keys, in order" }),
    leaderboard: z.int().nullable(),
    public_data: z.int().nullable().meta({ description: "Id of a dataset, like starting_kit" }),
    starting_kit: z.int().nullable(),
  })
  .meta({ id: "Phase" });

async function answer(context: Context, actor: UserActor, id: number) {
  const { phase, isFinal, taskKeys, leaderboardId } = await organizedPhase(context, actor, id);
  return {
    ...shownPhase(phase, isFinal, context.now()),
    tasks: taskKeys,
    leaderboard: leaderboardId,
    public_data: phase.public_data_id,
    starting_kit: phase.starting_kit_id,
  };
}

/** A file by its id, as in these answers, or in the format of the competition form. */
const file = z.union([integer, phaseForm.shape.public_data]);
const phaseChanges = phaseForm.partial().extend({ public_data: file, starting_kit: file });

const rerunAnswer = {
  status: 200,
  description: "The number of submissions that run again",
  schema: z.object({
    count: z.int(),
    skipped: z
      .array(z.int())
      .meta({ description: "Ids of submissions that cannot run, because a task or file was deleted" }),
  }),
};

export const phaseRoutes = [
  route({
    method: "GET",
    path: "/api/phases/",
    summary: "Always empty; get phases through their competitions",
    access: "anyone",
    answer: { status: 200, description: "An empty list", schema: z.array(z.never()) },
    handle: () => Promise.resolve({ status: 200, body: [] }),
  }),
  route({
    method: "GET",
    path: "/api/phases/{id}/",
    summary: "A phase (organizers)",
    access: "user",
    params: idParams,
    answer: { status: 200, description: "The phase", schema: phaseSchema },
    async handle({ context, actor, params }) {
      return { status: 200, body: await answer(context, actor, params.id) };
    },
  }),
  ...(["PUT", "PATCH"] as const).map((method) =>
    route({
      method,
      path: "/api/phases/{id}/",
      summary: "Change a phase; fields missing from the request stay unchanged (organizers)",
      access: "user",
      audited: true,
      params: idParams,
      body: phaseChanges,
      ignores: editorFields,
      answer: { status: 200, description: "The phase", schema: phaseSchema },
      async handle({ context, actor, reason, params, body }) {
        const warnings = await changePhase(context, { actor, reason }, params.id, body);
        return { status: 200, body: await answer(context, actor, params.id), warnings };
      },
    }),
  ),
  route({
    method: "DELETE",
    path: "/api/phases/{id}/",
    summary: "Delete a phase that has no submissions (organizers)",
    access: "user",
    audited: true,
    params: idParams,
    answer: { status: 204, description: "Deleted" },
    async handle({ context, actor, reason, params }) {
      await deletePhase(context, { actor, reason }, params.id);
      return { status: 204 };
    },
  }),
  route({
    method: "GET",
    path: "/api/phases/{id}/manually_migrate/",
    summary: "What the POST would copy now (organizers)",
    access: "user",
    params: idParams,
    query: pageQuery(50),
    answer: {
      status: 200,
      description: "A page of submissions, the oldest first, and the phase that gets copies of them",
      schema: page(
        z.object({ id: z.int(), owner: z.string(), created_when: z.date(), filename: z.string().nullable() }),
      ).extend({ to: z.object({ id: z.int(), name: z.string(), start: z.date(), tasks: z.array(z.string()) }) }),
    },
    async handle({ context, actor, params, query }) {
      const { next, tasks, count, rows } = await migrationPreview(context, actor, params.id, offset(query));
      const results = rows.map(({ id, owner, created_when, filename }) => ({ id, owner, created_when, filename }));
      const path = `/api/phases/${params.id}/manually_migrate/`;
      return {
        status: 200,
        body: {
          to: { id: next.id, name: next.name, start: next.starts_at, tasks },
          ...page.of(context, path, query, count, results),
        },
      };
    },
  }),
  route({
    method: "POST",
    path: "/api/phases/{id}/manually_migrate/",
    summary: "Copy the leaderboard submissions of a phase to the next phase and run them there (organizers)",
    access: "user",
    audited: true,
    params: idParams,
    answer: {
      status: 200,
      description: "The copies are queued. `count` is their number: submissions are copied once",
      schema: z.object({ count: z.int() }),
    },
    async handle({ context, actor, reason, params }) {
      const count = await migrateToNextPhase(context, { actor, reason }, params.id);
      return { status: 200, body: { count } };
    },
  }),
  route({
    method: "PUT",
    path: "/api/phases/{id}/blind/",
    summary: "Hide the scores, ranks, outputs and logs of a phase from participants, or show them again (organizers)",
    access: "user",
    audited: true,
    params: idParams,
    body: z.object({ blind: boolean }),
    answer: {
      status: 200,
      description: "Whether the results are now hidden",
      schema: z.object({ blind: z.boolean() }),
    },
    async handle({ context, actor, reason, params, body }) {
      const found = await phaseFor(context, actor, params.id, "competition.blind");
      await blindPhase(context, { actor, reason }, found, body.blind);
      return { status: 200, body: { blind: body.blind } };
    },
  }),
  ...(["GET", "POST"] as const).map((method) =>
    route({
      method,
      path: "/api/phases/{id}/rerun_submissions/",
      summary: "Run all ended submissions of a phase again (organizers)",
      access: "user",
      audited: true,
      changes: true,
      params: idParams,
      answer: rerunAnswer,
      async handle({ context, actor, reason, params }) {
        const found = await phaseFor(context, actor, params.id, "competition.rerun");
        return { status: 200, body: await rerunPhase(context, { actor, reason }, found) };
      },
    }),
  ),
  route({
    method: "GET",
    path: "/api/can_make_submission/{id}/",
    summary: "Whether you may submit to a phase now, and if not, why",
    access: "user",
    params: idParams,
    query: z.object({
      file_size: wholeNumber(0)
        .optional()
        .meta({ description: "Bytes of the file; with it, size limits and the queue are checked too" }),
      tasks: idsInQuery.optional().meta({
        description: "Ids of tasks with commas between them, to submit only to these; checked with file_size",
      }),
    }),
    answer: {
      status: 200,
      description: "Whether you may submit, and the reason if not",
      schema: z.object({
        can: z.boolean(),
        reason: z.string().nullable(),
        code: z.string().nullable(),
        phase_name: z.string(),
        competition_title: z.string(),
        ...allowanceFields,
      }),
    },
    async handle({ context, actor, params, query: { file_size: bytes, tasks = [] } }) {
      const answer =
        bytes === undefined
          ? await submissionAnswer(context, actor, params.id)
          : await fileAnswer(context, actor, params.id, bytes, tasks);
      return {
        status: 200,
        body: {
          can: answer.can,
          reason: answer.can ? null : answer.reason,
          code: answer.can ? null : answer.code,
          phase_name: answer.phase.phase.name,
          competition_title: answer.phase.competition.title,
          ...shownAllowance(answer.allowance),
        },
      };
    },
  }),
];
