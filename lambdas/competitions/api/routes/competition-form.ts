// The request bodies that create and change competitions and phases.
import * as z from "zod";
import { mailsIn, notMails } from "../../rules/whitelist.ts";
import { boolean, integer, json, list, namedImage, place, uuid, wholeNumber } from "../../../http/fields.ts";

const nothing = z.union([z.null(), z.literal("")]).transform(() => null);

/** A key, or an object from an answer whose `value`, `key` or `task` is the key. */
const named = z.union([
  uuid,
  z.object({ task: uuid }).transform(({ task }) => task),
  z.object({ value: uuid }).transform(({ value }) => value),
  z.object({ key: uuid }).transform(({ key }) => key),
]);
const file = z.union([nothing, named]);

const text = z.string().max(1_000_000).nullable();
const limit = z.union([nothing, wholeNumber(0)]);

export const phaseForm = z.object({
  id: integer.nullish().transform((id) => id ?? undefined),
  index: place.optional(),
  name: z.string(),
  description: text.optional(),
  start: z.string(),
  end: z.string().nullable().optional(),
  tasks: z.array(named),
  has_max_submissions: boolean.optional(),
  max_submissions_per_day: limit.optional(),
  max_submissions_per_person: limit.optional(),
  execution_time_limit: limit.optional(),
  max_submission_size: limit.optional(),
  auto_migrate_to_this_phase: boolean.optional(),
  hide_output: boolean.optional(),
  hide_prediction_output: boolean.optional(),
  hide_score_output: boolean.optional(),
  blind: boolean.optional(),
  accepts_submissions: boolean.optional(),
  phase_never_ends: boolean.optional(),
  delete_submissions_except_best_and_last: boolean.optional(),
  public_data: file.optional(),
  starting_kit: file.optional(),
});

/** Column indexes: a list, or a comma-separated text. */
const indexes = z.union([
  z.array(place),
  nothing,
  z
    .string()
    .transform((written): unknown[] => written.split(",").map((index) => index.trim()))
    .pipe(z.array(place)),
]);

const columnForm = z.object({
  id: integer.nullish().transform((id) => id ?? undefined),
  title: z.string(),
  key: z.string(),
  index: place,
  sorting: z.string().optional(),
  precision: place.optional(),
  hidden: boolean.optional(),
  computation: z.union([nothing, z.string()]).optional(),
  computation_indexes: indexes.optional(),
});

const leaderboardForm = z.object({
  id: integer.nullish().transform((id) => id ?? undefined),
  title: z.string(),
  key: z.string(),
  submission_rule: z.string().optional(),
  hidden: boolean.optional(),
  primary_index: place.optional(),
  multi_task_ranking: z.string().optional(),
  ranking_tasks: z.array(uuid).optional(),
  columns: z.array(columnForm),
});

const pageForm = z.object({
  id: integer.nullish().transform((id) => id ?? undefined),
  title: z.string(),
  content: z.string().max(1_000_000),
  index: place.optional(),
});

/** Mail addresses, each as a text or in an object. */
const mails = list(z.union([z.string(), z.object({ email: z.string() }).transform(({ email }) => email)]))
  .transform(mailsIn)
  .refine((all) => notMails(all).length === 0, {
    error: ({ input }) => `These are not mail addresses: ${notMails(input as string[]).join(", ")}.`,
  });

export const competitionForm = z.object({
  title: z.string(),
  description: text.optional(),
  terms: text.optional(),
  docker_image: z.string().nullable().optional(),
  queue: z.union([nothing, uuid, z.object({ id: uuid }).transform(({ id }) => id)]).optional(),
  registration_auto_approve: boolean.optional(),
  enable_detailed_results: boolean.optional(),
  show_detailed_results_in_submission_panel: boolean.optional(),
  show_detailed_results_in_leaderboard: boolean.optional(),
  auto_run_submissions: boolean.optional(),
  can_participants_make_submissions_public: boolean.optional(),
  make_programs_available: boolean.optional(),
  make_input_data_available: boolean.optional(),
  enable_network: boolean.optional(),
  anonymous_leaderboard: boolean.optional(),
  competition_type: z.string().optional(),
  reward: z.string().nullable().optional(),
  contact_email: z.string().nullable().optional(),
  forum_enabled: boolean.optional(),
  fact_sheet: json(z.record(z.string(), z.unknown()).nullable()).optional(),
  pages: z.array(pageForm),
  phases: z.array(phaseForm),
  leaderboards: z.array(leaderboardForm),
  collaborators: list(z.union([integer, z.object({ id: integer }).transform(({ id }) => id)])).optional(),
  whitelist_emails: mails.optional(),
  allow_robot_submissions: boolean.optional(),
  teams_share_limits: boolean.optional(),
  report: z.string().max(1000).nullable().optional(),
  published: boolean.optional(),
  /** Answers contain a link here; a link in a request leaves the logo unchanged. */
  logo: z.union([z.url().transform(() => undefined), namedImage]),
});

/** What Codabench's editor sends besides: its own copies of dates and tasks, and links to the logo. */
export const editorFields = ["start_date", "start_time", "end_date", "end_time", "task_instances", "logo_icon"];

/** The body of a change. Any field may be missing, also in pages, phases and leaderboards; those with an id keep missing fields. */
export const competitionChanges = competitionForm.partial().extend({
  version: z.string().optional().meta({
    description: "The version that the answer had which is changed. If there is a newer one, the request is refused",
  }),
  pages: z.array(pageForm.partial()).optional(),
  phases: z.array(phaseForm.partial()).optional(),
  leaderboards: z
    .array(leaderboardForm.partial().extend({ columns: z.array(columnForm.partial()).optional() }))
    .optional(),
});
