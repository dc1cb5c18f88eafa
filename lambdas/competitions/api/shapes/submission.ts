import * as z from "zod";
import type { Actor } from "../../../policy/policy.ts";
import { submissionStatuses } from "../../rules/submission-status.ts";
import type { SeenSubmission, SubmissionRow } from "../../service/submissions.ts";
import type { Waiting } from "../../service/waiting.ts";
import { namedOrganization, namedOrganizationSchema } from "../../../accounts/api/organization.ts";
import { shownTask, taskSchema } from "./task.ts";

/** What Codabench writes in the place of the name of a file that is gone. */
export const deletedFile = "Deleted File";

const scoreSchema = z.object({
  id: z.int(),
  index: z.int(),
  score: z.string().meta({ description: "A decimal with ten places" }),
  column_key: z.string(),
});

const answersSchema = z.record(z.string(), z.unknown()).nullable();

/** A submission as the API shows it. */
export const submissionSchema = z
  .object({
    id: z.int(),
    pk: z.int(),
    phase: z.int(),
    phase_name: z.string(),
    name: z.string().nullable(),
    filename: z.string().meta({ description: `"${deletedFile}" once the file was deleted` }),
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
    warnings: z.array(z.string()),
    md5: z.string().nullable(),
    owner: z.string().meta({
      description:
        "A pseudonym where the leaderboard is anonymous and the submission another's; no name is in the answer then",
    }),
    organization: namedOrganizationSchema.nullable().meta({ description: "For which the owner made it" }),
    has_children: z.boolean(),
    parent: z.int().nullable(),
    children: z.array(z.int()),
    scores: z
      .array(scoreSchema)
      .meta({ description: "Of a parent those of its children as well; hidden columns for organizers only" }),
    fact_sheet_answers: answersSchema,
    leaderboard: z.int().nullable(),
    on_leaderboard: z.boolean(),
    task: taskSchema.nullable(),
    auto_run: z.boolean(),
    can_make_submissions_public: z.boolean(),
  })
  .meta({ id: "Submission" });

/** One that is asked for by itself, with what it waits for. */
export const waitingSubmissionSchema = submissionSchema
  .extend({
    status_details: z
      .string()
      .nullable()
      .meta({ description: "Of one that is Submitted what it waits for, if there is nothing else to say" }),
    queue_position: z.int().nullable().meta({
      description:
        "From 1; of a parent the foremost of its children's. Null when it is not in the queue. It can grow: who has less running goes first",
    }),
    waiting_for: z.string().nullable().meta({ description: "Why it does not run" }),
  })
  .meta({ id: "WaitingSubmission" });

export function shownWaiting(submission: SeenSubmission, viewer: Actor, waiting: Waiting) {
  const shown = shownSubmission(submission, viewer);
  const details = shown.status === "Submitted" ? (shown.status_details ?? waiting.for) : shown.status_details;
  return { ...shown, status_details: details, queue_position: waiting.position, waiting_for: waiting.for };
}

/** What submitting answers. */
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

/** `2026-01-31 13:30`: dates without seconds, as clients of Codabench read them in the answer to a submission. */
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
  return {
    id: s.id,
    pk: s.id,
    phase: s.phase_id,
    phase_name: s.phase_name,
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
    warnings: s.warnings,
    md5: s.md5,
    owner: s.owner,
    organization: namedOrganization(s.organization),
    has_children: s.has_children,
    parent: s.parent,
    children: s.children,
    scores: s.scores.filter(({ hidden }) => s.organized || !hidden).map(({ hidden: _, ...score }) => score),
    // The leaderboard shows the answers that everybody may read.
    fact_sheet_answers: s.organized || s.owner_id === viewerId ? s.fact_sheet_answers : null,
    leaderboard: s.organized || !s.place_tells_of_scores ? s.leaderboard : null,
    on_leaderboard: s.on_leaderboard && (s.organized || !s.place_tells_of_scores),
    task: s.task && shownTask(s.task, viewerId),
    auto_run: s.auto_run,
    can_make_submissions_public: s.can_make_submissions_public,
  };
}
