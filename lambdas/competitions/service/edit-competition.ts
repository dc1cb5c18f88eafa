/** Creates and changes competitions from API requests. */
import { findCompetitionDetail, tasksOfPhases } from "../db/competitions.ts";
import { findDatasetsById, type Dataset } from "../db/datasets.ts";
import type { FactSheetQuestion } from "../rules/competition.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import type { UserAuthor } from "../../accounts/service/audit.ts";
import { decodeImage, type EncodedImage } from "../../accounts/service/images.ts";
import { competitionFor, noSuchCompetition } from "./access.ts";
import type { BoardView } from "./board-rows.ts";
import type { ColumnForm, CompetitionForm, LeaderboardForm, PageForm, PhaseForm } from "./competition-form.ts";
import { changeCompetition, createCompetition, type SavedWithForm } from "./save-competition.ts";

type Parts<Part> = (Partial<Part> & { index?: number | undefined })[];
type BoardChanges = Partial<Omit<LeaderboardForm, "columns">> & { columns?: Partial<ColumnForm>[] | undefined };

/**
 * The fields of a request to change a competition. Omitted fields do not change. A list replaces the whole list; an item with an
 * id keeps the fields that the request omits.
 */
export interface CompetitionChanges
  extends
    Partial<Omit<CompetitionForm, "pages" | "phases" | "leaderboards" | "fact_sheet">>,
    Partial<Omit<SavedWithForm, "logo">> {
  fact_sheet?: Record<string, unknown> | null | undefined;
  pages?: Parts<PageForm> | undefined;
  phases?: Parts<PhaseForm> | undefined;
  /** The first is the primary one. */
  leaderboards?: BoardChanges[] | undefined;
  /** Null removes the logo. */
  logo?: EncodedImage | null | undefined;
}

const logoOf = ({ logo }: CompetitionChanges) => logo && decodeImage("logo", logo);

/** Creates a competition from existing tasks. Returns its id, and warnings about the request. */
export async function makeCompetition(
  context: Context,
  by: UserAuthor,
  request: CompetitionChanges & { title: string; leaderboards: (BoardChanges & LeaderboardForm)[] },
): Promise<{ id: number; warnings: string[] }> {
  const [leaderboard] = request.leaderboards;
  const logo = logoOf(request);
  const problems = {
    ...(leaderboard ? {} : { leaderboards: ["A competition needs a leaderboard."] }),
    ...(logo === undefined ? { logo: ["Competitions require a logo upon creation"] } : {}),
  };
  if (!leaderboard || logo === undefined)
    throw new Refusal("invalid", "INVALID", Object.values(problems)[0]![0]!, problems);
  const empty = { title: request.title, pages: [], phases: [], leaderboards: [] };
  return createCompetition(context, by, changedForm(empty, request), {
    allow_robot_submissions: request.allow_robot_submissions ?? false,
    teams_share_limits: request.teams_share_limits ?? false,
    whitelist_emails: request.whitelist_emails ?? [],
    report: request.report ?? null,
    published: request.published ?? false,
    collaborators: request.collaborators ?? [],
    logo,
  });
}

/** How often a change is retried when it conflicts with another. Each try starts from the latest state. */
const maxTries = 5;

/** Changes a competition that the actor organizes. Returns warnings about the request. */
export async function editCompetition(
  context: Context,
  by: UserAuthor,
  id: number,
  changes: CompetitionChanges,
): Promise<string[]> {
  for (let tries = 1; ; tries++)
    try {
      return await tryToEdit(context, by, id, changes);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "CHANGED_MEANWHILE" || tries === maxTries) throw error;
    }
}

async function tryToEdit(context: Context, by: UserAuthor, id: number, changes: CompetitionChanges): Promise<string[]> {
  await competitionFor(context, by.actor, id, "competition.edit");
  const detail = await findCompetitionDetail(context.db, id);
  if (!detail) throw noSuchCompetition();
  const { competition, phases } = detail;
  const files = phases.flatMap(({ public_data_id, starting_kit_id }) => [public_data_id, starting_kit_id]);
  const { collaborators, ...before } = formOf(
    detail,
    await tasksOfPhases(
      context.db,
      phases.map((phase) => phase.id),
    ),
    await findDatasetsById(
      context.db,
      files.filter((file) => file !== null),
    ),
  );
  return changeCompetition(context, by, detail, changedForm(before, changes), {
    allow_robot_submissions: changes.allow_robot_submissions ?? competition.allow_robot_submissions,
    teams_share_limits: changes.teams_share_limits ?? competition.teams_share_limits,
    whitelist_emails: changes.whitelist_emails ?? competition.whitelist_emails,
    report: changes.report === undefined ? competition.report : changes.report,
    published: changes.published ?? competition.published,
    collaborators: changes.collaborators ?? collaborators,
    logo: logoOf(changes),
  });
}

type Detail = NonNullable<Awaited<ReturnType<typeof findCompetitionDetail>>>;

/** The form for the current state of a competition. */
function formOf(
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
    lift_top_folders: c.lift_top_folders,
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
      accepts_submissions: phase.accepts_submissions,
      phase_never_ends: phase.ends_at === null && phases.some(({ index }) => index > phase.index),
      delete_submissions_except_best_and_last: phase.delete_submissions_except_best_and_last,
      public_data: key(phase.public_data_id),
      starting_kit: key(phase.starting_kit_id),
    })),
    leaderboards: leaderboard
      ? [
          { ...boardFormOf(leaderboard), submission_rule: leaderboard.submission_rule },
          ...leaderboard.further.map(boardFormOf),
        ]
      : [],
    collaborators: collaborators.map(({ id }) => id),
  };
}

/** The form of a leaderboard. Only the primary one has a submission rule. */
const boardFormOf = (board: BoardView): LeaderboardForm => ({
  id: board.id,
  title: board.title,
  key: board.key,
  hidden: board.hidden,
  primary_index: board.primary_index,
  multi_task_ranking: board.multi_task_ranking,
  ranking_tasks: board.ranking_task_keys,
  columns: board.columns.map(({ leaderboard_id: _, ...column }) => column),
});

const given = <Fields extends object>(fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;

/**
 * Merges the items of a request into a list. A new item may lack fields. Reading the form finds that, so the type is asserted
 * here.
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

/** Applies the changes of a request to a form. */
function changedForm(before: CompetitionForm, body: CompetitionChanges): CompetitionForm {
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
  const form = {
    ...before,
    ...given(settings),
    ...(fact_sheet === undefined ? {} : { fact_sheet: fact_sheet as Record<string, FactSheetQuestion> | null }),
    ...(pages ? { pages: mergeParts<PageForm>(before.pages, inOrder(pages), { content: "" }) } : {}),
    ...(phases ? { phases: mergeParts<PhaseForm>(before.phases, phases, { tasks: [] }) } : {}),
    ...(leaderboards && leaderboards.length > 0
      ? { leaderboards: mergeBoards(before.leaderboards, leaderboards) }
      : {}),
  };
  return {
    ...form,
    leaderboards: form.leaderboards.map((board, at) =>
      leaderboards?.[at]?.ranking_tasks === undefined ? withoutRemovedTasks(board, form.phases) : board,
    ),
  };
}

/** A task that a change removes from the phases no longer ranks rows. */
const withoutRemovedTasks = (leaderboard: LeaderboardForm, phases: PhaseForm[]): LeaderboardForm => ({
  ...leaderboard,
  ranking_tasks: leaderboard.ranking_tasks?.filter((key) => phases.some(({ tasks }) => tasks.includes(key))),
});

/** Sorts pages by index, if they have one. */
const inOrder = <Part extends { index?: number | undefined }>(parts: Part[]) =>
  parts
    .map((part, at) => ({ part, order: part.index ?? at }))
    .sort((one, other) => one.order - other.order)
    .map(({ part: { index: _, ...part } }) => part);

/**
 * Merges the leaderboards of a request into those of a form, by id or key. The first stays the primary one, because it
 * decides which submissions are on all of them.
 */
function mergeBoards(before: LeaderboardForm[], boards: BoardChanges[]): LeaderboardForm[] {
  const named = identified(before, boards);
  const [primary, ...further] = before;
  if (further.some(({ id }) => id === named[0]!.id)) {
    const message = `The leaderboard "${primary!.key}" must stay the first, because its rule decides which submissions are on all leaderboards.`;
    throw new Refusal("invalid", "PRIMARY_LEADERBOARD", message, { leaderboards: [message] });
  }
  const known = (id: number | undefined, at: number) =>
    at === named.findIndex((board) => board.id === id) ? further.find((board) => board.id === id) : undefined;
  return named.map((board, at) => mergeBoard(at === 0 ? primary : known(board.id, at), board));
}

/** A new leaderboard may lack fields. Reading the form finds that, so the type is asserted here. */
const mergeBoard = (before: LeaderboardForm | undefined, { columns, ...board }: BoardChanges): LeaderboardForm =>
  ({
    ...before,
    ...given(board),
    id: before?.id,
    columns: columns
      ? mergeParts<ColumnForm>(before?.columns ?? [], identified(before?.columns ?? [], columns), {})
      : (before?.columns ?? []),
  }) as LeaderboardForm;

/** Adds the ids of parts that a request names only by their keys. As new parts they would lose their scores. */
function identified<Part extends { id?: number | undefined; key?: string | undefined }>(
  before: { id?: number | undefined; key: string }[],
  parts: Part[],
): Part[] {
  const isOwn = (id: number | undefined) => before.some((part) => part.id === id);
  return parts.map((part) => {
    if (part.id !== undefined && isOwn(part.id)) return part;
    const same = before.find(({ id, key }) => key === part.key && !parts.some((other) => other.id === id));
    return same ? { ...part, id: same.id } : part;
  });
}
