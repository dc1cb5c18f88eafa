import * as z from "zod";
import type { Actor } from "../../../policy/policy.ts";
import { shownWarnings } from "../../rules/run-warnings.ts";
import { submissionStatuses } from "../../rules/submission-status.ts";
import type { StepTime } from "../../../jobs/rules/step-times.ts";
import type { Failure } from "../../service/failure.ts";
import type { RunFacts, SeenSubmission, SubmissionRow, waitingSubmission } from "../../service/submissions.ts";
import { page } from "../../../http/paging.ts";
import { permissionsSchema } from "../../../http/permissions.ts";
import { namedOrganization, namedOrganizationSchema } from "../../../accounts/api/organization.ts";
import { amount, shownAmount } from "./amount.ts";
import { shownTask, taskSchema } from "./task.ts";

/** The text that Codabench shows instead of a deleted file's name. */
const deletedFile = "Deleted File";

const scoreSchema = z.object({
  id: z.int(),
  index: z.int(),
  score: z.string().meta({ description: "A decimal number with ten decimal places" }),
  column_key: z.string(),
  task_id: z.int().nullable().meta({ description: "Null for a score of a parent itself" }),
});

const stepsSchema = z
  .array(
    z.object({
      step: z.string(),
      preparing_when: z.iso.datetime().nullable().meta({ description: "When its files and image were fetched" }),
      started_when: z.iso.datetime().nullable().meta({ description: "When its programs started" }),
      ended_when: z.iso.datetime().nullable(),
    }),
  )
  .meta({ description: "The steps of its latest attempt, as far as they were reported. A parent has none" });

const answersSchema = z.record(z.string(), z.unknown()).nullable();

const warningSchema = z.object({
  code: z.string().meta({ description: "Never changes" }),
  message: z.string(),
  step: z.string().nullable().meta({ description: "Null if it is about the submitted file" }),
});

/** How the API shows a submission. */
export const submissionSchema = z
  .object({
    id: z.int(),
    pk: z.int(),
    uuid: z.string().meta({ description: "Unlike its id, no other submission of any platform has it" }),
    phase: z.int(),
    phase_name: z.string(),
    competition: z.int(),
    competition_title: z.string(),
    name: z.string().nullable(),
    filename: z.string().meta({ description: `"${deletedFile}" if the file was deleted` }),
    description: z.string(),
    created_when: z.iso.datetime(),
    started_when: z.iso.datetime().nullable(),
    finished_when: z.iso.datetime().nullable(),
    is_public: z.boolean(),
    is_specific_task_re_run: z.boolean(),
    is_soft_deleted: z.boolean(),
    status: z.enum(submissionStatuses),
    status_details: z.string().nullable(),
    failure_code: z.string().nullable(),
    warnings: z.array(z.string()).meta({ description: "The messages of `warning_details`" }),
    warning_details: z.array(warningSchema).meta({
      description:
        "What went wrong without failing the submission. Other people than organizers see none about hidden output",
    }),
    md5: z.string().nullable(),
    owner: z.string().meta({
      description:
        "A pseudonym if the leaderboard is anonymous and the submission is not yours; the answer then contains no name",
    }),
    organization: namedOrganizationSchema
      .nullable()
      .meta({ description: "The organization in whose name the submission was made" }),
    has_children: z.boolean(),
    parent: z.int().nullable(),
    children: z.array(z.int()),
    scores: z
      .array(scoreSchema)
      .meta({ description: "For a parent including its children's scores; hidden columns for organizers only" }),
    fact_sheet_answers: answersSchema,
    leaderboard: z.int().nullable(),
    on_leaderboard: z.boolean(),
    kept_off_leaderboard: z
      .boolean()
      .meta({ description: "Whether an organizer took it off the leaderboard; it stays off until they put it back" }),
    task: taskSchema.nullable(),
    auto_run: z.boolean(),
    can_make_submissions_public: z.boolean(),
  })
  .meta({ id: "Submission" });

const permissionsToIt = permissionsSchema("submission");

const runSchema = z
  .object({
    host: z.string().nullable().meta({ description: "The machine that runs it, or ran it last" }),
    cost_usd: amount.meta({ description: "What the platform paid for it; null if nothing has ended" }),
    peak_memory_bytes: z.number().nullable().meta({ description: "The most memory that one of its programs used" }),
    failure: z.string().nullable().meta({ description: "Why it failed, in a sentence" }),
  })
  .nullable()
  .meta({ description: "For those who see its details. A parent has that of its children" });

/** Where a submission ran and what became of it. */
export const shownRun = (run: RunFacts | null) =>
  run && {
    host: run.host,
    cost_usd: shownAmount(run.microusd),
    peak_memory_bytes: run.peak_memory,
    failure: run.failure,
  };

/** A page of submissions. */
export const submissionPage = page(submissionSchema.extend({ permissions: permissionsToIt, run: runSchema })).extend({
  counts: z
    .record(z.string(), z.int())
    .meta({ description: "How many submissions there are of each status, whatever `status` the request names" }),
});

/** A single submission, with the reason why it waits. */
export const waitingSubmissionSchema = submissionSchema
  .extend({
    status_details: z
      .string()
      .nullable()
      .meta({ description: "For status Submitted, the reason why it waits, unless there is another message" }),
    queue_position: z.int().nullable().meta({
      description:
        "Starts at 1; for a parent the best position of its children. Null if not in the queue. It can increase, because participants with fewer running submissions go first",
    }),
    waiting_for: z.string().nullable().meta({ description: "Why the submission does not run yet" }),
    ask_again_seconds: z.int().nullable().meta({
      description:
        "In how many seconds it is worth asking again, for whoever waits for its end. Null if its status may change at any moment, or never",
    }),
    failure: z
      .object({
        submission: z.int().meta({ description: "Itself, or the child that failed first" }),
        code: z.string().nullable(),
        message: z.string().nullable(),
        step: z.string().nullable(),
        container: z.enum(["program", "ingestion"]).nullable().meta({
          description: "The first container that failed, or else the one whose output says most. Null if none ran",
        }),
        exit_code: z.int().nullable(),
        stream: z.enum(["stdout", "stderr"]).nullable().meta({ description: "What `last_lines` are from" }),
        last_lines: z.array(z.string()).meta({ description: "Empty if you may not see what programs printed" }),
      })
      .nullable()
      .meta({ description: "Null unless its status is Failed" }),
    runs: z
      .array(
        z.object({
          id: z.int(),
          status: z.enum(submissionStatuses),
          status_details: z.string().nullable(),
          failure_code: z.string().nullable(),
          started_when: z.iso.datetime().nullable(),
          finished_when: z.iso.datetime().nullable(),
          task: z.object({ id: z.int(), key: z.string(), name: z.string() }).nullable(),
          scores: z.array(scoreSchema),
          steps: stepsSchema,
        }),
      )
      .meta({ description: "The children of a submission to several tasks" }),
    steps: stepsSchema,
    permissions: permissionsToIt,
  })
  .meta({ id: "WaitingSubmission" });

export function shownInFull(found: Awaited<ReturnType<typeof waitingSubmission>>, viewer: Actor) {
  const { submission, waiting, failure, runs, steps, permissions } = found;
  const shown = shownSubmission(submission, viewer);
  const details = shown.status === "Submitted" ? (shown.status_details ?? waiting.for) : shown.status_details;
  return {
    ...shown,
    status_details: details,
    queue_position: waiting.position,
    waiting_for: waiting.for,
    ask_again_seconds: waiting.askAgainSeconds,
    failure: failure && shownFailure(failure),
    runs: runs.map((run) => {
      const { id, status, status_details, failure_code, started_when, finished_when, task, scores } = shownSubmission(
        run,
        viewer,
      );
      const named = task && { id: task.id, key: task.key, name: task.name };
      const times = shownSteps(steps.get(id));
      return {
        id,
        status,
        status_details,
        failure_code,
        started_when,
        finished_when,
        task: named,
        scores,
        steps: times,
      };
    }),
    steps: shownSteps(steps.get(submission.id)),
    permissions,
  };
}

const shownSteps = (steps: StepTime[] = []) =>
  steps.map(({ step, preparingWhen, startedWhen, endedWhen }) => ({
    step,
    preparing_when: preparingWhen,
    started_when: startedWhen,
    ended_when: endedWhen,
  }));

const shownFailure = ({ exitCode, lastLines, ...failure }: Failure) => ({
  ...failure,
  exit_code: exitCode,
  last_lines: lastLines,
});

/** The answer to a new submission. */
export const createdSchema = z.object({
  id: z.int(),
  data: z.string().nullable(),
  phase: z.int(),
  status: z.enum(submissionStatuses),
  status_details: z.string().nullable(),
  filename: z.string().nullable(),
  description: z.string(),
  md5: z.string().nullable(),
  fact_sheet_answers: answersSchema,
  organization: z.int().nullable(),
  queue: z.string().nullable(),
  created_when: z.string().meta({ description: "YYYY-MM-DD HH:MM in UTC" }),
  scores: z.array(scoreSchema),
});

/** Writes a date without seconds, `2026-01-31 13:30`, because Codabench's clients expect it in the answer to a new submission. */
export const createdSubmission = (submission: SubmissionRow) => ({
  id: submission.id,
  data: submission.data,
  phase: submission.phase_id,
  status: submission.status,
  status_details: submission.status_details,
  filename: submission.filename,
  description: submission.description ?? "",
  md5: submission.md5,
  fact_sheet_answers: submission.fact_sheet_answers,
  organization: submission.organization?.id ?? null,
  queue: submission.queue_id,
  created_when: submission.created_when.toISOString().slice(0, 16).replace("T", " "),
  scores: [],
});

export function shownSubmission(s: SeenSubmission, viewer: Actor) {
  const viewerId = viewer.kind === "user" ? viewer.id : null;
  const warnings = s.organized ? s.warnings : shownWarnings(s.warnings, s);
  return {
    id: s.id,
    pk: s.id,
    uuid: s.uuid,
    phase: s.phase_id,
    phase_name: s.phase_name,
    competition: s.competition_id,
    competition_title: s.competition_title,
    name: s.name,
    filename: s.filename ?? deletedFile,
    description: s.description ?? "",
    created_when: s.created_when,
    started_when: s.started_when,
    finished_when: s.finished_when,
    is_public: s.is_public,
    is_specific_task_re_run: s.is_specific_task_re_run,
    is_soft_deleted: s.is_soft_deleted,
    status: s.status,
    status_details: s.status_details,
    failure_code: s.failure_code,
    warnings: warnings.map(({ message }) => message),
    warning_details: warnings,
    md5: s.md5,
    owner: s.owner,
    organization: namedOrganization(s.organization),
    has_children: s.has_children,
    parent: s.parent,
    children: s.children,
    scores: s.scores.filter(({ hidden }) => s.organized || !hidden).map(({ hidden: _, ...score }) => score),
    // The leaderboard shows the fact sheet answers that everybody may read.
    fact_sheet_answers: s.organized || s.owner_id === viewerId ? s.fact_sheet_answers : null,
    leaderboard: s.organized || !s.place_tells_of_scores ? s.leaderboard : null,
    on_leaderboard: s.on_leaderboard && (s.organized || !s.place_tells_of_scores),
    kept_off_leaderboard: s.kept_off_leaderboard,
    task: s.task && shownTask(s.task, viewerId),
    auto_run: s.auto_run,
    can_make_submissions_public: s.can_make_submissions_public,
  };
}
