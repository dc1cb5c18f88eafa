/** A competition as a bundle describes it. It contains nothing that only the database or the object store knows. */

/**
 * A file or folder of the bundle, or an existing dataset. A folder becomes a zip; a file that is data becomes one that
 * contains it if it is `zipped`.
 */
export type FileSource = { from: "bundle"; path: string; zipped?: true } | { from: "dataset"; key: string };

export const datasetTypes = [
  "ingestion_program",
  "input_data",
  "public_data",
  "reference_data",
  "scoring_program",
  "starting_kit",
  "competition_bundle",
  "submission",
  "solution",
] as const;
export type DatasetType = (typeof datasetTypes)[number];

export interface TaskFiles {
  scoring_program: FileSource | null;
  ingestion_program: FileSource | null;
  input_data: FileSource | null;
  reference_data: FileSource | null;
}

export type TaskDescription =
  | { index: string | number; key: string }
  | {
      index: string | number;
      name: string;
      description: string | null;
      files: TaskFiles;
      ingestionOnlyDuringScoring: boolean;
    };

export type SolutionDescription = {
  index: string | number;
  tasks: (string | number)[];
  name: string | null;
  description: string | null;
  /** UUID of an existing solution, to which the tasks are added. */
  key: string | null;
  /**
   * The example submission of a new solution. If there is a key as well, it is used only if this server does not know
   * that solution. Never null if `key` is null.
   */
  file: FileSource | null;
};

export interface PhaseDescription {
  /** Position in the competition, 0 to n-1. */
  index: number;
  name: string;
  description: string | null;
  start: Date;
  /** Null if the phase never ends. One that is not the last must say so with `phase_never_ends`. */
  end: Date | null;
  /** Indexes of its tasks, in order. */
  tasks: (string | number)[];
  /** Null: no limit. */
  maxSubmissionsPerDay: number | null;
  maxSubmissionsPerPerson: number | null;
  /** Seconds, for each of the two steps. */
  executionTimeLimit: number;
  /** Megabytes. Null: no limit. */
  maxSubmissionSize: number | null;
  autoMigrateToThisPhase: boolean;
  hideOutput: boolean;
  hidePredictionOutput: boolean;
  hideScoreOutput: boolean;
  /** Whether only organizers see its results until they unblind the phase. */
  blind: boolean;
  /** Whether anybody can submit to it. */
  acceptsSubmissions: boolean;
  /**
   * Whether only a participant's best and last submissions keep their files, and those on the leaderboard or public.
   */
  deleteSubmissionsExceptBestAndLast: boolean;
  publicData: FileSource | null;
  startingKit: FileSource | null;
}

export const submissionRules = [
  "Add",
  "Add_And_Delete",
  "Add_And_Delete_Multiple",
  "Force_Last",
  "Force_Latest_Multiple",
  "Force_Best",
] as const;
export type SubmissionRule = (typeof submissionRules)[number];

/** How rows with scores of several tasks are ranked. */
export const multiTaskRankings = [
  "best_task",
  "chosen_task",
  "average_rank",
  "overall_avg",
  "overall_sum",
  "overall_min",
  "overall_max",
] as const;
export type MultiTaskRanking = (typeof multiTaskRankings)[number];

export const computations = ["avg", "sum", "min", "max"] as const;
export type Computation = (typeof computations)[number];

export interface ColumnDescription {
  title: string;
  key: string;
  index: number;
  sorting: "asc" | "desc";
  precision: number;
  hidden: boolean;
  computation: Computation | null;
  /** Indexes of the columns from which a computed column is computed. */
  computationIndexes: number[] | null;
}

/** A view of the submissions on the leaderboards: some columns, and the ranking by them. */
export interface LeaderboardView {
  title: string;
  /** Unique in the competition. */
  key: string;
  hidden: boolean;
  /** `index` of the column that determines the ranking. */
  primaryIndex: number;
  multiTaskRanking: MultiTaskRanking;
  /** Indexes of the tasks that rank rows, for `chosen_task`. In a phase, the first that it has. */
  rankingTasks: (string | number)[];
  columns: ColumnDescription[];
}

/** The primary leaderboard. Its rule, columns and ranking decide which submissions are on all leaderboards. */
export interface LeaderboardDescription extends LeaderboardView {
  submissionRule: SubmissionRule;
}

export interface FactSheetQuestion {
  key: string;
  type: "checkbox" | "text" | "select";
  title: string;
  selection: unknown;
  is_required: string | boolean;
  is_on_leaderboard: string | boolean;
}

/** Settings that Codabench does not include in its dumps. */
export interface DumpedSettings {
  allowRobotSubmissions: boolean;
  teamsShareLimits: boolean;
  /** In lower case. */
  whitelistEmails: string[];
  report: string | null;
}

export interface CompetitionDescription {
  title: string;
  description: string;
  /** Path of the logo in the bundle. */
  image: string;
  /** Path of the terms in the bundle. */
  terms: string;
  /** In order; `file` is a path in the bundle. */
  pages: { title: string; file: string }[];
  registrationAutoApprove: boolean;
  dockerImage: string;
  /** Id of a queue, or null for the default queue. */
  queue: string | null;
  enableDetailedResults: boolean;
  showDetailedResultsInSubmissionPanel: boolean;
  showDetailedResultsInLeaderboard: boolean;
  autoRunSubmissions: boolean;
  canParticipantsMakeSubmissionsPublic: boolean;
  makeProgramsAvailable: boolean;
  makeInputDataAvailable: boolean;
  /** Whether programs may use the network. The deployment must allow it as well. */
  enableNetwork: boolean;
  /** Whether only organizers see the names on the leaderboard. */
  anonymousLeaderboard: boolean;
  /** Whether a single folder around a program or submission is removed when it is unpacked, as CodaLab does. */
  liftTopFolders: boolean;
  competitionType: "competition" | "benchmark";
  reward: string | null;
  contactEmail: string | null;
  forumEnabled: boolean;
  factSheet: Record<string, FactSheetQuestion> | null;
  tasks: TaskDescription[];
  solutions: SolutionDescription[];
  phases: PhaseDescription[];
  leaderboard: LeaderboardDescription;
  /** Other views of the same submissions, in order. */
  furtherLeaderboards: LeaderboardView[];
  /** Null if the bundle is not a dump of this platform. */
  dumpedSettings: DumpedSettings | null;
}

/** An error in a bundle, or a warning for the organizer. docs/compatibility.md lists the codes. */
export interface BundleProblem {
  /** `BND-nn`. */
  code: string;
  severity: "error" | "warning";
  /** Place in the YAML, for example `phases[1].tasks[0]`; empty for the bundle as a whole. */
  path: string;
  /** What is wrong and what to do about it. */
  message: string;
}

/** The names of the files and folders in a bundle's zip, without their content. */
export interface BundleListing {
  /**
   * Whether a path relative to the root, without a trailing slash, is a file or folder. Undefined if it does not exist.
   */
  kind(path: string): "file" | "folder" | undefined;
  /** Uncompressed size of a file in bytes. */
  size(path: string): number;
}

export type BundleResult =
  | {
      ok: true;
      competition: CompetitionDescription;
      problems: BundleProblem[];
      /**
       * Paths in the file of parts of the description whose paths differ: `phases[0]` can be `phases.1` in the file.
       */
      places: ReadonlyMap<string, string>;
    }
  | { ok: false; problems: BundleProblem[] };
