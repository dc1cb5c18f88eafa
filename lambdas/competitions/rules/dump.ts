/** Writes competitions as the YAML of a bundle that can be imported again, here without loss, and on Codabench. */
import yaml from "js-yaml";
import type {
  ColumnDescription,
  CompetitionDescription,
  FileSource,
  LeaderboardView,
  PhaseDescription,
  SolutionDescription,
  TaskDescription,
} from "./competition.ts";

/** Facts about the competition that a dump records for readers. An import ignores them. */
export interface DumpRecord {
  published: boolean;
  /** Usernames. */
  collaborators: string[];
}

/**
 * Writes the text of competition.yaml, version 2. Given a listing with the paths it names, `parseBundle` reads the same
 * description from it. Codabench can read it too and ignores keys that it does not know.
 */
export function dumpYaml(competition: CompetitionDescription, { published, collaborators }: DumpRecord): string {
  const { dumpedSettings: settings } = competition;
  const document = {
    version: "2",
    title: competition.title,
    description: competition.description,
    image: competition.image,
    terms: competition.terms,
    docker_image: competition.dockerImage,
    // Codabench rejects unknown queues, so a dump names the queue in a block that Codabench ignores.
    queue: settings ? undefined : (competition.queue ?? undefined),
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
    reward: competition.reward ?? undefined,
    contact_email: competition.contactEmail ?? undefined,
    forum_enabled: competition.forumEnabled,
    fact_sheet: competition.factSheet ?? undefined,
    pages: competition.pages.map(({ title, file }) => ({ title, file })),
    tasks: competition.tasks.map(taskDocument),
    solutions: competition.solutions.map(solutionDocument),
    phases: competition.phases.map((phase, i, { length }) => phaseDocument(phase, i === length - 1)),
    leaderboards: [
      { ...leaderboardDocument(competition.leaderboard), submission_rule: competition.leaderboard.submissionRule },
      ...competition.furtherLeaderboards.map(leaderboardDocument),
    ],
    benchstack: settings
      ? {
          allow_robot_submissions: settings.allowRobotSubmissions,
          teams_share_limits: settings.teamsShareLimits,
          whitelist_emails: settings.whitelistEmails,
          report: settings.report ?? undefined,
          queue: competition.queue ?? undefined,
          published: published || undefined,
          collaborators: collaborators.length > 0 ? collaborators : undefined,
        }
      : undefined,
  };
  return yaml.dump(document, { schema, lineWidth: -1, noRefs: true, skipInvalid: true });
}

/**
 * Writes whole numbers of any size as digits, because JavaScript would write 1e+21, which YAML reads as text. Texts
 * that start like a number are quoted, because YAML readers differ in what they take for a number.
 */
const schema = yaml.DEFAULT_SCHEMA.extend({
  implicit: [
    new yaml.Type("tag:yaml.org,2002:int", {
      kind: "scalar",
      resolve: (word: unknown) => typeof word === "string" && /^[-+]?\.?\d/.test(word),
      predicate: (value: unknown) => Number.isInteger(value) && !Object.is(value, -0),
      represent: (value: unknown) => BigInt(value as number).toString(),
    }),
  ],
});

const pathOrKey = (source: FileSource | null) => (source?.from === "bundle" ? source.path : source?.key);

function taskDocument(task: TaskDescription) {
  if ("key" in task) return { index: task.index, key: task.key };
  const { files } = task;
  return {
    index: task.index,
    name: task.name,
    description: task.description ?? undefined,
    ingestion_only_during_scoring: task.ingestionOnlyDuringScoring,
    scoring_program: pathOrKey(files.scoring_program),
    ingestion_program: pathOrKey(files.ingestion_program),
    input_data: pathOrKey(files.input_data),
    reference_data: pathOrKey(files.reference_data),
  };
}

const solutionDocument = (solution: SolutionDescription) => ({
  index: solution.index,
  tasks: solution.tasks,
  name: solution.name ?? undefined,
  description: solution.description ?? undefined,
  key: solution.key ?? undefined,
  path: pathOrKey(solution.file),
});

const phaseDocument = (phase: PhaseDescription, isLast: boolean) => ({
  index: phase.index,
  name: phase.name,
  description: phase.description ?? undefined,
  start: dateText(phase.start),
  end: phase.end ? dateText(phase.end) : undefined,
  phase_never_ends: phase.end === null && !isLast ? true : undefined,
  tasks: phase.tasks,
  // A key without a value means no limit. Without the key, the default limit applies.
  max_submissions_per_day: phase.maxSubmissionsPerDay,
  max_submissions: phase.maxSubmissionsPerPerson,
  execution_time_limit: phase.executionTimeLimit,
  max_submission_size: phase.maxSubmissionSize ?? undefined,
  auto_migrate_to_this_phase: phase.autoMigrateToThisPhase,
  hide_output: phase.hideOutput,
  hide_prediction_output: phase.hidePredictionOutput,
  hide_score_output: phase.hideScoreOutput,
  blind: phase.blind,
  // Left out if true, because Codabench does not know this key.
  accepts_submissions: phase.acceptsSubmissions ? undefined : false,
  delete_submissions_except_best_and_last: phase.deleteSubmissionsExceptBestAndLast,
  public_data: pathOrKey(phase.publicData),
  starting_kit: pathOrKey(phase.startingKit),
});

const leaderboardDocument = (board: LeaderboardView) => ({
  title: board.title,
  key: board.key,
  hidden: board.hidden,
  primary_index: board.primaryIndex,
  // Codabench ignores these keys. A dump has them only if they say something.
  multi_task_ranking: board.multiTaskRanking === "best_task" ? undefined : board.multiTaskRanking,
  ranking_tasks: board.rankingTasks.length > 0 ? board.rankingTasks : undefined,
  columns: board.columns.map(columnDocument),
});

const columnDocument = (column: ColumnDescription) => ({
  title: column.title,
  key: column.key,
  index: column.index,
  sorting: column.sorting,
  precision: column.precision,
  hidden: column.hidden,
  computation: column.computation ?? undefined,
  computation_indexes: column.computationIndexes ?? undefined,
});

/**
 * A time in UTC as `2026-01-31 13:30:00`. It must be text without an offset: Codabench drops the time of YAML
 * timestamps and ignores offsets in texts.
 */
const dateText = (date: Date): string =>
  date
    .toISOString()
    .replace("T", " ")
    .replace(/(?:\.000)?Z$/, "");
