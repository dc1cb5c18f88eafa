/**
 * Competition forms, of the API and of the editor. A form is converted to a bundle description, so that the same rules
 * apply to both.
 */
import { parseBundle } from "./bundle-format/index.ts";
import type { BundleListing, BundleProblem, CompetitionDescription, FactSheetQuestion } from "./competition.ts";

export interface PageForm {
  id?: number | undefined;
  title: string;
  content: string;
}

export interface PhaseForm {
  id?: number | undefined;
  index?: number | undefined;
  name: string;
  description?: string | null | undefined;
  start: string;
  end?: string | null | undefined;
  /** Keys of tasks, in order. */
  tasks: string[];
  has_max_submissions?: boolean | undefined;
  max_submissions_per_day?: number | null | undefined;
  max_submissions_per_person?: number | null | undefined;
  execution_time_limit?: number | null | undefined;
  max_submission_size?: number | null | undefined;
  auto_migrate_to_this_phase?: boolean | undefined;
  hide_output?: boolean | undefined;
  hide_prediction_output?: boolean | undefined;
  hide_score_output?: boolean | undefined;
  blind?: boolean | undefined;
  accepts_submissions?: boolean | undefined;
  /** Whether it needs no end although other phases follow. */
  phase_never_ends?: boolean | undefined;
  delete_submissions_except_best_and_last?: boolean | undefined;
  /** Keys of datasets. */
  public_data?: string | null | undefined;
  starting_kit?: string | null | undefined;
}

export interface ColumnForm {
  id?: number | undefined;
  title: string;
  key: string;
  index: number;
  sorting?: string | undefined;
  precision?: number | undefined;
  hidden?: boolean | undefined;
  computation?: string | null | undefined;
  computation_indexes?: number[] | null | undefined;
}

export interface LeaderboardForm {
  id?: number | undefined;
  title: string;
  key: string;
  submission_rule?: string | undefined;
  hidden?: boolean | undefined;
  primary_index?: number | undefined;
  multi_task_ranking?: string | undefined;
  /** Keys of tasks. */
  ranking_tasks?: string[] | undefined;
  columns: ColumnForm[];
}

/** All fields of a competition. */
export interface CompetitionForm {
  title: string;
  description?: string | null | undefined;
  terms?: string | null | undefined;
  docker_image?: string | null | undefined;
  /** Id of a queue. */
  queue?: string | null | undefined;
  registration_auto_approve?: boolean | undefined;
  enable_detailed_results?: boolean | undefined;
  show_detailed_results_in_submission_panel?: boolean | undefined;
  show_detailed_results_in_leaderboard?: boolean | undefined;
  auto_run_submissions?: boolean | undefined;
  can_participants_make_submissions_public?: boolean | undefined;
  make_programs_available?: boolean | undefined;
  make_input_data_available?: boolean | undefined;
  enable_network?: boolean | undefined;
  anonymous_leaderboard?: boolean | undefined;
  lift_top_folders?: boolean | undefined;
  competition_type?: string | undefined;
  reward?: string | null | undefined;
  contact_email?: string | null | undefined;
  forum_enabled?: boolean | undefined;
  fact_sheet?: Record<string, FactSheetQuestion> | null | undefined;
  pages: PageForm[];
  phases: PhaseForm[];
  /** The first is the primary one. */
  leaderboards: LeaderboardForm[];
}

/** A valid form. */
export interface ReadForm {
  description: CompetitionDescription;
  /** The form's phases, in the order of the description. */
  phases: PhaseForm[];
  /** What was probably not meant, as for bundles, with the name of the field. */
  warnings: string[];
}

/** What is wrong with a form, or not. The paths of problems name fields of the form. */
export type FormResult = { problems: BundleProblem[] } & ({ ok: true; form: ReadForm } | { ok: false });

/** The form contains the logo and texts itself. These file names stand for them in the bundle description. */
const logo = "logo.png";
const terms = "terms.md";
const listing: BundleListing = {
  kind: (path) => (path === logo || path === terms ? "file" : undefined),
  size: () => 1,
};

/** Reads a form by the rules of bundles. */
export function parseForm(form: CompetitionForm): FormResult {
  const phases = form.phases
    .map((phase, at) => ({ phase, order: phase.index ?? at }))
    .sort((one, other) => one.order - other.order)
    .map(({ phase }) => phase);
  const tasks = [...new Set(phases.flatMap((phase) => phase.tasks.map((key) => key.toLowerCase())))];
  const { pages, leaderboards, phases: _, terms: __, ...settings } = form;
  const document = {
    version: 2,
    ...settings,
    image: logo,
    terms,
    pages: pages.map(({ title }) => ({ title, file: terms })),
    tasks: tasks.map((key, index) => ({ index, key })),
    phases: phases.map((phase, index) => phaseDocument(phase, index, tasks)),
    leaderboards: leaderboards.map(({ id: _, ...leaderboard }) => ({
      ...leaderboard,
      // A key that is not of one of these tasks stays, so that the problem can name it.
      ranking_tasks: leaderboard.ranking_tasks?.map((key) =>
        tasks.includes(key.toLowerCase()) ? tasks.indexOf(key.toLowerCase()) : key,
      ),
      columns: leaderboard.columns.map(({ id, ...column }) => column),
    })),
  };
  const result = parseBundle(asYaml(document), listing);
  const problems = result.problems.map((problem) => ({ ...problem, path: fieldName(problem.path) }));
  if (!result.ok) return { ok: false, problems };
  const warnings = problems.map(({ path, message }) => `${path}: ${message}`);
  return { ok: true, form: { description: result.competition, phases, warnings }, problems };
}

/** If a form disables the limits, their values are ignored. */
function phaseDocument(phase: PhaseForm, index: number, tasks: string[]) {
  const { id: _, index: __, has_max_submissions, max_submissions_per_day, max_submissions_per_person, ...rest } = phase;
  const limits =
    has_max_submissions === false
      ? { max_submissions_per_day: null, max_submissions: null }
      : { max_submissions_per_day, max_submissions: max_submissions_per_person };
  return { ...rest, ...limits, index, tasks: phase.tasks.map((key) => tasks.indexOf(key.toLowerCase())) };
}

/** Writes JSON that is valid YAML, by escaping characters that YAML does not allow literally. */
const asYaml = (document: unknown): string =>
  JSON.stringify(document).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** The name of a form field, where it differs from the key in a bundle. */
const fieldName = (path: string): string =>
  path.replace(/\.max_submissions$/, ".max_submissions_per_person") || "non_field_errors";
