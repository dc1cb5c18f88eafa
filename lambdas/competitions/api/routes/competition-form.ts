import * as z from "zod";
import type { findCompetitionDetail, tasksOfPhases } from "../../db/competitions.ts";
import type { Dataset } from "../../db/datasets.ts";
import type { FactSheetQuestion } from "../../rules/competition.ts";
import type {
  ColumnForm,
  CompetitionForm,
  LeaderboardForm,
  PageForm,
  PhaseForm,
} from "../../service/competition-form.ts";
import { boolean, integer, json, list, namedImage, uuid } from "../../../http/fields.ts";

/** The forms in which competitions and phases come in requests. */

const nothing = z.union([z.null(), z.literal("")]).transform(() => null);

/** A key, or an object as answers have it, in which the key is `value`, `key` or `task`. */
const named = z.union([
  uuid,
  z.object({ task: uuid }).transform(({ task }) => task),
  z.object({ value: uuid }).transform(({ value }) => value),
  z.object({ key: uuid }).transform(({ key }) => key),
]);
const file = z.union([nothing, named]);

const text = z.string().max(1_000_000).nullable();
const limit = z.union([nothing, z.coerce.number().int().nonnegative()]);

export const phaseForm = z.object({
  id: integer.nullish().transform((id) => id ?? undefined),
  index: z.coerce.number().int().optional(),
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
  delete_submissions_except_best_and_last: boolean.optional(),
  public_data: file.optional(),
  starting_kit: file.optional(),
});

/** Indexes of columns: a list, or a text with commas. */
const indexes = z.union([
  z.array(z.coerce.number().int()),
  nothing,
  z
    .string()
    .transform((written) => written.split(",").map(Number))
    .pipe(z.array(z.number().int())),
]);

const columnForm = z.object({
  id: integer.nullish().transform((id) => id ?? undefined),
  title: z.string(),
  key: z.string(),
  index: z.coerce.number().int(),
  sorting: z.string().optional(),
  precision: z.coerce.number().int().optional(),
  hidden: boolean.optional(),
  computation: z.union([nothing, z.string()]).optional(),
  computation_indexes: indexes.optional(),
});

const leaderboardForm = z.object({
  title: z.string(),
  key: z.string(),
  submission_rule: z.string().optional(),
  hidden: boolean.optional(),
  primary_index: z.coerce.number().int().optional(),
  columns: z.array(columnForm),
});

const pageForm = z.object({
  id: integer.nullish().transform((id) => id ?? undefined),
  title: z.string(),
  content: z.string().max(1_000_000),
  index: z.coerce.number().int().optional(),
});

/** A mail address as a text, or in an object. */
const mail = z
  .union([z.string(), z.object({ email: z.string() }).transform(({ email }) => email)])
  .transform((email) => email.toLowerCase());

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
  whitelist_emails: list(mail).optional(),
  allow_robot_submissions: boolean.optional(),
  teams_share_limits: boolean.optional(),
  report: z.string().max(1000).nullable().optional(),
  published: boolean.optional(),
  /** A link is what answers have, and means the same logo. */
  logo: z.union([z.url().transform(() => undefined), namedImage]),
});

/** A form of which anything may be left out, also of its parts: parts with ids keep what is not said. */
export const competitionChanges = competitionForm.partial().extend({
  pages: z.array(pageForm.partial()).optional(),
  phases: z.array(phaseForm.partial()).optional(),
  leaderboards: z
    .array(leaderboardForm.partial().extend({ columns: z.array(columnForm.partial()).optional() }))
    .optional(),
});
export type CompetitionBody = z.output<typeof competitionChanges>;

type Detail = NonNullable<Awaited<ReturnType<typeof findCompetitionDetail>>>;

/** What a competition's own form would be. */
export function formOf(
  { competition: c, pages, phases, leaderboard, collaborators }: Detail,
  tasks: Awaited<ReturnType<typeof tasksOfPhases>>,
  files: Dataset[],
): CompetitionForm & { collaborators: number[] } {
  const key = (id: number | null) => files.find((dataset) => dataset.id === id)?.key ?? null;
  return {
    title: c.title,
    description: c.description,
    terms: c.terms,
    docker_image: c.docker_image,
    queue: c.queue_id,
    registration_auto_approve: c.registration_auto_approve,
    enable_detailed_results: c.enable_detailed_results,
    show_detailed_results_in_submission_panel: c.show_detailed_results_in_submission_panel,
    show_detailed_results_in_leaderboard: c.show_detailed_results_in_leaderboard,
    auto_run_submissions: c.auto_run_submissions,
    can_participants_make_submissions_public: c.can_participants_make_submissions_public,
    make_programs_available: c.make_programs_available,
    make_input_data_available: c.make_input_data_available,
    enable_network: c.enable_network,
    anonymous_leaderboard: c.anonymous_leaderboard,
    competition_type: c.competition_type,
    reward: c.reward,
    contact_email: c.contact_email,
    forum_enabled: c.forum_enabled,
    fact_sheet: c.fact_sheet,
    pages: pages.map(({ id, title, content }) => ({ id, title, content })),
    phases: phases.map((phase) => ({
      id: phase.id,
      index: phase.index,
      name: phase.name,
      description: phase.description,
      start: phase.starts_at.toISOString(),
      end: phase.ends_at?.toISOString() ?? null,
      tasks: tasks.filter((task) => task.phase_id === phase.id).map((task) => task.key),
      max_submissions_per_day: phase.max_submissions_per_day,
      max_submissions_per_person: phase.max_submissions_per_person,
      execution_time_limit: phase.execution_time_limit,
      max_submission_size: phase.max_submission_size,
      auto_migrate_to_this_phase: phase.auto_migrate_to_this_phase,
      hide_output: phase.hide_output,
      hide_prediction_output: phase.hide_prediction_output,
      hide_score_output: phase.hide_score_output,
      blind: phase.blind,
      delete_submissions_except_best_and_last: phase.delete_submissions_except_best_and_last,
      public_data: key(phase.public_data_id),
      starting_kit: key(phase.starting_kit_id),
    })),
    leaderboard: {
      title: leaderboard?.title ?? "",
      key: leaderboard?.key ?? "",
      submission_rule: leaderboard?.submission_rule,
      hidden: leaderboard?.hidden,
      primary_index: leaderboard?.primary_index,
      columns: (leaderboard?.columns ?? []).map(({ leaderboard_id: _, ...column }) => column),
    },
    collaborators: collaborators.map(({ id }) => id),
  };
}

const given = <Fields extends object>(fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;

/**
 * Parts that have an id keep what the request does not say about them. What a new part lacks is found when the form is
 * read, so its type is taken for granted here.
 */
function mergeParts<Part extends { id?: number | undefined }>(
  before: Part[],
  parts: Partial<Part>[],
  absent: Partial<Part>,
): Part[] {
  return parts.map((part) => {
    const known = before.find(({ id }) => id !== undefined && id === part.id);
    return { ...absent, ...known, ...given(part) } as Part;
  });
}

/** A form with the changes of a request made in it. Lists in a request are whole lists. */
export function changedForm(before: CompetitionForm, body: CompetitionBody): CompetitionForm {
  const {
    pages,
    phases,
    leaderboards,
    collaborators: _c,
    whitelist_emails: _w,
    allow_robot_submissions: _a,
    ...rest
  } = body;
  const { report: _r, published: _p, teams_share_limits: _t, logo: _l, fact_sheet, ...settings } = rest;
  const [board] = leaderboards ?? [];
  return {
    ...before,
    ...given(settings),
    ...(fact_sheet === undefined ? {} : { fact_sheet: fact_sheet as Record<string, FactSheetQuestion> | null }),
    ...(pages ? { pages: mergeParts<PageForm>(before.pages, inOrder(pages), { content: "" }) } : {}),
    ...(phases ? { phases: mergeParts<PhaseForm>(before.phases, phases, { tasks: [] }) } : {}),
    ...(board ? { leaderboard: mergeBoard(before.leaderboard, board) } : {}),
  };
}

/** Pages by their indexes where they have some. */
const inOrder = <Part extends { index?: number | undefined }>(parts: Part[]) =>
  parts
    .map((part, at) => ({ part, order: part.index ?? at }))
    .sort((one, other) => one.order - other.order)
    .map(({ part: { index: _, ...part } }) => part);

const mergeBoard = (
  before: LeaderboardForm,
  { columns, ...board }: NonNullable<CompetitionBody["leaderboards"]>[number],
): LeaderboardForm => ({
  ...before,
  ...given(board),
  columns: columns ? mergeParts<ColumnForm>(before.columns, columns, {}) : before.columns,
});
