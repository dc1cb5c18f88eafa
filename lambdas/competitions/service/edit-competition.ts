/** Creates and changes competitions from API requests. */
import { findCompetitionDetail, tasksOfPhases } from "../db/competitions.ts";
import { findDatasetsById, type Dataset } from "../db/datasets.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import type { UserAuthor } from "../../accounts/service/audit.ts";
import { decodeImage } from "../../accounts/service/images.ts";
import { competitionFor, noSuchCompetition } from "./access.ts";
import type { BoardView } from "./board-rows.ts";
import { changedForm, type BoardChanges, type CompetitionChanges } from "./changed-form.ts";
import type { CompetitionForm, LeaderboardForm } from "../rules/competition-form.ts";
import { changeCompetition, createCompetition } from "./save-competition.ts";

const logoOf = async (context: Context, { actor }: UserAuthor, { logo }: CompetitionChanges) =>
  logo && (await decodeImage(context, actor, "logo", logo));

/** Creates a competition from existing tasks. Returns its id, and warnings about the request. */
export async function makeCompetition(
  context: Context,
  by: UserAuthor,
  request: CompetitionChanges & { title: string; leaderboards: (BoardChanges & LeaderboardForm)[] },
): Promise<{ id: number; warnings: string[] }> {
  const [leaderboard] = request.leaderboards;
  const logo = await logoOf(context, by, request);
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

/** It is not tried again: whoever sent the request has to look at the changes first. */
const changedSince = () =>
  new Refusal(
    "conflict",
    "CHANGED_SINCE",
    "Somebody has changed this competition since you opened it. Nothing was saved. Look at the changes, then save again.",
  );

async function tryToEdit(context: Context, by: UserAuthor, id: number, changes: CompetitionChanges): Promise<string[]> {
  await competitionFor(context, by.actor, id, "competition.edit");
  const detail = await findCompetitionDetail(context.db, id);
  if (!detail) throw noSuchCompetition();
  if (changes.version !== undefined && changes.version !== detail.competition.version) throw changedSince();
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
    logo: await logoOf(context, by, changes),
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
