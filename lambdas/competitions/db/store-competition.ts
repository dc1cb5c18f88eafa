/** Stores new competitions. */
import type { Insertable, Transaction } from "kysely";
import type {
  ColumnDescription,
  CompetitionDescription,
  FileSource,
  LeaderboardView,
  PhaseDescription,
} from "../rules/competition.ts";
import type { Database } from "../../kernel/db/schema.ts";

/** Where the logo of a competition is, in the uploads bucket. */
export const logoKeys = ["logo_key", "logo_large_key", "logo_icon_key"] as const;
export type LogoKeys = Record<(typeof logoKeys)[number], string | null>;

/** What a bundle's description does not contain: the ids of its files and the text of its pages. */
export interface CompetitionFiles {
  /** Null if it has none. */
  logo: Partial<LogoKeys>;
  terms: string;
  pages: { title: string; content: string }[];
  /** Dataset id of each file in the description. */
  datasets: Map<FileSource, number>;
  /** Task ids by the keys of existing tasks. */
  existingTasks: Map<string, number>;
  existingSolutions: Map<string, number>;
  /** MD5 checksums of the solutions' files in the bundle. */
  solutionMd5s: ReadonlyMap<FileSource, string>;
  bundleDatasetId: number | null;
}

/** The columns of a competition's row that come from its description. */
export const settingsRow = (competition: CompetitionDescription) => ({
  title: competition.title,
  description: competition.description,
  docker_image: competition.dockerImage,
  queue_id: competition.queue,
  registration_auto_approve: competition.registrationAutoApprove,
  enable_detailed_results: competition.enableDetailedResults,
  show_detailed_results_in_submission_panel: competition.showDetailedResultsInSubmissionPanel,
  show_detailed_results_in_leaderboard: competition.showDetailedResultsInLeaderboard,
  auto_run_submissions: competition.autoRunSubmissions,
  can_participants_make_submissions_public: competition.canParticipantsMakeSubmissionsPublic,
  make_programs_available: competition.makeProgramsAvailable,
  make_input_data_available: competition.makeInputDataAvailable,
  enable_network: competition.enableNetwork,
  anonymous_leaderboard: competition.anonymousLeaderboard,
  lift_top_folders: competition.liftTopFolders,
  competition_type: competition.competitionType,
  reward: competition.reward,
  contact_email: competition.contactEmail,
  forum_enabled: competition.forumEnabled,
  fact_sheet: competition.factSheet && JSON.stringify(competition.factSheet),
});

/** The columns of a phase's row. Files are replaced by dataset ids. */
export const phaseRow = (phase: PhaseDescription, datasets: ReadonlyMap<FileSource, number>) => ({
  index: phase.index,
  name: phase.name,
  description: phase.description,
  starts_at: phase.start,
  ends_at: phase.end,
  execution_time_limit: phase.executionTimeLimit,
  max_submission_size: phase.maxSubmissionSize,
  max_submissions_per_day: phase.maxSubmissionsPerDay,
  max_submissions_per_person: phase.maxSubmissionsPerPerson,
  auto_migrate_to_this_phase: phase.autoMigrateToThisPhase,
  hide_output: phase.hideOutput,
  hide_prediction_output: phase.hidePredictionOutput,
  hide_score_output: phase.hideScoreOutput,
  blind: phase.blind,
  accepts_submissions: phase.acceptsSubmissions,
  delete_submissions_except_best_and_last: phase.deleteSubmissionsExceptBestAndLast,
  public_data_id: phase.publicData ? (datasets.get(phase.publicData) ?? null) : null,
  starting_kit_id: phase.startingKit ? (datasets.get(phase.startingKit) ?? null) : null,
});

/** The columns of a leaderboard's row that do not say where it belongs. Tasks are replaced by their ids. */
export const leaderboardRow = (leaderboard: LeaderboardView, taskIds: ReadonlyMap<string | number, number>) => ({
  title: leaderboard.title,
  key: leaderboard.key,
  hidden: leaderboard.hidden,
  primary_index: leaderboard.primaryIndex,
  multi_task_ranking: leaderboard.multiTaskRanking,
  ranking_tasks: leaderboard.rankingTasks.map((index) => taskIds.get(index)!),
});

/** The columns of a leaderboard column's row. */
export const columnRow = (column: ColumnDescription) => ({
  index: column.index,
  title: column.title,
  key: column.key,
  sorting: column.sorting,
  precision: column.precision,
  hidden: column.hidden,
  computation: column.computation,
  computation_indexes: column.computationIndexes,
});

/** Stores a competition, with its creator as an approved participant. Returns its id. */
export async function insertCompetition(
  tx: Transaction<Database>,
  createdBy: number,
  competition: CompetitionDescription,
  files: CompetitionFiles,
): Promise<number> {
  const { id } = await tx
    .insertInto("competitions")
    .values({
      ...settingsRow(competition),
      terms: files.terms,
      ...files.logo,
      bundle_dataset_id: files.bundleDatasetId,
      created_by: createdBy,
    })
    .returning("id")
    .executeTakeFirstOrThrow();

  for (const [index, page] of files.pages.entries())
    await tx
      .insertInto("pages")
      .values({ competition_id: id, index, ...page })
      .execute();

  const taskIds = await insertTasks(tx, createdBy, competition, files);
  await insertSolutions(tx, createdBy, competition, files, taskIds);
  await insertPhases(tx, id, competition, files, taskIds);
  await insertLeaderboards(tx, id, competition, taskIds);
  await tx.insertInto("participants").values({ competition_id: id, user_id: createdBy, status: "approved" }).execute();
  return id;
}

async function insertTasks(
  tx: Transaction<Database>,
  createdBy: number,
  competition: CompetitionDescription,
  files: CompetitionFiles,
): Promise<Map<string | number, number>> {
  const taskIds = new Map<string | number, number>();
  for (const task of competition.tasks) {
    if ("key" in task) {
      const existing = files.existingTasks.get(task.key);
      if (existing === undefined) throw new Error(`task ${task.key} was not looked up`);
      taskIds.set(task.index, existing);
      continue;
    }
    const fileId = (source: FileSource | null) => (source ? (files.datasets.get(source) ?? null) : null);
    const row = await tx
      .insertInto("tasks")
      .values({
        name: task.name,
        description: task.description,
        created_by: createdBy,
        ingestion_only_during_scoring: task.ingestionOnlyDuringScoring,
        scoring_program_id: fileId(task.files.scoring_program),
        ingestion_program_id: fileId(task.files.ingestion_program),
        input_data_id: fileId(task.files.input_data),
        reference_data_id: fileId(task.files.reference_data),
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    taskIds.set(task.index, row.id);
  }
  return taskIds;
}

async function insertSolutions(
  tx: Transaction<Database>,
  createdBy: number,
  competition: CompetitionDescription,
  files: CompetitionFiles,
  taskIds: Map<string | number, number>,
): Promise<void> {
  for (const solution of competition.solutions) {
    let solutionId = solution.key === null ? undefined : files.existingSolutions.get(solution.key);
    if (solutionId === undefined) {
      const { file } = solution;
      const datasetId = file ? files.datasets.get(file) : undefined;
      if (file === null || datasetId === undefined)
        throw new Error(`solution ${solution.index} was neither found nor stored`);
      const row = await tx
        .insertInto("solutions")
        .values({
          name: solution.name ?? `solution ${solution.index}`,
          description: solution.description,
          dataset_id: datasetId,
          created_by: createdBy,
          md5: files.solutionMd5s.get(file) ?? null,
        })
        .returning("id")
        .executeTakeFirstOrThrow();
      solutionId = row.id;
    }
    for (const index of new Set(solution.tasks))
      await tx
        .insertInto("solution_tasks")
        .values({ solution_id: solutionId, task_id: taskIds.get(index)! })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
  }
}

async function insertPhases(
  tx: Transaction<Database>,
  competitionId: number,
  competition: CompetitionDescription,
  files: CompetitionFiles,
  taskIds: Map<string | number, number>,
): Promise<void> {
  for (const phase of competition.phases) {
    const { id } = await tx
      .insertInto("phases")
      .values({
        competition_id: competitionId,
        ...phaseRow(phase, files.datasets),
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    // Two indexes can refer to the same existing task.
    for (const [order, taskId] of [...new Set(phase.tasks.map((index) => taskIds.get(index)!))].entries())
      await tx.insertInto("phase_tasks").values({ phase_id: id, task_id: taskId, order_index: order }).execute();
  }
}

async function insertLeaderboards(
  tx: Transaction<Database>,
  competitionId: number,
  { leaderboard, furtherLeaderboards }: CompetitionDescription,
  taskIds: ReadonlyMap<string | number, number>,
): Promise<void> {
  const place = { competition_id: competitionId, submission_rule: leaderboard.submissionRule };
  const primaryId = await insertLeaderboard(tx, { ...leaderboardRow(leaderboard, taskIds), ...place });
  await insertColumns(tx, primaryId, leaderboard.columns);
  for (const [at, board] of furtherLeaderboards.entries()) {
    const row = { ...leaderboardRow(board, taskIds), primary_id: primaryId, position: at + 1 };
    await insertColumns(tx, await insertLeaderboard(tx, row), board.columns);
  }
}

/** Stores a leaderboard without columns. Returns its id. */
export async function insertLeaderboard(
  tx: Transaction<Database>,
  row: Insertable<Database["leaderboards"]>,
): Promise<number> {
  const { id } = await tx.insertInto("leaderboards").values(row).returning("id").executeTakeFirstOrThrow();
  return id;
}

async function insertColumns(
  tx: Transaction<Database>,
  leaderboardId: number,
  columns: ColumnDescription[],
): Promise<void> {
  for (const column of columns)
    await tx
      .insertInto("leaderboard_columns")
      .values({ leaderboard_id: leaderboardId, ...columnRow(column) })
      .execute();
}
